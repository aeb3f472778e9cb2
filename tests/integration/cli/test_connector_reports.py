"""What `staffetta connector reports` shows of reports that did not find their message at once."""

from datetime import UTC, datetime, timedelta

import pytest

from staffetta.db.pool import Database
from staffetta.domain.ids import IdMaker

ADD = (
    *("connector", "add", "--environment", "production", "--host", "127.0.0.1", "--port", "2775"),
    *("--system-id", "staffetta", "--countries", "*", "--price", "0.03"),
)
NOW = datetime.now(UTC)


@pytest.fixture
def staffetta(here):
    return here


@pytest.fixture
async def kept(database: Database, staffetta) -> None:
    """A waiting, an orphaned and a late report of acme, and an orphaned one of beta without id."""
    ids = {}
    for name in ("acme", "beta"):
        ids[name] = (await staffetta(*ADD, "--name", name, "--json")).json["id"]
    rows = (
        ("acme", "0A17", "2583", "DELIVRD", "waiting", timedelta(minutes=1)),
        ("acme", "77", "", "UNDELIV", "orphan", timedelta(hours=2)),
        ("acme", "78", "", "DELIVRD", "late", timedelta(hours=3)),
        ("beta", "", "", "EXPIRED", "orphan", timedelta(minutes=5)),
    )
    async with database.transaction() as connection:
        for name, smsc_id, text_id, state, disposition, age in rows:
            await connection.execute(
                "INSERT INTO report (id, connector_id, smsc_id, text_id, smsc_key, report_state,"
                " report_error, error_words, destination, received_at, disposition)"
                " VALUES ($1, $2, $3, $4, $3, $5, '006', 'The phone is off.', '39333', $6, $7)",
                IdMaker().make(NOW - age),
                ids[name],
                smsc_id,
                text_id,
                state,
                NOW - age,
                disposition,
            )


async def shown(staffetta, *arguments: str) -> list[tuple[str, str]]:
    found = (await staffetta("connector", "reports", *arguments, "--json")).json
    return [(one["smsc_id"], one["disposition"]) for one in found]


@pytest.mark.usefixtures("kept")
async def test_reports_are_shown_newest_first_as_asked(staffetta) -> None:
    everything = [("0A17", "waiting"), ("", "orphan"), ("77", "orphan"), ("78", "late")]
    assert await shown(staffetta) == everything
    assert await shown(staffetta, "beta") == [("", "orphan")]
    assert await shown(staffetta, "--orphans") == [("", "orphan"), ("77", "orphan")]
    assert await shown(staffetta, "acme", "--waiting") == [("0A17", "waiting")]
    assert await shown(staffetta, "acme", "--waiting", "--orphans") == [
        ("0A17", "waiting"),
        ("77", "orphan"),
    ]
    since = (NOW - timedelta(minutes=30)).isoformat()
    assert await shown(staffetta, "--since", since) == everything[:2]
    assert await shown(staffetta, "--limit", "1") == everything[:1]


@pytest.mark.usefixtures("kept")
async def test_people_read_what_became_of_a_report(staffetta) -> None:
    out = (await staffetta("connector", "reports", "acme")).out
    for words in (
        "0A17 / 2583",
        "waits for its message",
        "no message has this id",
        "its message had its report",
        "006 (The phone is off.)",
    ):
        assert words in out


async def test_without_such_reports_it_says_so(staffetta) -> None:
    assert "There is no such report." in (await staffetta("connector", "reports")).out
    assert (await staffetta("connector", "reports", "--json")).json == []


async def test_what_means_nothing_is_refused(staffetta) -> None:
    assert "there is no connector nobody" in (await staffetta("connector", "reports", "nobody")).err
    ended = await staffetta("connector", "reports", "--since", "yesterday")
    assert (ended.code, "ISO 8601" in ended.err) == (2, True)
