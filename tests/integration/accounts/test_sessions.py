"""Sessions: how they begin, and what ends them."""

import asyncio
from datetime import timedelta

import pytest
from argon2 import PasswordHasher
from lock_waits import until_somebody_waits
from people_desk import HOME, OLGA, OTHER, OTTO, PASSWORD

from staffetta.accounts import sessions
from staffetta.accounts.change_account import close_account
from staffetta.accounts.change_person import (
    disable_person,
    enable_person,
    remove_person,
    set_password,
)
from staffetta.accounts.create_person import create_person
from staffetta.accounts.email import Email
from staffetta.accounts.passwords import Passwords
from staffetta.accounts.people import Person, Role
from staffetta.accounts.sessions import (
    NewSession,
    create_session,
    end_session,
    find_session,
    forget_sessions_once,
    list_sessions,
    sign_out_everywhere,
)
from staffetta.accounts.sign_in import (
    SignedIn,
)
from staffetta.db.pool import Database

ANNA = Email.parse("anna@example.com")


@pytest.fixture
def begin(olga: Person, sign_in, change, clock):
    async def make(user_agent: str = "a browser") -> NewSession:
        session = await change(create_session, await sign_in(), HOME, user_agent, clock.now())
        assert session is not None
        return session

    return make


@pytest.fixture
def whose(change, clock):
    async def find(session: NewSession) -> SignedIn | None:
        return await change(find_session, session.session_id, clock.now())

    return find


async def test_a_session_says_whose_it_is_until_it_is_ended(begin, whose, change, olga) -> None:
    session, other = await begin(), await begin()
    assert session.session_id != other.session_id
    found = await whose(session)
    assert found is not None
    assert found.person_id == olga.person_id
    assert await change(end_session, session.session_id)
    assert await whose(session) is None
    assert not await change(end_session, session.session_id)
    assert await whose(other) is not None


async def test_a_session_id_stands_nowhere_in_the_database(begin, database: Database) -> None:
    session = await begin()
    async with database.acquire() as connection:
        rows = await connection.fetch("SELECT person_session::text AS told FROM person_session")
    assert session.session_id not in str([row["told"] for row in rows])
    assert session.session_id not in repr(session)


@pytest.mark.parametrize("unknown", ["", "x", "\udc80", "\0", "x" * 5000], ids=ascii)
async def test_what_is_no_session_is_nobodys(begin, change, clock, unknown: str) -> None:
    await begin()
    assert await change(find_session, unknown, clock.now()) is None


async def test_a_session_ends_when_nothing_was_heard_of_it_for_long(begin, whose, clock) -> None:
    session = await begin()
    clock.advance(sessions.IDLE_MAX.total_seconds() - 1)
    assert await whose(session) is not None
    clock.advance(sessions.IDLE_MAX.total_seconds() - 1)
    assert await whose(session) is not None
    clock.advance(sessions.IDLE_MAX.total_seconds())
    assert await whose(session) is None


async def test_a_session_ends_when_it_is_old_however_often_it_is_seen(
    begin, whose, database: Database, clock
) -> None:
    session = await begin()
    halves = 2 * int(sessions.LIFETIME / sessions.IDLE_MAX)
    for _ in range(halves - 1):
        clock.advance(sessions.IDLE_MAX.total_seconds() / 2)
        assert await whose(session) is not None
    assert await forget_sessions_once(database, clock.now()) == 0
    clock.advance(sessions.IDLE_MAX.total_seconds() / 2)
    assert await whose(session) is None
    assert await forget_sessions_once(database, clock.now()) == 1


async def test_being_seen_is_noted_once_a_minute_at_most(begin, whose, change, olga, clock) -> None:
    session, began_at = await begin(), clock.now()
    clock.advance(59)
    await whose(session)
    assert (await change(list_sessions, olga.person_id, clock.now()))[0].seen_at == began_at
    clock.advance(1)
    await whose(session)
    assert (await change(list_sessions, olga.person_id, clock.now()))[0].seen_at == clock.now()


