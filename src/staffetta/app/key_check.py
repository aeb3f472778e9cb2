"""Whether this process holds the key that the database was filled with.

A process with another key would seal what nobody else can open, and fail at the first value it
has to open itself. So a known text is kept sealed, and who cannot open it does not start.
"""

from typing import Final

from staffetta.app.sealed_columns import CHECK_PURPOSE, SEALED_COLUMNS
from staffetta.config import SettingsError
from staffetta.db.pool import Connection, Database
from staffetta.domain.secrets import CannotUnseal, Keyring, key_id_of

_KNOWN_TEXT: Final = b"Staffetta"
# One value of each tells which key an installation used that is older than the check. Codes pass
# away too soon to tell, and their tables are long.
_WITNESSES: Final = frozenset({"connector", "space", "token"})

PUT_CHECK = """
INSERT INTO server_key_check (sealed) VALUES ($1) ON CONFLICT DO NOTHING RETURNING true
"""
READ_CHECK = "SELECT sealed FROM server_key_check"


class WrongServerKey(SettingsError):
    """The database was filled with another key than this process has."""

    def __init__(self, keyring: Keyring) -> None:
        ids = ", ".join(key_id.hex() for key_id in keyring.key_ids)
        sentence = (
            f"the server's key of this process ({ids}) does not open what this database holds: it"
            " was filled with another key. STAFFETTA_SERVER_KEY must be the same on all machines"
            " that share a database: set it on all of them, the first one too, to the keys in the"
            " file server.key of the machine that came first, or restore that file from its backup"
        )
        super().__init__([sentence])


async def check_server_key(database: Database, keyring: Keyring) -> None:
    """Prove that the key opens what the database holds; the first process says which key it is.

    Raises WrongServerKey.
    """
    async with database.transaction() as connection:
        made = await connection.fetchval(PUT_CHECK, keyring.seal(_KNOWN_TEXT, CHECK_PURPOSE))
        if made and not await _knows_witnesses(connection, keyring):
            raise WrongServerKey(keyring)
        sealed: bytes = await connection.fetchval(READ_CHECK)
    try:
        is_ours = keyring.unseal(sealed, CHECK_PURPOSE) == _KNOWN_TEXT
    except CannotUnseal:
        is_ours = False
    if not is_ours:
        raise WrongServerKey(keyring)


async def _knows_witnesses(connection: Connection, keyring: Keyring) -> bool:
    """Whether the keys of what is sealed already are ours, as far as a few values tell."""
    for column in SEALED_COLUMNS:
        if column.table not in _WITNESSES:
            continue
        sealed = await connection.fetchval(column.read_any)
        if sealed is not None and key_id_of(sealed) not in keyring.key_ids:
            return False
    return True
