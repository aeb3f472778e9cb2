"""What the driver's errors mean for whoever gets them."""

import asyncpg
import pytest

from staffetta.db.errors import ConnectionLost, meaning_of


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_driver_that_lost_count_has_lost_the_connection(is_closed: bool) -> None:
    error = asyncpg.InternalClientError("cannot switch to state 21")
    assert meaning_of(error, connection_closed=is_closed) is ConnectionLost


def test_a_misuse_of_a_living_connection_is_a_bug() -> None:
    error = asyncpg.InterfaceError("another operation is in progress")
    assert meaning_of(error, connection_closed=False) is None


def test_the_rollback_that_a_confused_driver_refuses_says_the_same() -> None:
    error = asyncpg.InterfaceError("another operation is in progress")
    error.__context__ = asyncpg.InternalClientError("cannot switch to state 21")
    assert meaning_of(error, connection_closed=False) is ConnectionLost
