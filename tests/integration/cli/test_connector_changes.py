"""Connectors changed, watched and removed from the command line."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from authority import Authority

from staffetta.db.pool import Database
from staffetta.domain.secrets import Keyring
from staffetta.routing.connector_use import ANSWERS_LOOKED_AT_MAX
from staffetta.routing.connectors import open_password, open_tls_key

ADD = (
    *("connector", "add", "--name", "acme", "--environment", "production", "--host", "127.0.0.1"),
    *("--port", "2775", "--system-id", "staffetta", "--countries", "IT,ES", "--price", "0.03"),
)
KEYRING = Keyring.parse("ab" * 32)


@pytest.fixture
def staffetta(here):
    return here


@pytest.fixture
async def acme(staffetta) -> int:
    """A connector; its id."""
    added = await staffetta(*ADD, "--password-env", "SECRET", "--json", SECRET="hunter2")
    return int(added.json["id"])


async def row_of(database: Database) -> dict:
    async with database.acquire() as connection:
        row = await connection.fetchrow("SELECT * FROM connector WHERE name = 'acme'")
    assert row is not None
    return dict(row.items())


async def entries(staffetta) -> list[dict]:
    return (await staffetta("audit", "list", "--action", "connector", "--json")).json


async def add_open_recipient(database: Database, connector_id: int, state: str) -> None:
    now = datetime.now(UTC)
    async with database.acquire() as connection:
        await connection.execute(
            "INSERT INTO recipient (space_id, id, message_id, number, country, calling_code, state,"
            " class, priority, turn, connector_id, segment_count, price_micro, due_at, expires_at,"
            " updated_at) VALUES (1, $1, $1, '+393331234567', 'IT', '39', $2, 1, 0, 0, $3, 1, 0,"
            " $4::timestamptz, $4 + interval '2 days', $4)",
            int(now.timestamp()).to_bytes(4, "big") + state.encode()[:8].ljust(8, b"_"),
            state,
            connector_id,
            now,
        )


async def age(database: Database, connector_id: int, seconds: float = 60) -> None:
    """The last change was so long before."""
    async with database.acquire() as connection:
        await connection.execute(
            "UPDATE connector SET updated_at = updated_at - $2::float8 * interval '1 second'"
            " WHERE id = $1",
            connector_id,
            seconds,
        )


@pytest.mark.usefixtures("acme")
class TestSet:
    async def test_columns_and_settings_are_set_together(self, staffetta, database) -> None:
        ended = await staffetta(
            *("connector", "set", "acme", "window=50", "rate=unlimited", "links=2", "port=2776"),
            *("host=smsc.example.com", "response_seconds=12.5", "report_zone=Europe/Rome"),
            *("international_numbering=[1,1]", "sniffs_reports=false", "--json"),
        )
        assert ended.json["changed"]["window"] == {"from": 10, "to": 50}
        row = await row_of(database)
        assert (row["window_max"], row["rate_per_second"], row["link_count"]) == (50, 0, 2)
        assert (row["host"], row["port"]) == ("smsc.example.com", 2776)
        assert row["settings"] == {
            "response_seconds": 12.5,
            "report_zone": "Europe/Rome",
            "international_numbering": [1, 1],
            "sniffs_reports": False,
        }

    async def test_digits_stay_a_text_where_a_text_is_meant(self, staffetta, database) -> None:
        assert (await staffetta("connector", "set", "acme", "system_type=1234")).code == 0
        assert (await row_of(database))["settings"] == {"system_type": "1234"}

    async def test_a_table_of_statuses_is_read_as_json(self, staffetta, database) -> None:
        typed = 'status_classes={"0x45": "permanent"}'
        assert (await staffetta("connector", "set", "acme", typed)).code == 0
        assert (await row_of(database))["settings"] == {"status_classes": {"0x45": "permanent"}}

    async def test_the_password_comes_from_elsewhere_and_is_sealed(
        self, staffetta, database, tmp_path: Path
    ) -> None:
        file = tmp_path / "secret"
        file.write_text("geheim\n")
        ended = await staffetta("connector", "set", "acme", "--password-file", str(file), "--json")
        row = await row_of(database)
        assert open_password(KEYRING, row["password"], "production", "acme") == "geheim"
        assert ended.json["changed"] == {"password": {"from": "(secret)", "to": "(secret)"}}
        assert all("geheim" not in str(entry) for entry in await entries(staffetta))

    async def test_a_longer_password_is_allowed_for_good(self, staffetta, database) -> None:
        arguments = ("connector", "set", "acme", "--password-env", "SECRET")
        refused = await staffetta(*arguments, SECRET="correct-horse")
        assert refused.code == 1
        assert "room for 8" in refused.err
        assert (await staffetta(*arguments, "--long-password", SECRET="correct-horse")).code == 0
        assert (await row_of(database))["settings"] == {"long_password": True}
        assert (await staffetta(*arguments, SECRET="other-long-one")).code == 0
        refused = await staffetta("connector", "unset", "acme", "long_password")
        assert "the password has 14 characters: SMPP has room for 8" in refused.err
        assert (await row_of(database))["settings"] == {"long_password": True}
        await staffetta(*arguments, SECRET="shorter")
        assert (await staffetta("connector", "unset", "acme", "long_password")).code == 0

    async def test_a_client_certificate_must_fit_its_key(
        self, staffetta, database, tmp_path: Path
    ) -> None:
        authority = Authority()
        ours, another = authority.issue("us"), authority.issue("another")
        for name, text in (("ca", authority.certificate), ("us", ours.certificate),
                           ("key", ours.key), ("wrong", another.key)):  # fmt: skip
            (tmp_path / name).write_text(text)
        arguments = ("connector", "set", "acme", "tls=true", f"tls_ca=@{tmp_path}/ca",
                     f"tls_certificate=@{tmp_path}/us")  # fmt: skip
        refused = await staffetta(*arguments)
        assert "tls_certificate has no key" in refused.err
        refused = await staffetta(*arguments, "--tls-key-file", f"{tmp_path}/wrong")
        assert "tls_certificate and its key cannot be used" in refused.err
        assert (await row_of(database))["settings"] == {}
        taken = await staffetta(*arguments, "--tls-key-file", f"{tmp_path}/key")
        assert taken.code == 0, taken.err
        assert (await row_of(database))["settings"]["tls_certificate"] == ours.certificate
        shown = await staffetta("connector", "show", "acme")
        assert "PRIVATE" not in shown.out
        assert f"({len(ours.certificate)} characters)" in shown.out

    async def test_a_password_of_another_server_key_is_set_again(self, staffetta, database) -> None:
        async with database.acquire() as connection:
            await connection.execute("UPDATE connector SET password = 'nonsense'")
        refused = await staffetta("connector", "set", "acme", "window=5")
        assert refused.code == 1
        assert "set it again with --password-file" in refused.err
        shown = (await staffetta("connector", "show", "acme", "--json")).json
        assert "cannot be opened" in shown["fault"]
        mended = await staffetta(
            "connector", "set", "acme", "window=5", "--password-env", "SECRET", SECRET="geheim"
        )
        assert mended.code == 0, mended.err

    async def test_the_key_of_a_client_certificate_is_sealed(
        self, staffetta, database, tmp_path: Path
    ) -> None:
        file = tmp_path / "key.pem"
        file.write_text("-----BEGIN PRIVATE KEY-----\nx\n-----END PRIVATE KEY-----\n")
        arguments = ("connector", "set", "acme", "--tls-key-file", str(file))
        refused = await staffetta(*arguments)
        assert "the password would go in clear. Set tls=true, or unset tls_key" in refused.err
        ended = await staffetta(*arguments, "tls=true")
        assert ended.code == 0
        assert "PRIVATE" not in ended.out
        row = await row_of(database)
        assert "PRIVATE" in open_tls_key(KEYRING, row["tls_key"], "production", "acme")
        assert (await staffetta("connector", "unset", "acme", "tls_key")).code == 0
        assert (await row_of(database))["tls_key"] is None

    async def test_a_change_is_in_the_audit_trail_with_what_was_before(self, staffetta) -> None:
        await staffetta("connector", "set", "acme", "window=50", "report_zone=Europe/Rome")
        newest = (await entries(staffetta))[0]
        assert newest["action"] == "connector.set"
        assert newest["details"] == {
            "connector": "acme",
            "environment": "production",
            "changed": {
                "window": {"from": 10, "to": 50},
                "report_zone": {"from": None, "to": "Europe/Rome"},
            },
        }

    async def test_what_is_so_already_changes_nothing(self, staffetta) -> None:
        ended = await staffetta("connector", "set", "acme", "window=10", "--json")
        assert ended.json["changed"] == {}
        assert [entry["action"] for entry in await entries(staffetta)] == ["connector.add"]

    @pytest.mark.parametrize(
        ("arguments", "code", "part"),
        [
            ((), 2, "nothing is to be set"),
            (("window",), 2, "write it like window=50"),
            (("window=many",), 2, "window is a number, not 'many'"),
            (("window=0",), 1, "the window is 0: it lies between 1 and 10000"),
            (("windows=5",), 2, "there is no setting 'windows'; the settings are host, port"),
            (("window=5", "window=6"), 2, "window is set twice"),
            (("password=hunter2",), 2, "--password-file or --password-env"),
            (("tls_key=x",), 2, "--tls-key-file"),
            (("report_zone=Mars",), 1, "report_zone is a time zone like Europe/Rome"),
            (("response_seconds=soon",), 1, "response_seconds is a number of seconds"),
            (("host=a b",), 1, "'a b' is not a host"),
            (("tls_ca=@/nowhere",), 1, "/nowhere, cannot be read: No such file"),
        ],
    )
    async def test_what_cannot_be_is_refused_and_nothing_is_stored(
        self, staffetta, database, arguments: tuple[str, ...], code: int, part: str
    ) -> None:
        before = await row_of(database)
        ended = await staffetta("connector", "set", "acme", *arguments)
        assert ended.code == code
        assert part in " ".join(ended.err.replace("│", " ").split())
        assert await row_of(database) == before

    async def test_settings_go_back_to_their_defaults(self, staffetta, database) -> None:
        await staffetta("connector", "set", "acme", "window=50", "system_type=OTA", "bind=pair")
        ended = await staffetta("connector", "unset", "acme", "window", "system_type", "--json")
        assert ended.json["changed"] == {
            "window": {"from": 50, "to": 10},
            "system_type": {"from": "OTA", "to": None},
        }
        assert (await row_of(database))["settings"] == {"bind": "pair"}
        refused = await staffetta("connector", "unset", "acme", "host")
        assert "cannot be without host" in refused.err


async def test_a_connector_is_added_with_a_long_password_for_good(staffetta, database) -> None:
    await staffetta(*ADD, "--password-env", "SECRET", "--long-password", SECRET="correct-horse")
    assert (await row_of(database))["settings"] == {"long_password": True}


async def test_a_connector_without_a_password_says_so(staffetta) -> None:
    added = await staffetta(*ADD)
    assert "It has no password" in added.out
    assert (await staffetta("connector", "show", "acme", "--json")).json["has_password"] is False
    await staffetta("connector", "set", "acme", "--password-env", "SECRET", SECRET="hunter2")
    assert (await staffetta("connector", "show", "acme", "--json")).json["has_password"] is True


async def test_a_connector_that_is_not_there_is_missed_by_name(staffetta, acme) -> None:
    ended = await staffetta("connector", "show", "acne")
    assert ended.code == 1
    assert "there is no connector acne; there is acme" in ended.err


async def test_a_name_of_both_environments_asks_which(staffetta, acme, database) -> None:
    async with database.acquire() as connection:
        await connection.execute(
            "INSERT INTO connector (environment, name, kind, created_at, updated_at)"
            " VALUES ('sandbox', 'acme', 'simulated', now(), now())"
        )
    ended = await staffetta("connector", "show", "acme")
    assert "each environment: say --environment" in ended.err
    in_sandbox = ("--environment", "sandbox")
    assert (await staffetta("connector", "show", "acme", *in_sandbox)).code == 0
    refused = await staffetta("connector", "set", "acme", "host=elsewhere", *in_sandbox)
    assert "is the simulated network, which has no host to set" in refused.err
    assert (await staffetta("connector", "set", "acme", "window=5", *in_sandbox)).code == 0
    await staffetta("connector", "stop", "acme", *in_sandbox)
    kept = await staffetta("connector", "remove", "acme", *in_sandbox)
    assert "the sandbox's only carrier: it stays" in kept.err


async def test_a_long_change_is_noted_by_name(staffetta, acme) -> None:
    table = {f"0x{code:04x}": "permanent" for code in range(0x400, 0x4FF)}
    assert (await staffetta("connector", "set", "acme", f"status_classes={table}".replace(
        "'", '"'))).code == 0  # fmt: skip
    changed = (await entries(staffetta))[0]["details"]["changed"]
    assert changed == {"status_classes": {"from": None, "to": "(255 entries)"}}


async def test_a_connector_is_stopped_and_started(staffetta, acme, database) -> None:
    await add_open_recipient(database, acme, "queued")
    stopped = (await staffetta("connector", "stop", "acme", "--json")).json
    assert stopped == {
        "connector": "acme",
        "enabled": False,
        "changed": True,
        "at_rest": True,
        "waiting": 1,
        "countries_without_route": ["ES", "IT"],
    }
    assert (await row_of(database))["enabled"] is False
    assert "stopped" in (await staffetta("connector", "list")).out
    assert (await staffetta("connector", "stop", "acme", "--json")).json["changed"] is False
    await staffetta("connector", "route", "acme", "add", "*", "--price", "0.05")
    told = (await staffetta("connector", "stop", "acme")).out
    assert "No other connector leads to countries without a route of their own, ES, IT" in told
    assert (await staffetta("connector", "start", "acme", "--json")).json["changed"] is True
    actions = [entry["action"] for entry in await entries(staffetta)]
    assert actions[:2] == ["connector.start", "connector.route_add"]
    assert actions[2:] == ["connector.stop", "connector.add"]


@asynccontextmanager
async def nobody_reads(database: Database, *tables: str) -> AsyncIterator[None]:
    """Whoever counts in these tables waits: as behind a backlog of millions, and for ever."""
    async with database.transaction() as connection:
        for table in tables:
            await connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        yield


async def test_a_connector_is_stopped_however_long_its_backlog_takes_to_count(
    staffetta, acme, database
) -> None:
    async with nobody_reads(database, "recipient"):
        stopped = (await staffetta("connector", "stop", "acme", "--json")).json
    assert (stopped["changed"], stopped["enabled"]) == (True, False)
    assert (stopped["waiting"], stopped["at_rest"]) == (None, None)
    assert (await row_of(database))["enabled"] is False


async def test_a_drain_waits_until_nothing_is_in_flight(staffetta, acme, database) -> None:
    await add_open_recipient(database, acme, "submitting")
    ended = await staffetta("connector", "drain", "acme", "--wait", "--seconds", "1")
    assert ended.code == 1
    assert "after 1 seconds it is not at rest: 1 are being sent" in ended.err
    async with database.acquire() as connection:
        await connection.execute("UPDATE recipient SET state = 'delivered'")
    assert (await staffetta("connector", "drain", "acme", "--wait", "--json")).json["at_rest"]


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ("queued", "1 recipients wait to be sent"),
        ("scheduled", "1 recipients wait to be sent"),
        ("submitting", "1 are being sent"),
        ("submitted", "1 were sent and have no final report"),
        ("uncertain", "1 were sent and have no final report"),
    ],
)
async def test_a_connector_that_is_needed_is_not_removed(
    staffetta, acme, database, state: str, sentence: str
) -> None:
    await staffetta("connector", "stop", "acme")
    await age(database, acme)
    await add_open_recipient(database, acme, state)
    ended = await staffetta("connector", "remove", "acme")
    assert ended.code == 1
    assert f"connector acme is still needed: {sentence}" in ended.err
    assert (await row_of(database))["id"] == acme


async def test_a_stopped_connector_is_removed_with_all_that_stands_beside_it(
    staffetta, acme, database
) -> None:
    refused = await staffetta("connector", "remove", "acme")
    assert "connector acme runs: `staffetta connector drain acme --wait` first" in refused.err
    await staffetta("connector", "stop", "acme")
    await age(database, acme, 4)  # and the rest of five seconds is waited for
    await add_open_recipient(database, acme, "delivered")
    async with database.acquire() as connection:
        await connection.execute(
            "INSERT INTO process (role, host, pid, started_at, heartbeat_at)"
            " VALUES ('dispatch', 'h', 1, now(), clock_timestamp())"
        )
        for statement in (
            "INSERT INTO link SELECT $1, 1, id, 'refused', 'no such setting', now() FROM process",
            "INSERT INTO connector_alarm VALUES (DEFAULT, $1, 'silent', 'x', now(), now())",
            "INSERT INTO connector_learned VALUES ($1, 'text/decimal', 5, now())",
        ):
            await connection.execute(statement, acme)
    assert (await staffetta("connector", "remove", "acme")).code == 0
    assert (await staffetta("connector", "list", "--json")).json == []
    assert (await entries(staffetta))[0]["action"] == "connector.remove"


class TestRoutes:
    async def test_a_route_is_added_changed_and_removed(self, staffetta, acme) -> None:
        route = ("connector", "route", "acme")
        await staffetta(*route, "add", "FR,DE", "--price", "0.05", "--rank", "10")
        await staffetta(*route, "add", "FR", "--price", "0.06")
        ended = await staffetta(*route, "remove", "IT", "--json")
        assert ended.json["routes"] == [
            {"country": "DE", "rank": 10, "price": 0.05},
            {"country": "FR", "rank": 10, "price": 0.06},
            {"country": "ES", "rank": 100, "price": 0.03},
        ]
        newest = (await entries(staffetta))[0]
        assert newest["action"] == "connector.route_remove"
        assert newest["details"]["countries"] == ["IT"]

    @pytest.mark.parametrize(
        ("arguments", "code", "part"),
        [
            (("add", "FR"), 2, "a route needs its price"),
            (("remove", "IT", "--price", "1"), 2, "what is removed has no price"),
            (("add", "ZZ", "--price", "1"), 1, "'ZZ' is not a country"),
            (("add", "FR", "--price", "-1"), 1, "a price is not negative"),
            (("remove", "FR,IT"), 1, "has no route to FR; it leads to ES, IT"),
            (("change", "FR"), 2, "add"),
        ],
    )
    async def test_what_cannot_be_is_refused(
        self, staffetta, acme, arguments: tuple[str, ...], code: int, part: str
    ) -> None:
        ended = await staffetta("connector", "route", "acme", *arguments)
        assert ended.code == code
        assert part in ended.err
        shown = (await staffetta("connector", "show", "acme", "--json")).json
        assert [route["country"] for route in shown["routes"]] == ["ES", "IT"]


class TestShow:
    async def test_everything_about_a_connector_is_shown(self, staffetta, acme, database) -> None:
        await staffetta("connector", "set", "acme", "report_zone=Europe/Rome")
        await add_open_recipient(database, acme, "queued")
        now = datetime.now(UTC)
        async with database.acquire() as connection:
            await connection.execute(
                "INSERT INTO process (role, host, pid, started_at, heartbeat_at)"
                " VALUES ('dispatch', 'h', 1, $1, clock_timestamp())",
                now,
            )
            await connection.execute(
                "INSERT INTO link SELECT $1, 1, max(id), 'bound', 'to SCRIPT', $2 FROM process",
                acme,
                now,
            )
            await connection.execute(
                "INSERT INTO connector_alarm (connector_id, kind, detail, raised_at, last_at)"
                " VALUES ($1, 'silent', 'It does not answer.', $2, $2)",
                acme,
                now,
            )
            await connection.execute(
                "INSERT INTO connector_learned VALUES ($1, 'text/decimal', 5, $2)", acme, now
            )
        shown = (await staffetta("connector", "show", "acme", "--json")).json
        assert shown["links"][0]["state"] == "bound"
        assert shown["links"][0]["held"] is True
        assert [one["kind"] for one in shown["alarms"]] == ["silent"]
        assert shown["learned"]["report_spelling"] == "text/decimal"
        assert shown["queue"]["waiting"] == 1
        assert shown["settings"] == {"report_zone": "Europe/Rome"}
        assert shown["defaults"]["response_seconds"] == 30
        assert shown["has_password"] is True
        told = (await staffetta("connector", "show", "acme")).out
        assert "It does not answer." in told
        assert "30 (default)" in told
        assert "hunter2" not in told
        (listed,) = (await staffetta("connector", "list", "--json")).json
        assert listed["alarms"] == ["silent"]
        (alarm,) = (await staffetta("connector", "alarms", "acme", "--json")).json
        assert (alarm["connector"], alarm["detail"]) == ("acme", "It does not answer.")

    async def test_the_answers_of_the_last_hour_are_counted_by_status(
        self, staffetta, acme, database
    ) -> None:
        await staffetta("account", "create", "--email", "anna@example.com")
        now = datetime.now(UTC)
        answers = [("accepted", None, 0), ("accepted", None, 0), ("refused", 0x58, 0),
                   ("accepted", None, 2)]  # fmt: skip
        async with database.acquire() as connection:
            for number, (outcome, status, hours) in enumerate(answers):
                await connection.execute(
                    "INSERT INTO submission (space_id, recipient_id, attempt, segment,"
                    " segment_total, connector_id, outcome, command_status, answered_at)"
                    " SELECT id, $1, 1, 1, 1, $2, $3, $4, $5::timestamptz - $6 * interval '1 hour'"
                    " FROM space ORDER BY id LIMIT 1",
                    int(now.timestamp()).to_bytes(4, "big") + number.to_bytes(8, "big"),
                    acme,
                    outcome,
                    status,
                    now,
                    hours,
                )
        shown = (await staffetta("connector", "show", "acme", "--json")).json
        assert shown["last_hour"] == [
            {"outcome": "accepted", "status": None, "name": None, "segments": 2},
            {"outcome": "refused", "status": 0x58, "name": "ESME_RTHROTTLED", "segments": 1},
        ]

    async def test_what_cannot_be_counted_in_time_hides_nothing_else(
        self, staffetta, acme, database
    ) -> None:
        async with nobody_reads(database, "recipient", "submission"):
            told = (await staffetta("connector", "show", "acme")).out
        assert told.count("not counted within 2 seconds") == 3
        assert "staffetta @ 127.0.0.1:2775" in told

    async def test_an_hour_that_is_not_looked_at_whole_is_told_to_be_so(
        self, staffetta, acme, database
    ) -> None:
        await staffetta("account", "create", "--email", "anna@example.com")
        now = datetime.now(UTC)
        await self.answer(database, acme, now, ANSWERS_LOOKED_AT_MAX - 1)
        whole = (await staffetta("connector", "show", "acme", "--json")).json
        assert whole["last_hour_is_whole"] is True
        assert [one["segments"] for one in whole["last_hour"]] == [ANSWERS_LOOKED_AT_MAX - 1]
        await self.answer(database, acme, now - timedelta(minutes=1), 2)
        cut = (await staffetta("connector", "show", "acme", "--json")).json
        assert cut["last_hour_is_whole"] is False
        assert [one["segments"] for one in cut["last_hour"]] == [ANSWERS_LOOKED_AT_MAX]
        assert "there may be more" in (await staffetta("connector", "show", "acme")).out

    @staticmethod
    async def answer(database: Database, connector_id: int, at: datetime, count: int) -> None:
        """So many segments of one account, made and accepted at one time."""
        async with database.acquire() as connection:
            await connection.execute(
                "INSERT INTO submission (space_id, recipient_id, attempt, segment,"
                " segment_total, connector_id, outcome, answered_at)"
                " SELECT (SELECT min(id) FROM space), $1::bytea || int8send(number), 1, 1, 1, $2,"
                " 'accepted', $3 FROM generate_series(1, $4::int) AS number",
                int(at.timestamp()).to_bytes(4, "big"),
                connector_id,
                at,
                count,
            )

    async def test_settings_that_cannot_be_used_are_shown_with_the_reason(
        self, staffetta, acme, database
    ) -> None:
        async with database.acquire() as connection:
            await connection.execute("UPDATE connector SET settings = '{\"colour\": 1}'")
        shown = (await staffetta("connector", "show", "acme", "--json")).json
        assert "there is no setting 'colour'" in shown["fault"]
        assert shown["settings"] == {"colour": 1}


async def test_without_alarms_the_command_says_so(staffetta) -> None:
    assert "There is no alarm." in (await staffetta("connector", "alarms")).out
