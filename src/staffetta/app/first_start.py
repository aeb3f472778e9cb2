"""The first start: a demo account, the simulated network, and the words a newcomer needs."""

import shlex
from datetime import datetime

from staffetta.accounts.demo import DemoAccount, seed_demo_account
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment
from staffetta.domain.secrets import Keyring
from staffetta.ledger.topup import grant
from staffetta.routing.network import seed_network


async def seed_first_start(
    database: Database, keyring: Keyring | None, now: datetime
) -> DemoAccount | None:
    """Make what a newcomer needs, all or nothing; None when any account exists already.

    Without a keyring the tokens cannot be listed later.
    """
    async with database.transaction() as connection:
        await seed_network(connection, now)
        return await seed_demo_account(connection, keyring, grant, now)


def welcome(account: DemoAccount | None, addresses: list[str], data_dir: str) -> str:
    """What is printed once everything answers; after a first start, with the demo account."""
    lines = [f"Staffetta is ready at {' and '.join(addresses)} (data in {data_dir}).", ""]
    if account is None:
        return lines[0] + "\n"
    sandbox = account.tokens[Environment.SANDBOX]
    body = '{"recipient": "+393331234567", "message": "Hello from Staffetta"}'
    call = f"{addresses[0]}/sandbox/v2"
    lines += [
        f"A demo account was made: {account.email}",
        "  Keep these, they are shown only once:",
    ]
    for environment in Environment:
        lines.append(f"  {environment:<10}  token {account.tokens[environment]}")
        lines.append(f"  {'':<10}  API key {account.api_keys[environment]}")
    lines += [
        "",
        "Send a first message, in the sandbox, to a simulated phone:",
        f"  curl -X POST {call}/IT-messages -H 'Authorization: Bearer {sandbox}' \\",
        f"    -H 'Content-Type: application/json' -d {shlex.quote(body)}",
        "",
        "Read it back a second later, and see it DELIVERED:",
        f"  curl {call}/messages -H 'Authorization: Bearer {sandbox}'",
        "",
    ]
    return "\n".join(lines) + "\n"
