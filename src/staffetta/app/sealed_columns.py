"""Which columns hold values sealed with the server's key, and what each value is bound to.

A table of facts, and the two statements that walk such a column. A test compares it with the
schema: a sealed column that is missing here would be lost with the key that sealed it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from staffetta.accounts.create_token import refresh_purpose, token_purpose
from staffetta.callbacks.secret import secret_purpose
from staffetta.messaging.masked_codes import sent_code_purpose
from staffetta.otp.codes import code_purpose
from staffetta.routing.connectors import password_purpose, tls_key_purpose

CHECK_PURPOSE: Final = b"server_key_check.sealed"


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One column. Its names come from this file alone, so they may stand in statements."""

    table: str
    column: str
    key: tuple[str, ...]  # the table's primary key
    bound_to: tuple[str, ...]  # the columns that `purpose` takes, in its order
    purpose: Callable[..., bytes]

    @property
    def name(self) -> str:
        """What people call it."""
        return f"{self.table}.{self.column}"

    def read_page(self, *, first: bool) -> str:
        """The statement for one page, by key: $1 rows at most, behind the key in $2 and following.

        Rows without a value are in the page too: what is bounded is the work, not what it finds.
        """
        keys = ", ".join(self.key)
        names = ", ".join([*self.key, *(name for name in self.bound_to if name not in self.key)])
        behind = ", ".join(f"${number}" for number in range(2, len(self.key) + 2))
        where = "" if first else f"WHERE ({keys}) > ({behind})"
        return (
            f"SELECT {names}, {self.column} AS sealed_value FROM {self.table} {where}"  # noqa: S608
            f" ORDER BY {keys} LIMIT $1"
        )

    @property
    def read_any(self) -> str:
        """The statement for any one value."""
        return (
            f"SELECT {self.column} FROM {self.table}"  # noqa: S608
            f" WHERE {self.column} IS NOT NULL LIMIT 1"
        )

    @property
    def replace(self) -> str:
        """The statement that puts $1 in the place of $2, in the row whose key is $3 and following.

        A value that changed meanwhile is left as it is.
        """
        keys = " AND ".join(f"{name} = ${number}" for number, name in enumerate(self.key, 3))
        return (
            f"UPDATE {self.table} SET {self.column} = $1"  # noqa: S608
            f" WHERE {self.column} = $2 AND {keys}"
        )


SEALED_COLUMNS: Final = (
    SealedColumn("server_key_check", "sealed", ("single",), (), lambda: CHECK_PURPOSE),
    SealedColumn("connector", "password", ("id",), ("environment", "name"), password_purpose),
    SealedColumn("connector", "tls_key", ("id",), ("environment", "name"), tls_key_purpose),
    SealedColumn("space", "callback_secret", ("id",), ("id",), secret_purpose),
    SealedColumn("space", "callback_secret_previous", ("id",), ("id",), secret_purpose),
    SealedColumn("token", "sealed", ("hash",), ("hash",), token_purpose),
    SealedColumn("token", "refresh_sealed", ("hash",), ("hash",), refresh_purpose),
    SealedColumn("otp_code", "sealed", ("space_id", "id"), ("space_id", "id"), code_purpose),
    SealedColumn(
        "otp_cache",
        "sealed",
        ("space_id", "number", "length", "alphanumeric"),
        ("space_id", "code_id"),
        code_purpose,
    ),
    SealedColumn(
        "message", "sealed_code", ("space_id", "id"), ("space_id", "id"), sent_code_purpose
    ),
)
