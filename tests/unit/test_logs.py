"""Logs hold no secrets, and one line an event."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from staffetta.app.logs import configure_logs
from staffetta.config import read_settings


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    configure_logs(read_settings({"STAFFETTA_LOG_LEVEL": "info"}), "tester", stream)
    yield stream
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()
    logging.getLogger().handlers = []


def test_an_event_is_one_line_of_json_that_begins_with_its_time(output: io.StringIO) -> None:
    structlog.get_logger("x").info("thing_done", count=2)
    (line,) = output.getvalue().splitlines()
    event = json.loads(line)
    assert list(event)[:4] == ["timestamp", "level", "role", "event"]
    assert (event["event"], event["role"], event["count"]) == ("thing_done", "tester", 2)


def test_secrets_are_hidden(output: io.StringIO) -> None:
    structlog.get_logger("x").warning(
        "connected", password="hunter2", token="a" * 24, url="postgresql://u:hunter2@db/x"
    )
    assert "hunter2" not in output.getvalue()
    assert "a" * 24 not in output.getvalue()
    assert "@db/x" in output.getvalue()


def test_secrets_are_hidden_wherever_they_stand_in_a_line(output: io.StringIO) -> None:
    token = "a" * 24
    structlog.get_logger("x").warning(
        "refused", said={"headers": [f"Bearer {token}"]}, path=f"/oauth/v1/token/{token}"
    )
    assert token not in output.getvalue()
    assert json.loads(output.getvalue())["path"] == "/oauth/v1/token/[hidden]"


def test_an_id_of_a_message_stays_readable(output: io.StringIO) -> None:
    structlog.get_logger("x").info("stored", message="65f2c1a0000000deadbeef01")
    assert json.loads(output.getvalue())["message"] == "65f2c1a0000000deadbeef01"


def test_a_secret_in_a_traceback_is_hidden(output: io.StringIO) -> None:
    def fail() -> None:
        raise LookupError("Basic aHVudGVyMjpodW50ZXIy")

    try:
        fail()
    except LookupError:
        logging.getLogger("library").exception("failed")
    assert "aHVudGVyMjpodW50ZXIy" not in output.getvalue()
    assert "LookupError" in output.getvalue()


def test_a_traceback_shows_no_local_variables(output: io.StringIO) -> None:
    def fail(secret: str) -> None:
        raise LookupError(len(secret))

    try:
        fail("hunter2")
    except LookupError:
        structlog.get_logger("x").exception("step_failed")
    (line,) = output.getvalue().splitlines()
    assert "LookupError: 7" in json.loads(line)["exception"]
    assert "hunter2" not in json.loads(line)["exception"].replace('fail("hunter2")', "")


def test_what_is_below_the_level_is_left_out(output: io.StringIO) -> None:
    structlog.get_logger("x").debug("detail")
    assert output.getvalue() == ""


def test_libraries_log_through_the_same_lines(output: io.StringIO) -> None:
    logging.getLogger("library").warning("odd: %s", "thing")
    event = json.loads(output.getvalue())
    assert event["event"] == "odd: thing"
    assert event["level"] == "warning"
