"""The audit trail: written with the change it tells, or not at all."""

import pytest

from staffetta.accounts.audit import DETAILS_BYTES_MAX, Actor, list_entries, record
from staffetta.accounts.create_account import NewAccount
from staffetta.db.pool import Connection, Database
from staffetta.domain.environments import Environment

ROOT = Actor.command_line("root")


async def test_an_entry_says_who_what_when_and_about_whom(
    database: Database, account: NewAccount, clock
) -> None:
    sandbox = account.spaces[Environment.SANDBOX]
    olga = Actor("olga@example.com", 7)
    async with database.transaction() as connection:
        await record(connection, ROOT, "installation.start", None, {}, clock.now())
        await record(connection, ROOT, "account.close", account, {"why": "unpaid"}, clock.now())
        await record(connection, olga, "token.create", sandbox, {"keys": [1, 2]}, clock.now())
        entries = await list_entries(connection)
    assert [(one.action, one.account, one.environment, one.actor) for one in entries] == [
        ("token.create", "anna@example.com", Environment.SANDBOX, "olga@example.com"),
        ("account.close", "anna@example.com", None, "command line (root)"),
        ("installation.start", None, None, "command line (root)"),
    ]
    assert [one.details for one in entries] == [{"keys": [1, 2]}, {"why": "unpaid"}, {}]
    assert [one.person_id for one in entries] == [7, None, None]
    assert {one.at for one in entries} == {clock.now()}


async def test_a_change_that_is_rolled_back_leaves_no_entry(
    change, account: NewAccount, clock
) -> None:
    async def fail(connection: Connection) -> None:
        await record(connection, ROOT, "account.close", account, {}, clock.now())
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await change(fail)
    assert await change(list_entries) == []


async def test_details_have_a_limit(change, clock) -> None:
    details = {"note": "x" * DETAILS_BYTES_MAX}
    with pytest.raises(ValueError, match=str(DETAILS_BYTES_MAX)):
        await change(record, ROOT, "account.close", None, details, clock.now())
