"""Signing in: who gets in, and who is told to wait."""

import asyncio

import pytest
from people_desk import OLGA, OTHER, OTTO, PASSWORD

from staffetta.accounts.change_account import close_account, reopen_account
from staffetta.accounts.change_person import (
    change_own_password,
    disable_person,
    enable_person,
)
from staffetta.accounts.create_person import create_person
from staffetta.accounts.email import Email
from staffetta.accounts.passwords import Password, Passwords
from staffetta.accounts.people import Person, Role
from staffetta.accounts.people_errors import TooManyTries
from staffetta.accounts.sign_in import (
    TRIES,
    Guard,
    SignedIn,
    address_subject,
    forget_tries_once,
)
from staffetta.db.pool import Database

ANNA = Email.parse("anna@example.com")


# Passwords ---------------------------------------------------------------------------------------


async def test_the_right_password_says_who_it_is(olga: Person, sign_in) -> None:
    signed_in = await sign_in(" Olga@Example.COM ")
    assert signed_in == SignedIn(
        olga.person_id, olga.account_id, OLGA.text, "", Role.OWNER, olga.password_at
    )


@pytest.mark.parametrize(
    ("email", "password"),
    [
        (OLGA.text, "Correct horse"),
        (OLGA.text, ""),
        (OLGA.text, "\udc80" * 12),
        (OLGA.text, "x" * 5000),
        ("nobody@example.com", PASSWORD.text),
        ("no address", PASSWORD.text),
        ("\0", PASSWORD.text),
    ],
    ids=["wrong", "empty", "no text", "too long", "unknown", "no address", "NUL"],
)
async def test_anything_else_is_refused_alike(olga: Person, sign_in, email, password) -> None:
    assert await sign_in(email, password) is None


async def test_a_disabled_person_is_refused_until_enabled(olga, sign_in, change, clock) -> None:
    await change(create_person, OTTO, Role.OWNER, olga.account_id, "", clock.now())
    await change(disable_person, OLGA, clock.now())
    assert await sign_in() is None
    await change(enable_person, OLGA)
    assert await sign_in() is not None


async def test_the_people_of_a_closed_account_are_refused_until_it_is_reopened(
    olga, sign_in, change, clock
) -> None:
    await change(close_account, ANNA, clock.now())
    assert await sign_in() is None
    await change(reopen_account, ANNA)
    assert await sign_in() is not None


async def test_of_two_who_change_a_password_at_once_one_wins(
    database: Database, passwords: Passwords, olga, sign_in, clock
) -> None:
    new = [Password.parse(f"another password {number}", OLGA) for number in range(2)]
    won = await asyncio.gather(
        *(
            change_own_password(
                database, passwords, olga.person_id, PASSWORD.text, one, clock.now()
            )
            for one in new
        )
    )
    assert sorted(won) == [False, True]
    winner = new[won.index(True)]
    assert await sign_in(password=winner.text) is not None
    assert await sign_in(password=new[won.index(False)].text) is None
    assert await sign_in() is None


async def test_only_who_knows_the_old_password_changes_it(
    database: Database, passwords: Passwords, olga, sign_in, clock
) -> None:
    for person_id, old in (
        (olga.person_id, "wrong and wrong"),
        (olga.person_id + 1, PASSWORD.text),
    ):
        assert not await change_own_password(
            database, passwords, person_id, old, OTHER, clock.now()
        )
    assert await sign_in() is not None


# Guessing ----------------------------------------------------------------------------------------


async def test_guesses_at_one_person_have_to_wait_wherever_they_come_from(
    olga, sign_in, clock
) -> None:
    count, step = TRIES[Guard.EMAIL].count, TRIES[Guard.EMAIL].step
    for number in range(count):
        assert await sign_in(password="wrong", address=f"192.0.2.{number}") is None
    with pytest.raises(TooManyTries) as refused:
        await sign_in(address="198.51.100.1")  # the right password does not help
    assert refused.value.retry_after_seconds == step.total_seconds()
    clock.advance(step.total_seconds())
    assert await sign_in(password="wrong") is None
    with pytest.raises(TooManyTries):
        await sign_in()


async def test_guesses_at_once_are_counted_exactly(olga, sign_in) -> None:
    count = TRIES[Guard.EMAIL].count
    outcomes = await asyncio.gather(
        *(sign_in(password="wrong") for _ in range(count + 3)), return_exceptions=True
    )
    assert outcomes.count(None) == count
    assert sum(isinstance(one, TooManyTries) for one in outcomes) == 3


async def test_guesses_from_one_address_have_to_wait_whomever_they_are_at(
    olga, sign_in, database: Database
) -> None:
    for number in range(TRIES[Guard.ADDRESS].count):
        assert await sign_in(f"person{number}@example.com") is None
    with pytest.raises(TooManyTries):
        await sign_in()
    assert await sign_in(address="198.51.100.1") is not None  # nothing was counted for the person


async def test_the_right_password_begins_the_count_of_its_person_anew(olga, sign_in) -> None:
    for _ in range(3):
        for _ in range(TRIES[Guard.EMAIL].count - 1):
            assert await sign_in(password="wrong") is None
        assert await sign_in() is not None


async def test_an_own_account_does_not_buy_guesses_at_others(olga, sign_in) -> None:
    for number in range(TRIES[Guard.ADDRESS].count):
        assert await sign_in() is not None
        assert await sign_in(f"person{number}@example.com") is None
    with pytest.raises(TooManyTries):
        await sign_in("another@example.com")


async def test_signing_in_often_is_no_guessing(olga, sign_in) -> None:
    for _ in range(TRIES[Guard.ADDRESS].count + 5):
        assert await sign_in() is not None


@pytest.mark.parametrize(
    ("address", "subject"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::9", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)
def test_an_address_counts_as_what_one_stranger_has_to_himself(address, subject) -> None:
    assert address_subject(address) == subject


async def test_counters_at_rest_are_forgotten(olga, sign_in, database: Database, clock) -> None:
    await sign_in(password="wrong")
    assert await forget_tries_once(database, clock.now()) == 0
    clock.advance(3600)
    assert await forget_tries_once(database, clock.now()) == 2
