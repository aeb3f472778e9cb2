"""Finding a live token without saying it: by its id, or by its last four characters.

A token is a secret, and has no business on a command line or in an address. Its id is the
beginning of its hash, which says nothing about the token.
"""

from datetime import datetime
from typing import Final

from staffetta.accounts.errors import NoSuchToken
from staffetta.accounts.space import Space
from staffetta.accounts.sql import named_tokens as sql
from staffetta.accounts.sql import tokens as tokens_sql
from staffetta.accounts.tokens import TokenRecord, read_record
from staffetta.db.pool import Connection
from staffetta.domain.secrets import Keyring

ID_CHARACTERS: Final = 12
_ID_CHARACTERS_MIN: Final = 8  # more than a hint has


def token_id(token_hash: bytes) -> str:
    """What a list calls a token."""
    return token_hash.hex()[:ID_CHARACTERS]


async def find_named_token(
    connection: Connection, space: Space, name: str, now: datetime, keyring: Keyring | None
) -> TokenRecord:
    """The one live token of a space with this id or these last characters; raises NoSuchToken."""
    # Ids and hints are hexadecimal digits: nothing is lost.
    wanted = name.strip().lower().encode("ascii", "replace").decode().replace("\0", "?")
    rows = await connection.fetch(sql.FIND_BY_NAME, space.space_id, now, wanted, _ID_CHARACTERS_MIN)
    whose = f"{space.email} has in {space.environment}"
    if not rows:
        raise NoSuchToken(f"{whose} no live token {wanted}: `staffetta token list` shows their ids")
    if len(rows) > 1:
        raise NoSuchToken(f"{whose} more than one token {wanted}: write more of its id")
    row = await connection.fetchrow(tokens_sql.FIND_TOKEN, rows[0]["hash"], space.space_id, now)
    if row is None:
        raise NoSuchToken(f"{whose} no live token {wanted} any more")
    return read_record(row, keyring)
