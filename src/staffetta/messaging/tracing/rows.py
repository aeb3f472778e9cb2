"""What was read of one message, before anybody makes sense of it. Owns types and limits."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

Row = Mapping[str, Any]  # one row, by column

RECIPIENTS_MAX: Final = 50
ROUTES_MAX: Final = 50
LINKS_MAX: Final = 64
AHEAD_MAX: Final = 10_000
SUBMISSIONS_MAX: Final = 500
REPORTS_MAX: Final = 100
REPORTS_LOOKED_AT_MAX: Final = 200_000
CALLBACKS_MAX: Final = 50
CALLBACK_ATTEMPTS_MAX: Final = 300
BUNDLES_MAX: Final = 20
ENTRIES_LOOKED_AT_MAX: Final = 50_000  # in each of a few stretches of time
ALARMS_MAX: Final = 20
BLOCKS_MAX: Final = 10
RECORDINGS_MAX: Final = 300


class TraceRows(msgspec.Struct, frozen=True, kw_only=True):
    """The rows of one message, of one snapshot."""

    message: Row
    recipient: Row | None  # None: a message of v1 as a whole
    recipients: Sequence[Row] = ()  # of v1, as many as are listed
    states: Sequence[Row] = ()  # of v1: how many recipients are where
    v1: Row | None = None
    key: Row | None = None  # of idempotency
    code: Row | None = None
    blocks: Sequence[Row] = ()
    routes: Sequence[Row] = ()
    links: Sequence[Row] = ()
    ahead_count: int | None = None  # None: it is in no queue
    submissions: Sequence[Row] = ()
    reports: Sequence[Row] = ()
    callbacks: Sequence[Row] = ()
    callback_attempts: Sequence[Row] = ()
    hold: Row | None = None
    bundle_uses: Sequence[Row] = ()
    entries: Sequence[Row] = ()
    alarms: Sequence[Row] = ()
    recordings: Sequence[Row] = ()  # of its own segments
    incidents: Sequence[Row] = ()  # what was recorded with them
    link_incidents: Sequence[Row] = ()
    remarks: Sequence[str] = ()
