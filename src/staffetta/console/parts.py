"""What the console is given: everything it depends on, built once by `app`."""

from dataclasses import dataclass

from staffetta.accounts.passwords import Passwords
from staffetta.db.pool import Database
from staffetta.domain.clock import Clock
from staffetta.messaging.read import Reader


@dataclass(frozen=True, slots=True)
class ConsoleParts:
    """The console's dependencies."""

    database: Database
    passwords: Passwords
    reader: Reader
    clock: Clock
