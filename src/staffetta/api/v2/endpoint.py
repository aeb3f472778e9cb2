"""What all calls of v2 share: method, authorization, rate, refusals, counting.

One ASGI function a path. Litestar's typed handlers cost four times as much a request and would
answer errors in their own words; the bodies here are decoded and encoded by hand anyway.
"""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime

import msgspec

from staffetta.accounts.authorize import Grant
from staffetta.api.asgi import Answer, Header, Receive, Scope, Send, send_answer
from staffetta.api.bodies import ClientGone
from staffetta.api.context import ApiContext
from staffetta.api.doors import Room, door_of
from staffetta.api.rates import Rate
from staffetta.api.refusals import FAULT, TOO_MANY_REQUESTS, WRONG_METHOD, refuse, retry_after
from staffetta.api.v2.authorize import authenticate, check_scope
from staffetta.api.v2.errors import refusal


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

    def __init__(self, context: ApiContext, segment: str, handles: Mapping[str, Handle]) -> None:
        self._context = context
        self._segment = segment
        self._handles = handles
        self._names = {method: f"v2 {method} /{segment}" for method in handles}
        self._allow: tuple[Header, ...] = ((b"allow", ", ".join(handles).encode()),)

    async def serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. A fault of ours goes up, to be logged and answered there."""
        method: str = scope["method"]
        name = self._names.get(method)
        status = FAULT.status
        try:
            if name is None:
                answer, headers = self._wrong_method(method), self._allow
            else:
                answer, headers = await self._answer(method, scope, receive)
            status = answer.status
            await send_answer(send, answer, headers)
        except ClientGone:
            status = 499  # as proxies log it: nobody to answer
        finally:
            self._context.metrics.count(name or "v2 other", status)

    async def _answer(
        self, method: str, scope: Scope, receive: Receive
    ) -> tuple[Answer, tuple[Header, ...]]:
        """The answer, and the headers of the token's rate once the token is known."""
        headers: tuple[Header, ...] = ()
        try:
            now = self._context.clock.now()
            given = dict(scope["headers"])
            environment = door_of(scope).environment
            grant = await authenticate(self._context.authorizer, given, environment, now)
            if isinstance(grant, Answer):
                return grant, headers
            rate = self._context.rates.take(grant.token_hash, now)
            headers = rate.headers
            early = self._refuse_early(grant, rate, method)
            if early is not None:
                return early, headers
            return await self._handles[method](Call(grant, now, given, scope, receive)), headers
        except Exception as error:
            answer = refusal(error)
            if answer is None:
                raise
            return answer, headers

    def _refuse_early(self, grant: Grant, rate: Rate, method: str) -> Answer | None:
        if not rate.allowed:
            sentence = f"more than {rate.limit} requests in a minute with this token"
            wait = retry_after(rate.reset_seconds)
            return refuse(Room.V2, TOO_MANY_REQUESTS, sentence, wait)
        return check_scope(grant, method, self._segment)

    def _wrong_method(self, method: str) -> Answer:
        allowed = " and ".join(self._handles)
        return refuse(Room.V2, WRONG_METHOD, f"{method} is not a call here: use {allowed}")
