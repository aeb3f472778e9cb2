"""`staffetta ledger`: statements, exports and limits, as an operator types them."""

import csv
import io
from pathlib import Path

import pytest

from staffetta.db.pool import Database

ANNA = ("--email", "anna@example.com")
PRODUCTION = ("--environment", "production")


@pytest.fixture
async def paid(staffetta, anna) -> None:
    """An account that paid 10 and took 3 back."""
    for amount in ("10", "-3"):
        await staffetta("topup", *ANNA, *PRODUCTION, "--amount", amount, "--note", 'a "note"')


async def test_a_statement_tells_the_month(staffetta, paid) -> None:
    said = (await staffetta("ledger", "statement", *ANNA, *PRODUCTION, "--json")).json
    assert (said["opening"], said["closing"], said["held"], said["entryCount"]) == (0, 7, 0, 2)
    assert [(entry["entry"], entry["amount"], entry["note"]) for entry in said["entries"]] == [
        (1, 10, 'a "note"'),
        (2, -3, 'a "note"'),
    ]
    table = (await staffetta("ledger", "statement", *ANNA, *PRODUCTION)).out
    assert "sum of top_up" in table
    assert "Held at its end: 0.00 EUR." in table
    empty = await staffetta(
        "ledger", "statement", *ANNA, *PRODUCTION, "--month", "2020-02", "--json"
    )
    assert (empty.json["opening"], empty.json["closing"], empty.json["entries"]) == (0, 0, [])


def names_in(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


async def test_an_export_goes_to_standard_output_or_to_a_file(
    staffetta, paid, tmp_path: Path
) -> None:
    ended = await staffetta("ledger", "export", *ANNA, *PRODUCTION)
    lines = list(csv.DictReader(io.StringIO(ended.out)))
    assert [(line["wallet_amount"], line["counter_amount"]) for line in lines] == [
        ("10.00", "-10.00"),
        ("-3.00", "3.00"),
    ]
    path = tmp_path / "all.csv"
    written = await staffetta("ledger", "export", "--output", str(path))
    assert written.code == 0
    assert "3 lines" in written.err  # the sandbox's credit too
    assert path.read_text().startswith("account,environment,currency,sequence,id,at,kind,")
    assert names_in(tmp_path) == ["all.csv"]


async def test_a_limit_is_set_shown_and_refused(staffetta, paid) -> None:
    command = ("ledger", "limit", *ANNA, *PRODUCTION)
    assert (await staffetta(*command, "--json")).json["limit"] == 0
    said = (await staffetta(*command, "--limit", "500", "--note", "contract", "--json")).json
    assert (said["limit"], said["changes"][0]["note"]) == (500, "contract")
    await staffetta("topup", *ANNA, *PRODUCTION, "--amount", "-107")
    refused = await staffetta(*command, "--limit", "99.99")
    assert refused.code == 1
    assert "the wallet has -100.00: it is below a limit of 99.99 already" in refused.err
    assert "--force" in refused.err
    forced = (await staffetta(*command, "--limit", "99.99", "--force", "--json")).json
    assert [one["forced"] for one in forced["changes"]] == [True, False]
    assert (await staffetta("ledger", "verify", "--json")).json["exact"] is True


# Shows its rows only to who has no limit of time.
_ONLY_TO_THE_PATIENT = """
ALTER TABLE {table} RENAME TO all_of_{table};
CREATE VIEW {table} AS SELECT * FROM all_of_{table}
 WHERE current_setting('statement_timeout') = '0'
   AND current_setting('idle_in_transaction_session_timeout') = '0'
"""


async def test_large_books_are_proved_and_exported_however_long_it_takes(
    staffetta, paid, database: Database
) -> None:
    async with database.transaction() as connection:
        for table in ("wallet", "account"):
            await connection.execute(_ONLY_TO_THE_PATIENT.format(table=table))
    assert (await staffetta("ledger", "verify", "--json")).json["wallets"] == 2
    assert "anna@example.com" in (await staffetta("ledger", "export")).out


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("export", "--month", "March"), "--month"),
        (("export", "--month", "2026-13"), "--month"),
        (("export", "--month", "2026-03", "--from", "2026-03-01"), "--month"),
        (("export", "--from", "2026-02-30"), "--from"),
        (("limit", *ANNA, *PRODUCTION, "--limit", "much"), "--limit"),
    ],
)
async def test_wrong_usage_is_said(staffetta, arguments: tuple[str, ...], part: str) -> None:
    ended = await staffetta("ledger", *arguments)
    assert (ended.code, ended.out) == (2, "")
    assert part in ended.err


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (("export", "--email", "nobody@example.com"), "no account has the address"),
        (("export", "--from", "2026-03-02", "--to", "2026-03-01"), "a period ends after it begins"),
        (("export", "--output", "/nowhere/x.csv"), "/nowhere/x.csv cannot be written"),
        (("limit", *ANNA, *PRODUCTION, "--limit", "-1"), "a limit is 0 or more"),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_sentence(
    staffetta, anna, arguments: tuple[str, ...], part: str
) -> None:
    ended = await staffetta("ledger", *arguments)
    assert (ended.code, ended.out) == (1, "")
    assert part in ended.err
    assert "Traceback" not in ended.err
