"""Connectors from the command line."""

from pathlib import Path

import pytest

ADD = (
    *("connector", "add", "--name", "acme", "--environment", "production", "--host", "127.0.0.1"),
    *("--port", "2775", "--system-id", "staffetta", "--countries", "it,ES", "--price", "0.03"),
)
PASSWORD = ("--password-env", "CARRIER_PASSWORD")


async def test_a_connector_is_added_and_listed_with_the_shipped_defaults(staffetta) -> None:
    added = (await staffetta(*ADD, *PASSWORD, "--json", CARRIER_PASSWORD="hunter2")).json
    assert added == {
        "connector": "acme",
        "id": added["id"],
        "environment": "production",
        "host": "127.0.0.1",
        "port": 2775,
        "system_id": "staffetta",
        "window": 10,
        "rate": 10,
        "enabled": True,
        "countries": ["IT", "ES"],
        "price": 0.03,
    }
    (listed,) = (await staffetta("connector", "list", "--json")).json
    assert listed["connector"] == "acme"
    assert listed["enabled"] is True
    assert [(route["country"], route["price"]) for route in listed["routes"]] == [
        ("ES", 0.03),
        ("IT", 0.03),
    ]


async def test_a_connector_can_be_wide_open(staffetta) -> None:
    ended = await staffetta(*ADD, "--window", "500", "--rate", "0", "--countries", "*")
    assert ended.code == 0
    assert "unlimited" in ended.out
    listed = await staffetta("connector", "list")
    assert "*: 0.03" in listed.out


async def test_a_connector_can_be_added_without_running(staffetta) -> None:
    assert (await staffetta(*ADD, "--stopped", "--json")).json["enabled"] is False
    (listed,) = (await staffetta("connector", "list", "--json")).json
    assert listed["enabled"] is False
    assert (await staffetta("connector", "start", "acme", "--json")).json["changed"] is True


async def test_without_connectors_the_list_says_how_to_add_one(staffetta) -> None:
    assert "connector add" in (await staffetta("connector", "list")).out
    assert (await staffetta("connector", "list", "--json")).json == []


async def test_the_password_is_never_shown(staffetta, tmp_path: Path) -> None:
    file = tmp_path / "secret"
    file.write_text("hunter2\n")
    outputs = [
        await staffetta(*ADD, "--password-file", str(file)),
        await staffetta(*ADD, "--password-file", str(file), "--json"),  # refused: a duplicate
        await staffetta("connector", "list"),
        await staffetta("connector", "list", "--json"),
    ]
    assert [ended.code for ended in outputs] == [0, 1, 0, 0]
    assert "has a connector named acme already" in outputs[1].err
    assert all("hunter2" not in ended.out + ended.err for ended in outputs)


@pytest.mark.parametrize(
    ("arguments", "code", "part"),
    [
        (("--environment", "sandbox"), 1, "the sandbox never reaches a carrier"),
        (("--name", "a b"), 1, "cannot name a connector"),
        (("--system-id", "x" * 16), 1, "room for 15"),
        (("--countries", "IT,ZZ"), 1, "'ZZ' is not a country"),
        (("--price", "-1"), 1, "a price is not negative"),
        (("--price", "cheap"), 2, "--price"),
        (("--port", "0"), 2, "--port"),
        (("--rate", "-1"), 2, "--rate"),
        (("--window", "0"), 2, "--window"),
        (("--password-env", "UNSET"), 1, "the environment variable UNSET is not set"),
        (("--password-env", "TOO_LONG"), 1, "room for 8"),
        (("--password-file", "/nowhere/at/all"), 1, "No such file"),
        (("--password-file", "/x", "--password-env", "TOO_LONG"), 2, "from one place"),
    ],
)
async def test_a_refused_connector_says_why(
    staffetta, arguments: tuple[str, ...], code: int, part: str
) -> None:
    ended = await staffetta(*ADD, *arguments, TOO_LONG="correct-horse")
    assert ended.code == code
    assert part in ended.err
    assert "correct-horse" not in ended.err
    assert ended.out == ""


async def test_a_long_password_can_be_allowed(staffetta) -> None:
    ended = await staffetta(*ADD, *PASSWORD, "--long-password", CARRIER_PASSWORD="correct-horse")
    assert ended.code == 0
