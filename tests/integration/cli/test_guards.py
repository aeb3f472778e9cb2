"""Guards from the command line."""

from datetime import UTC, datetime

import pytest

from staffetta.accounts.authorize import Authorizer
from staffetta.accounts.terms import Allowance
from staffetta.db.pool import Database
from staffetta.domain.environments import Environment

ANNA = "anna@example.com"
SANDBOX = ("--environment", "sandbox")
UNGUARDED = {
    "account": ANNA,
    "environment": "production",
    "countries": None,
    "otp_per_recipient": {"count": 5, "seconds": 600},
    "otp_per_prefix": {"count": 50, "seconds": 600},
    "otp_per_account": {"count": 3000, "seconds": 60},
    "day_spend_max": None,
    "day_spent": 0,
    "held": 0,
    "alert_below": None,
    "available": 0,
    "alert_url": None,
    "callback_retry": 5,
    "currency": "EUR",
}
EVERYTHING = (
    *("--countries", "it, FR", "--otp-per-recipient", "3/60", "--otp-per-prefix", "none"),
    *("--otp-per-account", "100/3600", "--day-spend-max", "100.50", "--alert-below", "5"),
    *("--alert-url", "https://example.com/low?a=1", "--callback-retry", "0"),
)


async def test_an_account_begins_with_the_usual_rates_and_no_cap(staffetta, anna) -> None:
    assert (await staffetta("guard", "show", ANNA, "--json")).json == UNGUARDED


async def test_all_guards_are_set_shown_and_reset(staffetta, anna, database: Database) -> None:
    guarded = (await staffetta("guard", "set", ANNA, *EVERYTHING, "--json")).json
    assert guarded == {
        **UNGUARDED,
        "countries": ["FR", "IT"],
        "otp_per_recipient": {"count": 3, "seconds": 60},
        "otp_per_prefix": None,
        "otp_per_account": {"count": 100, "seconds": 3600},
        "day_spend_max": 100.5,
        "alert_below": 5,
        "alert_url": "https://example.com/low?a=1",
        "callback_retry": 0,
    }
    assert (await staffetta("guard", "show", ANNA, "--json")).json == guarded
    shown = (await staffetta("guard", "show", ANNA)).out
    for part in ("FR, IT", "3 in 60 s", "100.50 EUR", "5.00 EUR", "https://example.com/low?a=1"):
        assert part in shown
    other = (await staffetta("guard", "show", ANNA, *SANDBOX, "--json")).json
    assert (other["countries"], other["day_spend_max"]) == (None, None)
    assert (await staffetta("guard", "reset", ANNA, "--json")).json == UNGUARDED
    async with database.acquire() as connection:
        stored = await connection.fetch("SELECT settings FROM space")
    assert [row["settings"] for row in stored] == [{}, {}]


async def test_what_is_not_named_stays_and_none_takes_away(staffetta, anna) -> None:
    await staffetta("guard", "set", ANNA, *EVERYTHING)
    changed = (
        await staffetta(
            *("guard", "set", ANNA, "--countries", "all", "--day-spend-max", "none"),
            *("--alert-url", "none", "--json"),
        )
    ).json
    assert (changed["countries"], changed["day_spend_max"], changed["alert_url"]) == (
        None,
        None,
        None,
    )
    assert (changed["alert_below"], changed["callback_retry"]) == (5, 0)


async def test_a_token_speaks_with_the_terms_of_its_space(
    staffetta, anna, database: Database
) -> None:
    made = await staffetta("token", "create", "--email", ANNA, *SANDBOX, "--json")
    await staffetta("guard", "set", ANNA, *SANDBOX, *EVERYTHING)
    grant = await Authorizer(database).grant_for(
        made.json["token"], Environment.SANDBOX, datetime.now(UTC)
    )
    assert grant is not None
    assert grant.terms.countries_allowed == {"IT", "FR"}
    assert grant.terms.otp_per_recipient == Allowance(3, 60)
    assert grant.terms.callback_retry == 0


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        ((), 2, "name what is to change"),
        (("--countries", "IT,XX"), 1, "'XX' is not a country"),
        (("--countries", ","), 1, "no country is named"),
        (("--otp-per-recipient", "5"), 2, "how many in how many seconds"),
        (("--otp-per-recipient", "5/0"), 1, "1 to 86,400 seconds, not 0"),
        (("--otp-per-prefix", "-1/60"), 2, "is not a rate"),
        (("--otp-per-account", "2000000/60"), 1, "1,000,000, not 2,000,000"),
        (("--day-spend-max", "-1"), 1, "a daily cap is 0 or more, not -1.00"),
        (("--day-spend-max", "much"), 2, "is not an amount"),
        (("--alert-below", "0"), 1, "threshold is above 0"),
        (("--alert-url", "example.com"), 2, "http or https address"),
        (("--alert-url", "https://anna:secret@example.com/"), 2, "without a user name"),
        (("--callback-retry", "6"), 2, "--callback-retry"),
    ],
)
async def test_what_is_refused_says_why_and_changes_nothing(
    staffetta, anna, arguments: tuple[str, ...], code: int, part: str
) -> None:
    more = ("--callback-retry", "1") if arguments and "--callback-retry" not in arguments else ()
    ended = await staffetta("guard", "set", ANNA, *more, *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert part in ended.err
    assert (await staffetta("guard", "show", ANNA, "--json")).json == UNGUARDED


@pytest.mark.parametrize("command", ["show", "reset"])
async def test_an_unknown_account_is_told_in_one_sentence(staffetta, command: str) -> None:
    ended = await staffetta("guard", command, "nobody@example.com")
    assert ended.code == 1
    assert "no account has the address nobody@example.com" in ended.err
