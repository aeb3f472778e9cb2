"""What all calls of the OAuth services share: method, credentials, rate, refusals, counting."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from staffetta.accounts.errors import WrongRefreshToken
from staffetta.accounts.space import Space
from staffetta.api.asgi import Answer, Header, Receive, Scope, Send, send_answer
from staffetta.api.bodies import OCTETS_SETTING, read_body
from staffetta.api.client_address import client_address
from staffetta.api.context import ApiContext
from staffetta.api.doors import PUBLISHED_NAMES, Door, Room, door_of, host_name
from staffetta.api.faults import answer_fault
from staffetta.api.oauth.basic import Basic, read_bearer
from staffetta.api.oauth.errors import Refusals
from staffetta.api.oauth.parameters import (
    BODY_OCTETS_MAX,
    Parameters,
    read_body_parameters,
    read_query,
)
from staffetta.api.paths import Paths
from staffetta.api.rates import Rate
from staffetta.api.refusals import TOO_MANY_REQUESTS, WRONG_METHOD, refuse, retry_after
from staffetta.api.usage import Called
from staffetta.domain.environments import Environment

_PATTERN_SIGN: Final = "*"


class OAuthCall(msgspec.Struct, frozen=True):
    """One request of a known account."""

    space: Space
    now: datetime
    headers: Mapping[bytes, bytes]
    scope: Scope
    receive: Receive
    refresh_token: str | None = None  # where that, and no API key, was presented
    body_octets_max: int = BODY_OCTETS_MAX

    @property
    def path(self) -> Mapping[str, str]:
        """What stands in the path's variable parts."""
        found: Mapping[str, str] = self.scope.get("path_params", {})
        return found

    @property
    def query(self) -> Parameters:
        """The query; raises InvalidParameter."""
        return read_query(self.scope["query_string"])

    @property
    def came_to(self) -> tuple[str, ...]:
        """The name that the request came to, where it is the server's own.

        The published names are not: they say which service is meant.
        """
        name = host_name(self.headers.get(b"host", b"").decode("latin-1"))
        is_own = bool(name) and name not in PUBLISHED_NAMES and _PATTERN_SIGN not in name
        return (name,) if is_own else ()

    async def body(self) -> Parameters:
        """The fields of the body.

        Raises UnreadableBody, InvalidParameter, BodyTooLarge, BodyTooSlow, ClientGone.
        """
        declared = self.headers.get(b"content-length")
        is_fixed = self.body_octets_max == BODY_OCTETS_MAX
        body = await read_body(
            *(self.receive, declared, self.body_octets_max),
            setting=None if is_fixed else OCTETS_SETTING,
        )
        return read_body_parameters(body)


Handle = Callable[[OAuthCall], Awaitable[Answer]]


class OAuthDialect(msgspec.Struct, frozen=True):
    """One generation: its name in metrics, and what its failures are called."""

    name: str
    refusals: Refusals


