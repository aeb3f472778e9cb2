"""Traces and recordings from the command line: what is wrong usage, and what is answered."""

import pytest

ID = "65f2c1a0000000deadbeef01"
ANNA = "anna@example.com"


@pytest.fixture
def staffetta(here):
    return here


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        (ID, "--number", "+393331234567"),
        ("nobody",),
        (ID, "--redact", "--text"),
        ("--number", "+393331234567", "--since", "yesterday"),
        ("--number", "+393331234567", "--since", "0h"),
        ("--number", "+393331234567", "--since", "60d"),
    ],
    ids=["nothing", "both", "no-id", "redacted-text", "no-duration", "no-time", "too-long"],
)
async def test_wrong_usage_is_refused(staffetta, arguments: tuple[str, ...]) -> None:
    assert (await staffetta("trace", *arguments)).code == 2


async def test_a_number_that_is_none_is_refused_in_a_sentence(staffetta) -> None:
    done = await staffetta("trace", "--number", "12")
    assert (done.code, done.err.startswith("staffetta: ")) == (1, True)


async def test_a_message_that_is_not_there_is_said_not_to_be(staffetta) -> None:
    done = await staffetta("trace", ID)
    assert done.code == 1
    assert done.err.startswith(f"staffetta: there is no message {ID}")


async def test_a_number_that_nothing_went_to_lists_nothing(staffetta, anna) -> None:
    number = ("--number", "+393331234567")
    assert (await staffetta("trace", *number, "--json")).json == []
    shown = await staffetta("trace", *number, "--account", ANNA)
    assert "No message went to +393331234567 in the last 1h." in shown.out


async def test_an_account_is_recorded_until_it_is_over_or_ended(staffetta, anna) -> None:
    where = ("account", "trace", ANNA, "--environment", "production")
    assert (await staffetta(*where, "--json")).json["recorded_until"] is None
    assert (await staffetta(*where, "--for", "2h", "--json")).json["recorded_until"] is not None
    assert (await staffetta(*where, "--json")).json["recorded_until"] is not None
    assert (await staffetta(*where, "--off", "--json")).json["recorded_until"] is None
    entries = (await staffetta("audit", "list", "--action", "account.trace", "--json")).json
    assert [one["details"]["until"] is None for one in entries] == [True, False]


@pytest.mark.parametrize(
    "options",
    [("--for", "1h", "--off"), ("--for", "8d"), ("--for", "long")],
    ids=["both", "too-long", "no-duration"],
)
async def test_recording_has_one_end(staffetta, anna, options: tuple[str, ...]) -> None:
    done = await staffetta("account", "trace", ANNA, "--environment", "sandbox", *options)
    assert done.code == 2


async def test_links_that_nobody_holds_show_nothing(staffetta) -> None:
    done = await staffetta("connector", "pdus", "nobody")
    assert (done.code, "there is no connector nobody" in done.err) == (1, True)
