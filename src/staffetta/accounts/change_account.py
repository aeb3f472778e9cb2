"""Changing an account as a whole: its address, and whether it is open.

Every process obeys within a second of the commit: the spaces are touched, which is what the caches
of grants poll (see authorize.py). Money and messages stay as they are.
"""

from datetime import datetime

from staffetta.accounts.email import Email
from staffetta.accounts.errors import AccountExists
from staffetta.accounts.read_account import Account, account_of
from staffetta.accounts.sql import accounts as accounts_sql
from staffetta.accounts.sql import whole_accounts as sql
from staffetta.db.pool import Connection


async def rename_account(connection: Connection, email: Email, new_email: Email) -> Account:
    """Give an account another address, in the caller's transaction; answers it as it is now.

    From then on the new one is the user name of HTTP Basic, and `username` of every message.
    Raises NoSuchAccount, AccountExists.
    """
    await connection.execute(accounts_sql.LOCK_ACCOUNTS)  # of two that want one address, one waits
    account = await _locked(connection, email)
    if new_email == email:
        return account
    if await connection.fetchval(sql.ADDRESS_TAKEN, new_email.text):
        raise AccountExists(f"an account with the address {new_email.text} exists already")
    await connection.execute(sql.RENAME_ACCOUNT, account.account_id, new_email.text)
    await connection.execute(sql.TOUCH_SPACES, account.account_id)
    return await _locked(connection, new_email)


async def close_account(connection: Connection, email: Email, now: datetime) -> Account:
    """Refuse an account's tokens, API keys and people everywhere, until it is reopened.

    Its bundles end with their period: it pays for none that it cannot use (see the ledger). An
    account that is closed already stays closed since then. Raises NoSuchAccount.
    """
    account = await _locked(connection, email)
    if account.closed_at is not None:
        return account
    return await _set_closed(connection, account, email, now)


async def reopen_account(connection: Connection, email: Email) -> Account:
    """Let a closed account in again: what it had works as before. Raises NoSuchAccount."""
    account = await _locked(connection, email)
    if account.closed_at is None:
        return account
    return await _set_closed(connection, account, email, None)


async def _set_closed(
    connection: Connection, account: Account, email: Email, closed_at: datetime | None
) -> Account:
    await connection.execute(sql.SET_CLOSED, account.account_id, closed_at)
    await connection.execute(sql.TOUCH_SPACES, account.account_id)
    return await _locked(connection, email)


async def _locked(connection: Connection, email: Email) -> Account:
    return account_of(await connection.fetchrow(sql.LOCK_ACCOUNT, email.text), email)
