"""People: made, changed and removed, one owner always left."""

import asyncio

import pytest

from staffetta.accounts import create_person as creating
from staffetta.accounts.change_person import (
    disable_person,
    enable_person,
    remove_person,
    set_role,
)
from staffetta.accounts.create_account import NewAccount
from staffetta.accounts.create_person import create_person
from staffetta.accounts.email import Email
from staffetta.accounts.people import Person, Role, find_person, list_people
from staffetta.accounts.people_errors import (
    InvalidPerson,
    LastOwner,
    NoSuchPerson,
    PersonExists,
    TooManyPeople,
)
from staffetta.db.pool import Database

OLGA = Email.parse("olga@example.com")
OTTO = Email.parse("otto@example.com")
MIA = Email.parse("mia@example.com")
ROOT = Email.parse("root@example.com")


@pytest.fixture
def add(change, account: NewAccount, clock):
    async def make(email: Email, role: Role, **more: object) -> Person:
        account_id = None if role is Role.OPERATOR else account.account_id
        return await change(create_person, email, role, account_id, "hash", clock.now(), **more)

    return make


async def test_a_person_is_found_and_listed_with_role_and_account(add, change, account) -> None:
    await add(ROOT, Role.OPERATOR)
    made = await add(OLGA, Role.OWNER, name="Olga Ferri")
    await add(MIA, Role.MEMBER)
    assert (made.role, made.name, made.account) == (Role.OWNER, "Olga Ferri", "anna@example.com")
    assert await change(find_person, OLGA) == made
    everybody = await change(list_people)
    assert [(one.email, one.role.value) for one in everybody] == [
        (ROOT.text, "operator"),
        (MIA.text, "member"),
        (OLGA.text, "owner"),
    ]
    assert [one.email for one in await change(list_people, account.account_id)] == [
        MIA.text,
        OLGA.text,
    ]


async def test_an_address_signs_in_one_person_in_the_whole_installation(add) -> None:
    await add(OLGA, Role.OWNER)
    with pytest.raises(PersonExists, match=OLGA.text):
        await add(OLGA, Role.OPERATOR)


@pytest.mark.parametrize("name", ["x" * 101, "two\nlines", "\udc80"], ids=ascii)
async def test_a_name_can_be_read(add, name: str) -> None:
    with pytest.raises(InvalidPerson, match="100 printable"):
        await add(OLGA, Role.OWNER, name=name)


async def test_an_operator_belongs_to_no_account_and_others_to_one(
    change, account: NewAccount, clock
) -> None:
    for role, account_id in ((Role.OPERATOR, account.account_id), (Role.OWNER, None)):
        with pytest.raises(InvalidPerson, match="belongs to the installation"):
            await change(create_person, OLGA, role, account_id, "hash", clock.now())


async def test_the_first_of_an_account_is_an_owner(add) -> None:
    with pytest.raises(InvalidPerson, match="first person of an account is an owner"):
        await add(MIA, Role.MEMBER)


async def test_the_last_owner_can_be_neither_demoted_nor_disabled_nor_removed(
    add, change, clock
) -> None:
    await add(OLGA, Role.OWNER)
    await add(MIA, Role.MEMBER)
    await add(OTTO, Role.OWNER)
    await change(disable_person, OTTO, clock.now())  # one who cannot sign in does not count
    for use_case, arguments in (
        (set_role, (Role.MEMBER,)),
        (disable_person, (clock.now(),)),
        (remove_person, ()),
    ):
        with pytest.raises(LastOwner, match="last owner of anna@example"):
            await change(use_case, OLGA, *arguments)
    await change(enable_person, OTTO)
    assert (await change(set_role, OLGA, Role.MEMBER)).role is Role.MEMBER


@pytest.mark.parametrize("how", ["demote", "disable", "remove", "mixed"])
async def test_of_two_owners_taken_away_at_once_one_stays(add, change, clock, how: str) -> None:
    await add(OLGA, Role.OWNER)
    await add(OTTO, Role.OWNER)
    away = {
        "demote": lambda email: change(set_role, email, Role.MEMBER),
        "disable": lambda email: change(disable_person, email, clock.now()),
        "remove": lambda email: change(remove_person, email),
    }
    one, other = (away["demote"], away["remove"]) if how == "mixed" else (away[how], away[how])
    both = await asyncio.gather(one(OLGA), other(OTTO), return_exceptions=True)
    assert sorted(type(outcome).__name__ for outcome in both) == ["LastOwner", "Person"]
    owners = [
        person
        for person in await change(list_people)
        if person.role is Role.OWNER and person.disabled_at is None
    ]
    assert len(owners) == 1


async def test_nobody_becomes_an_operator_or_ceases_to_be_one(add, change) -> None:
    await add(ROOT, Role.OPERATOR)
    await add(OLGA, Role.OWNER)
    with pytest.raises(InvalidPerson, match="is an operator and cannot become a member"):
        await change(set_role, ROOT, Role.MEMBER)
    with pytest.raises(InvalidPerson, match="is an owner and cannot become an operator"):
        await change(set_role, OLGA, Role.OPERATOR)


async def test_operators_and_members_can_all_go(add, change, clock) -> None:
    await add(ROOT, Role.OPERATOR)
    await add(OLGA, Role.OWNER)
    await add(MIA, Role.MEMBER)
    for email in (ROOT, MIA):
        disabled = await change(disable_person, email, clock.now())
        assert disabled.disabled_at == clock.now()
        assert (await change(remove_person, email)).email == email.text
        with pytest.raises(NoSuchPerson, match=email.text):
            await change(find_person, email)


async def test_there_are_so_many_people_at_most(add, change, database: Database, account) -> None:
    owner = await add(OLGA, Role.OWNER)
    async with database.acquire() as connection:
        await connection.execute(
            """
            INSERT INTO person (account_id, email, role, password_hash, created_at, password_at)
            SELECT $1, 'member' || number || '@example.com', 'member', '', $2, $2
              FROM generate_series(1, $3) AS number
            """,
            account.account_id,
            owner.created_at,
            creating.PEOPLE_MAX - 2,
        )
    both = await asyncio.gather(
        add(MIA, Role.MEMBER), add(OTTO, Role.MEMBER), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["Person", TooManyPeople.__name__]
    assert (await add(ROOT, Role.OPERATOR)).role is Role.OPERATOR
