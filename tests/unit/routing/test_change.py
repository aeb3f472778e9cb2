"""What may be changed of a connector, without a database."""

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from staffetta.domain.environments import Environment
from staffetta.routing.change_connector import (
    ConnectorChange,
    StoredConnector,
    changed_connector,
    seconds_to_settle,
)
from staffetta.routing.connector_use import Backlog, InFlight
from staffetta.routing.errors import InvalidConnector

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
STORED = StoredConnector(
    id=1,
    environment=Environment.PRODUCTION,
    name="acme",
    kind="smpp",
    host="smsc.example.com",
    port=2775,
    system_id="gw",
    password=None,
    tls_key=None,
    window_max=50,
    rate_per_second=100,
    link_count=2,
    enabled=True,
    settings={"system_type": "OTA"},
    created_at=NOW,
    updated_at=NOW,
)
NETWORK = StoredConnector(
    **{field: getattr(STORED, field) for field in STORED.__struct_fields__} | {"kind": "simulated"}
)


def test_what_is_not_named_stays() -> None:
    assert changed_connector(STORED, ConnectorChange()) == STORED
    changed = changed_connector(STORED, ConnectorChange(columns={"port": 2776}))
    assert (changed.port, changed.host, changed.settings) == (2776, STORED.host, STORED.settings)


def test_settings_are_joined_and_taken_away() -> None:
    change = ConnectorChange(settings={"bind": "pair"}, unset=frozenset({"system_type", "window"}))
    changed = changed_connector(STORED, change)
    assert changed.settings == {"bind": "pair"}
    assert changed.window_max == 10
    assert STORED.settings == {"system_type": "OTA"}


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"port": 0}, "the port is 0"),
        ({"port": "2776"}, "port is a number, not '2776'"),
        ({"window": True}, "window is a number, not True"),
        ({"host": "a b"}, "'a b' is not a host"),
        ({"system_id": ""}, "the system id is missing"),
        ({"links": 65}, "the number of links is 65: it lies between 1 and 64"),
        ({"rate": -1}, "the rate is -1"),
    ],
)
def test_a_column_that_cannot_be_is_refused(columns: dict[str, object], sentence: str) -> None:
    with pytest.raises(InvalidConnector, match=sentence):
        changed_connector(STORED, ConnectorChange(columns=columns))


@pytest.mark.parametrize("name", ["host", "port", "system_id"])
def test_what_a_connector_must_have_is_not_unset(name: str) -> None:
    with pytest.raises(InvalidConnector, match=f"cannot be without {name}"):
        changed_connector(STORED, ConnectorChange(unset=frozenset({name})))


def test_the_simulated_network_is_wherever_it_listens() -> None:
    with pytest.raises(InvalidConnector, match="which has no host to set"):
        changed_connector(NETWORK, ConnectorChange(columns={"host": "elsewhere"}))
    assert changed_connector(NETWORK, ConnectorChange(columns={"window": 5})).window_max == 5


def test_a_connector_that_was_stopped_just_now_is_left_alone_for_five_seconds() -> None:
    stopped = msgspec.structs.replace(STORED, enabled=False)
    left = [seconds_to_settle(stopped, NOW + timedelta(seconds=one)) for one in (0, 4, 5, 60)]
    assert left == [5, 1, 0, 0]
    assert seconds_to_settle(STORED, NOW) == 0


def test_what_needs_a_connector_is_said_in_words() -> None:
    backlog, in_flight = Backlog(2, NOW, 1, 5), InFlight(4, 1)
    assert [*backlog.sentences, *in_flight.sentences] == [
        "3 recipients wait to be sent",
        "5 were sent and have no final report",
        "4 are being sent",
        "1 links are open",
    ]
    assert not in_flight.is_at_rest
    assert InFlight(0, 0).is_at_rest
    assert not [*Backlog(0, None, 0, 0).sentences, *InFlight(0, 0).sentences]