async def test_another_password_ends_every_session(
    begin, whose, change, sign_in, passwords: Passwords, clock
) -> None:
    before = [await begin(), await begin()]
    clock.advance(1)
    await change(set_password, OLGA, await passwords.hash(OTHER), clock.now())
    assert [await whose(session) for session in before] == [None, None]
    assert await sign_in() is None
    assert await sign_in(password=OTHER.text) is not None


async def test_a_session_cannot_begin_with_a_password_that_was_changed_meanwhile(
    olga, sign_in, change, passwords: Passwords, clock
) -> None:
    proved = await sign_in()
    clock.advance(1)
    await change(set_password, OLGA, await passwords.hash(OTHER), clock.now())
    assert await change(create_session, proved, HOME, "", clock.now()) is None


async def test_a_session_that_begins_while_the_password_changes_does_not_outlive_it(
    olga, sign_in, database: Database, passwords: Passwords, change, whose, clock
) -> None:
    proved = await sign_in()
    password_hash = await passwords.hash(OTHER)
    clock.advance(1)
    async with database.transaction() as connection:
        await set_password(connection, OLGA, password_hash, clock.now())
        beginning = asyncio.create_task(change(create_session, proved, HOME, "", clock.now()))
        await until_somebody_waits(database)
    assert await beginning is None


async def test_being_disabled_or_removed_ends_every_session(
    begin, whose, change, olga, clock
) -> None:
    await change(create_person, OTTO, Role.OWNER, olga.account_id, "", clock.now())
    session = await begin()
    await change(disable_person, OLGA, clock.now())
    assert await whose(session) is None
    await change(enable_person, OLGA)
    assert await whose(session) is None
    session = await begin()
    await change(remove_person, OLGA)
    assert await whose(session) is None


async def test_a_closed_account_lets_nobody_go_on(begin, whose, change, clock) -> None:
    session = await begin()
    await change(close_account, ANNA, clock.now())
    assert await whose(session) is None


async def test_signing_out_everywhere_leaves_others_alone(
    begin, whose, change, olga, sign_in, passwords: Passwords, clock
) -> None:
    password_hash = await passwords.hash(OTHER)
    await change(create_person, OTTO, Role.OWNER, olga.account_id, password_hash, clock.now())
    other = await change(
        create_session, await sign_in(OTTO.text, OTHER.text), HOME, "", clock.now()
    )
    before = [await begin(), await begin()]
    assert await change(sign_out_everywhere, olga.person_id) == 2
    assert [await whose(session) for session in before] == [None, None]
    assert await whose(other) is not None


async def test_a_hash_with_old_parameters_is_renewed_by_signing_in(
    database: Database, olga, begin, whose, passwords: Passwords, sign_in
) -> None:
    session = await begin()
    old = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1).hash(PASSWORD.text)
    async with database.acquire() as connection:
        await connection.execute("UPDATE person SET password_hash = $1", old)
        assert await sign_in(password="wrong and wrong") is None
        assert await connection.fetchval("SELECT password_hash FROM person") == old
        assert await sign_in() is not None
        stored = await connection.fetchval("SELECT password_hash FROM person")
    assert not passwords.is_outdated(stored)
    assert await sign_in() is not None
    assert await whose(session) is not None  # it is the same password


async def test_another_session_than_the_most_ends_the_oldest(
    begin, whose, change, olga, clock
) -> None:
    first = await begin()
    for _ in range(sessions.SESSIONS_MAX):
        clock.advance(1)
        newest = await begin()
    assert await whose(first) is None
    assert await whose(newest) is not None
    assert len(await change(list_sessions, olga.person_id, clock.now())) == sessions.SESSIONS_MAX


async def test_what_a_browser_says_of_itself_is_kept_readable_and_short(
    begin, change, olga, clock
) -> None:
    await begin("Fire\0fox\x1b[31m \udc80" + "x" * 1000)
    kept = (await change(list_sessions, olga.person_id, clock.now()))[0]
    assert kept.user_agent.startswith("Firefox[31m xx")
    assert len(kept.user_agent) == sessions.USER_AGENT_CHARACTERS_MAX
    assert (kept.address, kept.expires_at - kept.created_at) == (HOME, timedelta(days=14))
