"""Who runs a command, for the audit trail."""

import os
import pwd

from staffetta.accounts.audit import Actor


def whoever_commands() -> Actor:
    """The user of this process, as the system says: environment variables could say anything."""
    user_id = os.getuid()
    try:
        return Actor.command_line(pwd.getpwuid(user_id).pw_name)
    except KeyError:  # in a container, a number may be all there is
        return Actor.command_line(f"user {user_id}")
