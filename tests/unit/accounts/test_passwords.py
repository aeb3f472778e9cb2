"""The rules of passwords, and hashing them beside an event loop."""

import asyncio
import re
import unicodedata

import pytest
from argon2 import PasswordHasher

from staffetta.accounts.email import Email
from staffetta.accounts.passwords import Password, Passwords, make_password
from staffetta.accounts.people_errors import InvalidPassword
from staffetta.domain.errors import NotAcceptingNow

ANNA = Email.parse("anna@example.com")
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@pytest.fixture
def passwords():
    passwords = Passwords(QUICK)
    yield passwords
    passwords.close()


@pytest.mark.parametrize(
    "raw", ["aaaaaaaaaaaa", "correct horse", "x" * 1024, "пароль из слов", " twelve and  "]
)
def test_length_is_all_that_is_asked(raw: str) -> None:
    assert Password.parse(raw, ANNA).text == unicodedata.normalize("NFKC", raw)


@pytest.mark.parametrize(
    ("raw", "part"),
    [
        ("", "12 to 1024 characters, not 0"),
        ("elevenchars", "not 11"),
        ("x" * 1025, "not 1025"),
        ("anna@example.com", "something else than the e-mail"),
        (" ANNA@Example.COM", "something else than the e-mail"),
        ("twelve\0characters", "control characters"),
        ("twelve\ncharacters", "control characters"),
        ("twelve\udc80characters", "text in UTF-8"),
    ],
    ids=ascii,
)
def test_what_cannot_be_a_password_is_told_without_repeating_it(raw: str, part: str) -> None:
    with pytest.raises(InvalidPassword, match=part) as refused:
        Password.parse(raw, ANNA)
    assert not raw or raw.strip() not in str(refused.value)


def test_a_password_does_not_show_itself() -> None:
    assert "correct" not in repr(Password.parse("correct horse", ANNA))


def test_a_made_password_can_be_read_out_and_is_never_the_same() -> None:
    made = {make_password(ANNA).text for _ in range(100)}
    assert len(made) == 100
    assert all(re.fullmatch(r"([2-9b-df-hj-kmnp-tv-z]{5}-){4}[2-9a-z]{5}", one) for one in made)


async def test_a_password_is_verified_against_its_hash_alone(passwords: Passwords) -> None:
    stored = await passwords.hash(Password.parse("correct horse", ANNA))
    assert stored.startswith("$argon2id$")
    assert "correct" not in stored
    assert await passwords.verify("correct horse", stored)
    assert not await passwords.verify("Correct horse", stored)
    assert not await passwords.verify("\udc80" * 12, stored)
    assert not await passwords.verify("x" * 1025, stored)


async def test_the_same_letters_from_another_keyboard_are_the_same_password(
    passwords: Passwords,
) -> None:
    composed, apart = "perché sì, però", unicodedata.normalize("NFD", "perché sì, però")
    stored = await passwords.hash(Password.parse(composed, ANNA))
    assert composed != apart
    assert await passwords.verify(apart, stored)


async def test_nobody_has_no_password(passwords: Passwords) -> None:
    assert not await passwords.verify("correct horse", None)


async def test_a_hash_made_with_other_parameters_is_outdated(passwords: Passwords) -> None:
    other = PasswordHasher(time_cost=2, memory_cost=8, parallelism=1)
    assert passwords.is_outdated(other.hash("correct horse"))
    assert not passwords.is_outdated(await passwords.hash_again("correct horse"))


async def test_more_than_may_wait_are_told_to_come_again() -> None:
    passwords = Passwords(at_once_max=1, waiting_max=2)
    asked = [passwords.verify("correct horse", None) for _ in range(10)]
    answers = await asyncio.gather(*asked, return_exceptions=True)
    assert answers[:3] == [False] * 3
    assert [type(one) for one in answers[3:]] == [NotAcceptingNow] * 7
    assert await passwords.verify("correct horse", None) is False  # places were given back
    passwords.close()


async def test_the_event_loop_turns_while_a_password_is_hashed() -> None:
    passwords = Passwords()  # as expensive as in earnest
    hashing = asyncio.ensure_future(passwords.hash(Password.parse("correct horse", ANNA)))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0)
        turns += 1
    assert turns > 10
    passwords.close()
