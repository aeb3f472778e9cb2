"""What an account does with its own tokens: one desk for both generations of OAuth, and for people.

Each call is one transaction. Owns which names count as the server's own in a scope, and whether
tokens are kept so that they can be listed. Who signed in names a token by its id, is noted in the
audit trail, and sends each form once.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from staffetta.accounts.audit import Actor, record, was_obeyed
from staffetta.accounts.change_token import TokenChange, change_hashed_token, change_token
from staffetta.accounts.create_token import LIFETIME_SECONDS_MAX, NewToken, create_token
from staffetta.accounts.find_tokens import LIST_MAX, find_token, list_tokens
from staffetta.accounts.named_tokens import find_named_token, token_id
from staffetta.accounts.renew_token import find_refresh_space, renew_token
from staffetta.accounts.revoke_token import revoke_token
from staffetta.accounts.space import Space
from staffetta.accounts.token_limits import NO_LIMITS, TokenLimits
from staffetta.accounts.token_lines import TokenLine, read_token_lines
from staffetta.accounts.tokens import TokenRecord
from staffetta.db.pool import Connection, Database
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import InvalidScope, expand
from staffetta.domain.secrets import Keyring, hash_secret, is_token

__all__ = ["Asked", "NewToken", "TokenChange", "TokenDesk", "TokenRecord", "TokenTerms"]


@dataclass(frozen=True, slots=True)
class TokenTerms:
    """What a token is to be."""

    scopes: tuple[str, ...]
    lifetime_seconds: int = LIFETIME_SECONDS_MAX
    name: str = ""
    limits: TokenLimits = NO_LIMITS


@dataclass(frozen=True, slots=True)
class Asked:
    """Somebody who signed in asks for a change, by a form."""

    actor: Actor
    form: str | None = None  # its number, where it must be obeyed once


class TokenDesk:
    """Makes, shows, changes, renews and ends tokens.

    `keyring` None keeps hashes alone. `own_hosts` are the names that the settings give this server;
    the name that a request came to is an argument, since only the edge knows it.
    """

    def __init__(
        self, database: Database, keyring: Keyring | None, own_hosts: Collection[str]
    ) -> None:
        self._database = database
        self._keyring = keyring
        self._own_hosts = tuple(own_hosts)

    @property
    def own_hosts(self) -> tuple[str, ...]:
        """The names that the settings give this server."""
        return self._own_hosts

    async def create(
        self, space: Space, terms: TokenTerms, now: datetime, came_to: Collection[str] = ()
    ) -> NewToken:
        """Make a token; raises InvalidScope, ScopeNotEnabled, InvalidTokenTerms, TooManyTokens."""
        async with self._database.transaction() as connection:
            return await create_token(
                connection,
                space,
                terms.scopes,
                now,
                lifetime_seconds=terms.lifetime_seconds,
                name=terms.name,
                limits=terms.limits,
                own_hosts=(*self._own_hosts, *came_to),
                keyring=self._keyring,
            )

    async def list(
        self,
        space: Space,
        now: datetime,
        *,
        scopes: Sequence[str] = (),
        skip: int = 0,
        limit: int = LIST_MAX,
        came_to: Collection[str] = (),
    ) -> tuple[TokenRecord, ...]:
        """The live tokens, newest first; with scopes, those that hold all of them, expanded."""
        try:
            singles = expand(scopes, space.environment, (*self._own_hosts, *came_to))
        except InvalidScope:  # no token can hold it
            return ()
        async with self._database.acquire() as connection:
            return await list_tokens(
                connection,
                space,
                now,
                scopes=singles,
                skip=skip,
                limit=limit,
                keyring=self._keyring,
            )

    async def find(self, space: Space, token: str, now: datetime) -> TokenRecord | None:
        """One live token of this space by its text, or None."""
        if not is_token(token):
            return None
        async with self._database.acquire() as connection:
            return await find_token(connection, space, token, now, keyring=self._keyring)

    async def change(
        self,
        space: Space,
        token: str,
        change: TokenChange,
        now: datetime,
        came_to: Collection[str] = (),
    ) -> TokenRecord:
        """Change a live token.

        Raises NoSuchToken, InvalidScope, ScopeNotEnabled, InvalidTokenTerms.
        """
        async with self._database.transaction() as connection:
            return await change_token(
                connection,
                space,
                token,
                change,
                now,
                own_hosts=(*self._own_hosts, *came_to),
                keyring=self._keyring,
            )

    async def space_of_refresh(
        self, refresh_token: str, environment: Environment, now: datetime
    ) -> Space | None:
        """Whose a refresh token is; None: it renews nothing here."""
        async with self._database.acquire() as connection:
            return await find_refresh_space(connection, refresh_token, environment, now)

    async def renew(
        self, space: Space, refresh_token: str, now: datetime, token: str | None = None
    ) -> NewToken:
        """Make the successor of a token, and revoke it; raises WrongRefreshToken.

        With `token`, the refresh token must belong to it.
        """
        async with self._database.transaction() as connection:
            return await renew_token(
                connection, space, refresh_token, now, token=token, keyring=self._keyring
            )

    async def revoke(self, space: Space, token: str, now: datetime) -> None:
        """End a live token; raises NoSuchToken."""
        async with self._database.transaction() as connection:
            await revoke_token(connection, space, hash_secret(token), now)

    # People who signed in -----------------------------------------------------------------------

    async def create_once(
        self,
        space: Space,
        terms: TokenTerms,
        asked: Asked,
        now: datetime,
        came_to: Collection[str] = (),
    ) -> NewToken | None:
        """As `create`; None where the form made its token before: that was shown then."""
        async with self._database.transaction() as connection:
            if asked.form is not None and await was_obeyed(connection, space, asked.form):
                return None
            made = await create_token(
                connection,
                space,
                terms.scopes,
                now,
                lifetime_seconds=terms.lifetime_seconds,
                name=terms.name,
                limits=terms.limits,
                own_hosts=(*self._own_hosts, *came_to),
                keyring=self._keyring,
            )
            token_hash = hash_secret(made.token)
            await _note(connection, "token.create", space, token_hash, made.name, asked, now)
            return made

    async def lines(
        self,
        space: Space,
        now: datetime,
        reports: Database,
        *,
        skip: int = 0,
        limit: int = LIST_MAX,
    ) -> Sequence[TokenLine]:
        """The live tokens with their use, newest first; none of them can be read again.

        Uses are added up on `reports`: whoever looks must not keep those who send waiting.
        """
        async with reports.acquire() as connection:
            records = await list_tokens(connection, space, now, skip=skip, limit=limit)
            return await read_token_lines(connection, records)

    async def line(self, space: Space, name: str, now: datetime, reports: Database) -> TokenLine:
        """The live token with this id, and its use, as `lines`; raises NoSuchToken."""
        async with reports.acquire() as connection:
            found = await find_named_token(connection, space, name, now, None)
            return (await read_token_lines(connection, [found]))[0]

    async def change_named(
        self,
        space: Space,
        name: str,
        change: TokenChange,
        asked: Asked,
        now: datetime,
        came_to: Collection[str] = (),
    ) -> None:
        """Change the live token with this id; raises what `change` raises."""
        async with self._database.transaction() as connection:
            found = await find_named_token(connection, space, name, now, None)
            own_hosts = (*self._own_hosts, *came_to)
            after = await change_hashed_token(
                connection, space, found.token_hash, change, now, own_hosts=own_hosts
            )
            await _note(connection, "token.change", space, after.token_hash, after.name, asked, now)

    async def revoke_named(self, space: Space, name: str, asked: Asked, now: datetime) -> None:
        """End the live token with this id; raises NoSuchToken."""
        async with self._database.transaction() as connection:
            found = await find_named_token(connection, space, name, now, None)
            await revoke_token(connection, space, found.token_hash, now)
            await _note(connection, "token.revoke", space, found.token_hash, found.name, asked, now)


async def _note(
    connection: Connection,
    action: str,
    space: Space,
    token_hash: bytes,
    name: str,
    asked: Asked,
    now: datetime,
) -> None:
    details = {"token": token_id(token_hash), "name": name}
    await record(connection, asked.actor, action, space, details, now, form=asked.form)
