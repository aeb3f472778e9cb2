"""Reading everything that the database knows of one message, in one snapshot, each part bounded."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import msgspec

from staffetta.db.pool import Connection
from staffetta.db.pool import Row as DatabaseRow
from staffetta.domain.errors import StaffettaError
from staffetta.domain.ids import lowest_id
from staffetta.domain.states import State
from staffetta.messaging.tracing import rows as limits
from staffetta.messaging.tracing import sql
from staffetta.messaging.tracing.entries import read_entries
from staffetta.messaging.tracing.rows import Row, TraceRows

_REPORTED_WITHIN: Final = timedelta(days=10)
_BEFORE: Final = timedelta(seconds=30)  # clocks of processes differ, reports overtake answers
_RECORDED_AFTER: Final = timedelta(minutes=2)


class NoSuchMessage(StaffettaError):
    """There is no message, or no such recipient of one."""


class Found(msgspec.Struct, frozen=True):
    """Which message, and which of its recipients; None: all of them."""

    space_id: int
    message_id: bytes
    recipient_id: bytes | None


async def find_message(
    connection: Connection,
    identifier: bytes,
    *,
    number: str | None = None,
    recipient_id: bytes | None = None,
) -> Found:
    """The message with this id in any space, or the recipient; raises NoSuchMessage.

    `number` (E.164 with its plus) or `recipient_id` names one recipient of a message of v1. Where
    it has but one, that one is meant.
    """
    row = await connection.fetchrow(sql.FIND_MESSAGE, identifier)
    if row is None:
        return await _find_recipient(connection, identifier)
    space_id = row["space_id"]
    if row["service"] != "v1":
        return Found(space_id, identifier, identifier)
    named = number is not None or recipient_id is not None
    found = await connection.fetch(
        sql.LIST_RECIPIENTS, space_id, identifier, number, recipient_id, 2
    )
    if named and not found:
        shown = number or (recipient_id or b"").hex()
        raise NoSuchMessage(f"message {identifier.hex()} has no recipient {shown}")
    is_one = len(found) == 1
    return Found(space_id, identifier, found[0]["id"] if is_one else None)


async def _find_recipient(connection: Connection, identifier: bytes) -> Found:
    row = await connection.fetchrow(sql.FIND_RECIPIENT, identifier)
    if row is None:
        raise NoSuchMessage(
            f"there is no message {identifier.hex()}, and no recipient with that id:"
            " an id is the one that the API answered; --number finds messages by their number"
        )
    return Found(row["space_id"], row["message_id"], row["id"])


async def read_trace(connection: Connection, found: Found, now: datetime) -> TraceRows:
    """The rows of a message; `connection` must be inside a snapshot. Raises NoSuchMessage."""
    whose = (found.space_id, found.message_id)
    message = _row(await connection.fetchrow(sql.READ_MESSAGE, *whose))
    if message is None:
        raise NoSuchMessage(f"there is no message {found.message_id.hex()} any more")
    recipient: Row | None = None
    if found.recipient_id is not None:
        recipient = _row(
            await connection.fetchrow(sql.READ_RECIPIENT, found.space_id, found.recipient_id)
        )
    parts: dict[str, Any] = {
        "v1": _row(await connection.fetchrow(sql.READ_V1, *whose)),
        "key": _row(await connection.fetchrow(sql.READ_KEY, *whose, message["created_at"])),
        "code": _row(await connection.fetchrow(sql.READ_CODE, *whose)),
        "blocks": _rows(await connection.fetch(sql.READ_BLOCKS, *whose, limits.BLOCKS_MAX)),
    }
    parts |= await _read_callbacks(connection, found)
    if recipient is None:
        parts |= await _read_recipients(connection, whose)
        times = [message["created_at"]]
    else:
        parts |= await _read_recipient(connection, found, message, recipient, now)
        times = _moments(message, recipient, parts)
    if parts["v1"] is not None:  # a transaction is charged when it is closed
        times += [at for at in (parts["v1"]["updated_at"], parts["v1"]["cancelled_at"]) if at]
    parts["entries"] = await read_entries(connection, found.space_id, whose[1], recipient, times)
    return TraceRows(message=message, recipient=recipient, **parts)


async def _read_recipients(
    connection: Connection, whose: tuple[int, bytes]
) -> dict[str, Sequence[Row]]:
    listed = await connection.fetch(sql.LIST_RECIPIENTS, *whose, None, None, limits.RECIPIENTS_MAX)
    return {
        "recipients": _rows(listed),
        "states": _rows(await connection.fetch(sql.COUNT_STATES, *whose)),
    }


async def _read_recipient(
    connection: Connection, found: Found, message: Row, recipient: Row, now: datetime
) -> dict[str, Any]:
    whose = (found.space_id, found.recipient_id)
    submissions = _rows(
        await connection.fetch(sql.READ_SUBMISSIONS, *whose, limits.SUBMISSIONS_MAX)
    )
    parts: dict[str, Any] = {
        "submissions": submissions,
        "reports": await _read_reports(connection, submissions),
        "hold": _row(await connection.fetchrow(sql.READ_HOLD, *whose)),
        "bundle_uses": _rows(
            await connection.fetch(sql.READ_BUNDLE_USES, *whose, limits.BUNDLES_MAX)
        ),
        "routes": _rows(
            await connection.fetch(
                sql.READ_ROUTES, message["environment"], recipient["country"], limits.ROUTES_MAX
            )
        ),
    }
    connectors = {row["connector_id"] for row in submissions} | {recipient["connector_id"]}
    connectors.discard(None)
    parts |= await _read_queue(connection, recipient)
    parts |= await _read_carriers(connection, sorted(connectors), message, recipient, now)
    parts |= await _read_recordings(connection, whose)
    return parts


async def _read_queue(connection: Connection, recipient: Row) -> dict[str, Any]:
    """Where it waits, for what waits."""
    state, connector_id = recipient["state"], recipient["connector_id"]
    if connector_id is None or state not in (State.QUEUED, State.SCHEDULED):
        return {}
    links = await connection.fetch(sql.READ_LINKS, connector_id, limits.LINKS_MAX)
    ahead_count = None
    if state == State.QUEUED:
        ahead_count = await connection.fetchval(
            sql.COUNT_AHEAD,
            connector_id,
            recipient["class"],
            recipient["priority"],
            recipient["turn"],
            recipient["id"],
            limits.AHEAD_MAX,
        )
    return {"links": _rows(links), "ahead_count": ahead_count}


async def _read_reports(connection: Connection, submissions: Sequence[Row]) -> Sequence[Row]:
    known = [row for row in submissions if row["smsc_key"]]
    if not known:
        return []
    times = [row["answered_at"] for row in known]
    keys = sorted({(row["connector_id"], row["smsc_key"]) for row in known})
    return _rows(
        await connection.fetch(
            sql.READ_REPORTS,
            lowest_id(min(times) - _BEFORE),
            lowest_id(max(times) + _REPORTED_WITHIN),
            [connector_id for connector_id, _ in keys],
            [smsc_key for _, smsc_key in keys],
            limits.REPORTS_LOOKED_AT_MAX,
            limits.REPORTS_MAX,
        )
    )


async def _read_carriers(
    connection: Connection, connectors: Sequence[int], message: Row, recipient: Row, now: datetime
) -> dict[str, Any]:
    """What happened to the connectors while the message waited or was under way."""
    start = max(message["created_at"], message["due_at"])
    end = now if recipient["state"] in _OPEN else recipient["updated_at"]
    alarms = await connection.fetch(sql.READ_ALARMS, connectors, start, end, limits.ALARMS_MAX)
    incidents = await connection.fetch(
        sql.READ_LINK_INCIDENTS,
        connectors,
        lowest_id(start),
        lowest_id(end + _RECORDED_AFTER),
        limits.RECORDINGS_MAX,
    )
    return {"alarms": _rows(alarms), "link_incidents": _rows(incidents)}


_OPEN: Final = frozenset({State.SCHEDULED, State.QUEUED, State.SUBMITTING, State.UNCERTAIN})


async def _read_recordings(
    connection: Connection, whose: tuple[int, bytes | None]
) -> dict[str, Any]:
    recordings = _rows(await connection.fetch(sql.READ_RECORDINGS, *whose, limits.RECORDINGS_MAX))
    incidents = sorted({row["incident"] for row in recordings if row["incident"] is not None})
    around = await connection.fetch(sql.READ_INCIDENTS, incidents, limits.RECORDINGS_MAX)
    return {"recordings": recordings, "incidents": _rows(around)}


async def _read_callbacks(connection: Connection, found: Found) -> dict[str, Any]:
    recipient = None if found.recipient_id is None else found.recipient_id.hex()
    callbacks = _rows(
        await connection.fetch(
            sql.READ_CALLBACKS,
            found.space_id,
            found.message_id,
            recipient,
            limits.CALLBACKS_MAX,
        )
    )
    attempts = await connection.fetch(
        sql.READ_CALLBACK_ATTEMPTS,
        found.space_id,
        [row["id"] for row in callbacks],
        limits.CALLBACK_ATTEMPTS_MAX,
    )
    return {"callbacks": callbacks, "callback_attempts": _rows(attempts)}


def _moments(message: Row, recipient: Row, parts: Mapping[str, Any]) -> list[datetime]:
    """When money may have moved for a recipient."""
    moments = [message["created_at"], recipient["updated_at"], recipient["sent_at"]]
    moments += [row["answered_at"] for row in parts["submissions"]]
    moments += [row["reported_at"] for row in parts["submissions"]]
    if parts["hold"] is not None:
        moments.append(parts["hold"]["settled_at"])
    return [moment for moment in moments if moment is not None]


def _row(row: DatabaseRow | None) -> Row | None:
    return None if row is None else dict(row.items())


def _rows(rows: Sequence[DatabaseRow]) -> list[Row]:
    return [dict(row.items()) for row in rows]
