"""What all calls made with a token share: method, authorization, rate, refusals, counting."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec

from staffetta.accounts.authorize import Grant
from staffetta.api.asgi import Answer, Header, Receive, Scope, Send, send_answer
from staffetta.api.authorize import Gate
from staffetta.api.context import ApiContext
from staffetta.api.dialect import Dialect
from staffetta.api.doors import door_of
from staffetta.api.faults import answer_fault
from staffetta.api.paths import Paths
from staffetta.api.rates import Rate
from staffetta.api.refusals import TOO_MANY_REQUESTS, WRONG_METHOD, refuse, retry_after


class Call(msgspec.Struct, frozen=True):
    """One authorized request."""

    grant: Grant
    now: datetime
    headers: Mapping[bytes, bytes]
    scope: Scope
    receive: Receive


Handle = Callable[[Call], Awaitable[Answer]]


class Endpoint:
    """One path: `segment` is its first part, as scopes name it."""

    def __init__(
        self, context: ApiContext, dialect: Dialect, segment: str, handles: Mapping[str, Handle]
    ) -> None:
        self._context = context
        self._dialect = dialect
        self._gate = Gate(context.authorizer, dialect)
        self._segment = segment
        self._handles = handles
        self._names = {method: f"{dialect.service} {method} /{segment}" for method in handles}
        self._allow: tuple[Header, ...] = ((b"allow", ", ".join(handles).encode()),)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        method: str = scope["method"]
        name = self._names.get(method)
        if name is None:
            answer, name = self._wrong_method(method), f"{self._dialect.service} other"
        else:
            answer = await self._answer(name, scope, receive)
        self._context.metrics.count(name, answer.status)
        await send_answer(send, answer)

    async def _answer(self, name: str, scope: Scope, receive: Receive) -> Answer:
        """The answer, with the headers of the token's rate once the token is known."""
        headers: tuple[Header, ...] = ()
        try:
            now = self._context.clock.now()
            given = dict(scope["headers"])
            environment = door_of(scope).environment
            grant = await self._gate.authenticate(given, environment, now)
            if isinstance(grant, Answer):
                return grant
            rates = self._context.rates
            rate = rates.take(grant.token_hash, now) or await rates.take_waiting(
                grant.token_hash, now
            )
            headers = rate.headers
            method = scope["method"]
            answer = self._refuse_early(grant, rate, method) or await self._handles[method](
                Call(grant, now, given, scope, receive)
            )
        # The door of the house: what nobody knows is logged and answered here, and ends there.
        except Exception as error:  # noqa: BLE001
            answer = self._dialect.refusal(error) or answer_fault(self._dialect.room, name, error)
        return answer.with_headers(headers)

    def _refuse_early(self, grant: Grant, rate: Rate, method: str) -> Answer | None:
        if not rate.allowed:
            sentence = f"more than {rate.limit} requests in a minute with this token"
            wait = retry_after(rate.reset_seconds)
            return refuse(self._dialect.room, TOO_MANY_REQUESTS, sentence, wait)
        return self._gate.check_scope(grant, method, self._segment)

    def _wrong_method(self, method: str) -> Answer:
        allowed = " and ".join(self._handles)
        sentence = f"{method} is not a call here: use {allowed}"
        return refuse(self._dialect.room, WRONG_METHOD, sentence, self._allow)


def room_of(
    context: ApiContext, dialect: Dialect, served: Mapping[str, Mapping[str, Handle]]
) -> Paths:
    """The room of a service: each path, without the room's prefix, with the calls it has.

    The first part of a path is the segment that scopes name.
    """
    return Paths(
        dialect.room,
        {
            f"{dialect.room}{path}": Endpoint(context, dialect, path.split("/")[1], handles).serve
            for path, handles in served.items()
        },
    )
