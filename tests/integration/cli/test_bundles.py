"""Bundles from the command line."""

from datetime import datetime, timedelta

import pytest

ANNA = "anna@example.com"
SANDBOX = ("--environment", "sandbox")
SOLD = ("--segments", "1000", "--price", "25")


@pytest.fixture
async def paying(staffetta, anna) -> None:
    await staffetta("topup", "--email", ANNA, "--environment", "production", "--amount", "30")


async def test_a_bundle_is_sold_listed_and_ended(staffetta, paying) -> None:
    added = (
        await staffetta(
            *("bundle", "add", ANNA, *SOLD, "--market", "IT", "--country", "it"),
            *("--days", "7", "--autorenew", "--name", "spring", "--json"),
        )
    ).json
    assert added["account"] == ANNA
    assert (added["environment"], added["market"], added["country"]) == ("production", "IT", "IT")
    assert (added["segments"], added["available"], added["price"]) == (1000, 1000, 25)
    assert (added["days"], added["autorenew"], added["name"]) == (7, True, "spring")
    starts, ends = (datetime.fromisoformat(added[name]) for name in ("starts", "ends"))
    assert ends - starts == timedelta(days=7)
    guards = (await staffetta("guard", "show", ANNA, "--json")).json
    assert guards["available"] == 5

    listed = (await staffetta("bundle", "list", ANNA, "--json")).json
    assert [bundle["bundle"] for bundle in listed] == [added["bundle"]]
    shown = (await staffetta("bundle", "list", ANNA)).out
    assert "market IT, numbers of IT" in shown
    assert "active" in shown

    ended = (
        await staffetta(
            *("bundle", "end", ANNA, str(added["bundle"])), "--reason", "sold by mistake", "--json"
        )
    ).json
    assert (ended["available"], ended["reason"]) == (0, "sold by mistake")
    assert ended["ended"] is not None
    again = await staffetta("bundle", "end", ANNA, str(added["bundle"]), "--reason", "twice")
    assert (again.code, again.out) == (1, "")
    assert "has ended already: sold by mistake" in again.err
    assert (await staffetta("ledger", "verify")).code == 0


async def test_a_sandbox_has_bundles_of_its_own(staffetta, anna) -> None:
    await staffetta("bundle", "add", ANNA, *SANDBOX, *SOLD)
    assert len((await staffetta("bundle", "list", ANNA, *SANDBOX, "--json")).json) == 1
    production = await staffetta("bundle", "list", ANNA)
    assert "There is no bundle yet" in production.out


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("add", ANNA, *SOLD), 1, "25.00 needed, 0.00 available"),
        (("add", "bob@example.com", *SOLD), 1, "no account has the address"),
        (("add", ANNA, "--segments", "0", "--price", "1"), 2, "--segments"),
        (("add", ANNA, "--segments", "5", "--price", "free"), 2, "--price"),
        (("add", ANNA, "--segments", "5", "--price", "-1"), 1, "cannot cost -1.00"),
        (("add", ANNA, *SOLD, "--country", "Italy"), 2, "--country"),
        (("add", ANNA, *SOLD, "--market", "FR"), 2, "--market"),
        (("add", ANNA, *SOLD, "--market", "IT", "--country", "FR"), 1, "has no numbers of FR"),
        (("add", ANNA, *SOLD, "--days", "0"), 2, "--days"),
        (("end", ANNA, "99", "--reason", "x"), 1, "has no bundle 99 in this environment"),
        (("end", ANNA, "99", "--reason", ""), 1, "a reason has 1 to 200"),
        (("end", ANNA, "99"), 2, "--reason"),
    ],
)
async def test_what_is_refused_says_why(
    staffetta, anna, arguments: tuple[str, ...], code: int, part: str
) -> None:
    ended = await staffetta("bundle", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert part in ended.err
