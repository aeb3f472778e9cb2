"""What a failed statement means for its caller: four answers, and everything else is a bug.

DatabaseError
├── ConnectionLost         nobody knows whether the transaction was kept; look, or do it again
│   └── NotConnected       no connection could be had: nothing was sent, so nothing was kept
├── TryAgain               rolled back for a passing reason; the same transaction may succeed now
└── DataRefused            rolled back because of the data: the same data will be refused again

The driver's errors are translated once, where a connection or transaction ends, so no other
package sees them.
"""

import asyncio
from typing import Final

import asyncpg


class DatabaseError(Exception):
    """The root of what a caller can act on."""


class ConnectionLost(DatabaseError):
    """The connection went away, perhaps inside COMMIT: whether anything was kept is unknown."""


class NotConnected(ConnectionLost):
    """No connection could be had in time; nothing was sent."""


class TryAgain(DatabaseError):
    """Rolled back for a passing reason: deadlock, serialization, timeout, failover, full disk."""


class DataRefused(DatabaseError):
    """Rolled back because of the data: a value of the wrong kind, or a broken constraint."""


# By the longest prefix of the SQLSTATE (PostgreSQL, Appendix A).
_MEANINGS: Final[dict[str, type[DatabaseError]]] = {
    "08": ConnectionLost,
    "40": TryAgain,  # serialization failure, deadlock
    "40003": ConnectionLost,  # statement completion unknown
    "53": TryAgain,  # disk full, out of memory, too many connections
    "55P03": TryAgain,  # lock not available in time
    "55006": TryAgain,  # object in use
    "57": ConnectionLost,  # the server is stopping, starting or crashed
    "57014": TryAgain,  # statement timeout
    "22": DataRefused,
    "23": DataRefused,
    "25006": TryAgain,  # read-only: a primary became a standby
    "25P03": ConnectionLost,  # idle in a transaction for too long: the server hung up
}
STANDBY_STATES: Final = frozenset({"25006"})


def meaning_of(error: BaseException, *, connection_closed: bool) -> type[DatabaseError] | None:
    """What the driver's `error` means, or None when it is a bug or none of our business."""
    if isinstance(error, asyncpg.PostgresError):
        return _by_sqlstate(error.sqlstate or "", connection_closed=connection_closed)
    match error:
        # A statement planned before a migration: the next try plans it anew.
        case asyncpg.OutdatedSchemaCacheError():
            return TryAgain
        # Said by the driver before anything was sent: the value does not fit its type.
        case asyncpg.InterfaceError() if isinstance(error, ValueError):
            return DataRefused
        case OSError() | asyncio.IncompleteReadError():  # TimeoutError is an OSError
            return ConnectionLost
        case asyncpg.InterfaceError() if connection_closed:
            return ConnectionLost
        # The driver lost count of what was under way: so it is between the server's last words and
        # the end of the connection.
        case asyncpg.InternalClientError():
            return ConnectionLost
        # The same, said by the ROLLBACK that follows and is refused.
        case asyncpg.InterfaceError() if isinstance(error.__context__, asyncpg.InternalClientError):
            return ConnectionLost
    return None


def _by_sqlstate(sqlstate: str, *, connection_closed: bool) -> type[DatabaseError] | None:
    for length in (5, 2):
        meaning = _MEANINGS.get(sqlstate[:length])
        if meaning is not None:
            return meaning
    if sqlstate == asyncpg.InvalidCachedStatementError.sqlstate:
        return TryAgain
    return ConnectionLost if connection_closed else None
