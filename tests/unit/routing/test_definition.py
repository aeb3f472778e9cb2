"""Which connectors can be defined, and what the refusal of the others says."""

from dataclasses import replace

import pytest

from staffetta.domain.environments import Environment
from staffetta.routing.definition import ConnectorDefinition, split_countries
from staffetta.routing.errors import InvalidConnector

DEFINITION = ConnectorDefinition(
    environment=Environment.PRODUCTION,
    name="acme",
    host="smsc.example.com",
    port=2775,
    system_id="staffetta",
    password="hunter2",
    countries=("IT", "ES"),
    price_micro=30_000,
)


def test_the_shipped_defaults_are_a_window_of_10_and_10_a_second() -> None:
    assert (DEFINITION.window_max, DEFINITION.rate_per_second) == (10, 10)


def test_the_password_does_not_show_when_a_definition_is_printed() -> None:
    assert "hunter2" not in repr(DEFINITION)


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "Carrier-1.it_main"},
        {"host": "127.0.0.1"},
        {"host": "::1"},
        {"host": "localhost"},
        {"port": 65535},
        {"system_id": "x" * 15},
        {"password": ""},
        {"password": "x" * 8},
        {"password": "x" * 64, "long_password": True},
        {"countries": ("*",)},
        {"countries": ("XK", "001")},
        {"rate_per_second": 0},
        {"window_max": 500},
        {"price_micro": 0},
    ],
)
def test_what_a_connector_can_be(changes: dict) -> None:
    replace(DEFINITION, **changes)


@pytest.mark.parametrize(
    ("changes", "part"),
    [
        ({"environment": Environment.SANDBOX}, "the sandbox never reaches a carrier"),
        ({"name": ""}, "cannot name a connector"),
        ({"name": "-x"}, "cannot name a connector"),
        ({"name": "a b"}, "cannot name a connector"),
        ({"name": "x" * 41}, "cannot name a connector"),
        ({"name": "naïve"}, "cannot name a connector"),
        ({"host": ""}, "is not a host"),
        ({"host": "smsc example"}, "is not a host"),
        ({"host": "http://smsc"}, "is not a host"),
        ({"host": "x" * 254}, "is not a host"),
        ({"port": 0}, "the port is 0"),
        ({"port": 65536}, "the port is 65536"),
        ({"system_id": ""}, "the system id is missing"),
        ({"system_id": "x" * 16}, "room for 15"),
        ({"system_id": "a\x00b"}, "printable ASCII"),
        ({"password": "x" * 9}, "room for 8 .*long_password allows it"),
        ({"password": "x" * 65}, "room for 8$"),
        ({"password": "x" * 65, "long_password": True}, "room for 64$"),
        ({"password": "pässword"}, "printable ASCII"),
        ({"countries": ()}, "no country is named"),
        ({"countries": ("IT", "ZZ")}, "'ZZ' is not a country"),
        ({"countries": ("it",)}, "'it' is not a country"),
        ({"window_max": 0}, "the window is 0"),
        ({"window_max": 10_001}, "the window is 10001"),
        ({"rate_per_second": -1}, "the rate is -1"),
        ({"price_micro": -1}, "a price is not negative"),
    ],
)
def test_what_a_connector_cannot_be(changes: dict, part: str) -> None:
    with pytest.raises(InvalidConnector, match=part):
        replace(DEFINITION, **changes)


def test_a_refusal_does_not_repeat_the_password() -> None:
    with pytest.raises(InvalidConnector) as caught:
        replace(DEFINITION, password="correct-horse")
    assert "correct-horse" not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("IT", ("IT",)),
        (" it, ES ,it,", ("IT", "ES")),
        ("*", ("*",)),
        ("", ()),
        (",", ()),
    ],
)
def test_countries_are_read_from_a_list(text: str, codes: tuple[str, ...]) -> None:
    assert split_countries(text) == codes