class OAuthEndpoint:
    """One path. The calls of `refreshing` are made with a refresh token instead of the API key."""

    def __init__(
        self,
        context: ApiContext,
        dialect: OAuthDialect,
        path: str,
        handles: Mapping[str, Handle],
        refreshing: Mapping[str, Handle],
    ) -> None:
        self._context = context
        self._dialect = dialect
        self._room = dialect.refusals.room
        self._basic = Basic(context.database)
        self._body_octets_max = min(BODY_OCTETS_MAX, context.settings.body_octets_max)
        self._handles = handles
        self._refreshing = refreshing
        self._calls = {method: f"{method} {path}" for method in handles}
        self._called = {
            (method, one): _called(self._room, method, one, path)
            for method in handles
            for one in Environment
        }
        self._allow: tuple[Header, ...] = ((b"allow", ", ".join(handles).encode()),)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method: str = scope["method"]
        call = self._calls.get(method)
        if call is None:
            answer, call = self._wrong_method(method), "other"
        else:
            answer = await self._answer(call, scope, receive)
        self._context.metrics.count(f"{self._dialect.name} {call}", answer.status)
        await send_answer(send, answer)

    async def _answer(self, call: str, scope: Scope, receive: Receive) -> Answer:
        """The answer, with the headers of the key's rate once the key is known."""
        headers: tuple[Header, ...] = ()
        known = None
        try:
            known, counted_as = await self._authenticate(scope, receive)
            rate = await self._take(counted_as, known.now)
            headers = rate.headers
            method = scope["method"]
            served = self._handles if known.refresh_token is None else self._refreshing
            answer = await served[method](known) if rate.allowed else self._too_many(rate)
        # The door of the house: what nobody knows is logged and answered here, and ends there.
        except Exception as error:  # noqa: BLE001
            refused = self._dialect.refusals.answer(call, error)
            answer = refused or answer_fault(self._room, f"{self._dialect.name} {call}", error)
        if known is not None and answer.refused is not None:
            self._keep_refusal(known, answer)
        return answer.with_headers(headers)

    def _keep_refusal(self, known: OAuthCall, answer: Answer) -> None:
        """For the account to read; calls that succeed are not counted, they cost nothing."""
        scope, space = known.scope, known.space
        called = self._called[scope["method"], space.environment]
        address = client_address(scope)
        self._context.usage.refused(space.space_id, called, answer, address, known.now)

    async def _authenticate(self, scope: Scope, receive: Receive) -> tuple[OAuthCall, bytes]:
        """The call of a known account, and what its requests are counted by."""
        now, body_max = self._context.clock.now(), self._body_octets_max
        given = dict(scope["headers"])
        environment = door_of(scope).environment
        bearer = read_bearer(given.get(b"authorization"))
        if bearer is None or scope["method"] not in self._refreshing:
            holder = await self._basic.authenticate(given, environment, now)
            known = OAuthCall(holder.space, now, given, scope, receive, None, body_max)
            return known, holder.key_hash
        space = await self._context.token_desk.space_of_refresh(bearer, environment, now)
        if space is None:
            raise WrongRefreshToken("this refresh token was used already, is over, or never was")
        known = OAuthCall(space, now, given, scope, receive, bearer, body_max)
        # Not by the refresh token: each renewal answers another one.
        return known, b"refresh %d" % space.space_id

    async def _take(self, counted_as: bytes, now: datetime) -> Rate:
        rates = self._context.rates
        return rates.take(counted_as, now) or await rates.take_waiting(counted_as, now)

    def _too_many(self, rate: Rate) -> Answer:
        sentence = f"more than {rate.limit} requests in a minute with this key, or to renew tokens"
        return refuse(self._room, TOO_MANY_REQUESTS, sentence, retry_after(rate.reset_seconds))

    def _wrong_method(self, method: str) -> Answer:
        sentence = f"{method} is not a call here: use {' or '.join(self._handles)}"
        return refuse(self._room, WRONG_METHOD, sentence, self._allow)


def _called(room: Room, method: str, environment: Environment, path: str) -> Called:
    """What a call is named in the list of refusals, as scopes name the calls of other services."""
    door = Door(room, environment)
    host = next(name for name, one in PUBLISHED_NAMES.items() if one == door)
    return Called(f"{method}:{host}/{path.split('/')[1]}", host)


def oauth_room(
    context: ApiContext,
    dialect: OAuthDialect,
    served: Mapping[str, Mapping[str, Handle]],
    refreshing: Mapping[str, Mapping[str, Handle]] | None = None,
) -> Paths:
    """The room of a service: each path, without the room's prefix, with the calls it has.

    `refreshing` are the calls that take a refresh token as Bearer; their methods must be served
    with an API key too.
    """
    room, by_refresh = dialect.refusals.room, refreshing or {}
    return Paths(
        room,
        {
            f"{room}{path}": OAuthEndpoint(
                context, dialect, path, handles, by_refresh.get(path, {})
            ).serve
            for path, handles in served.items()
        },
    )
