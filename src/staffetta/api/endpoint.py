"""What all calls made with a token share: method, authorization, limits, refusals, counting."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime

import msgspec

from staffetta.accounts.authorize import Grant
from staffetta.api.asgi import Answer, Header, Receive, Scope, Send, send_answer
from staffetta.api.authorize import Gate
from staffetta.api.client_address import client_address
from staffetta.api.context import ApiContext
from staffetta.api.dialect import Dialect
from staffetta.api.doors import door_of
from staffetta.api.faults import answer_fault
from staffetta.api.paths import Paths
from staffetta.api.rates import Rate
from staffetta.api.refusals import TOO_MANY_REQUESTS, WRONG_METHOD, refuse, retry_after
from staffetta.api.usage import Called
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import HOSTS, needed_scope
from staffetta.messaging.inspection import Space


class Call(msgspec.Struct, frozen=True):
    """One authorized request."""

    grant: Grant
    now: datetime
    headers: Mapping[bytes, bytes]
    scope: Scope
    receive: Receive

    @property
    def space(self) -> Space:
        """Whose the request is, as sending knows it."""
        grant = self.grant
        allowance = grant.limits.allowance(grant.use_hash)
        return Space(grant.space_id, grant.environment, grant.terms, allowance)


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
        self._called = _calls(dialect, segment, handles)
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
        """The answer; counted once the token is known, whatever it is."""
        try:
            now = self._context.clock.now()
            given = dict(scope["headers"])
            environment = door_of(scope).environment
            grant = await self._gate.authenticate(given, environment, now)
        # The door of the house: what nobody knows is logged and answered here, and ends there.
        except Exception as error:  # noqa: BLE001
            return self._refusal(name, error)
        if isinstance(grant, Answer):
            return grant
        address = client_address(scope)
        answer = self._gate.check_address(grant, address) or await self._answer_known(
            name, Call(grant, now, given, scope, receive)
        )
        called = self._called[scope["method"], environment]
        usage = self._context.usage
        usage.answered(grant.space_id, grant.token_hash, called, answer, address, now)
        return answer

    async def _answer_known(self, name: str, call: Call) -> Answer:
        """The answer to a known token, with the headers of its rate."""
        headers: tuple[Header, ...] = ()
        grant, now = call.grant, call.now
        try:
            rates = self._context.rates
            rate = rates.take(grant.use_hash, now) or await rates.take_waiting(grant.use_hash, now)
            headers = rate.headers
            answer = self._refuse_rate(rate)
            if answer is None and grant.limits.request_count_max is not None:
                answer = await self._refuse_total(call)
            method = call.scope["method"]
            answer = answer or self._gate.check_scope(grant, method, self._segment)
            answer = answer or await self._handles[method](call)
        except Exception as error:  # noqa: BLE001 - as above
            answer = self._refusal(name, error)
        return answer.with_headers(headers)

    def _refusal(self, name: str, error: Exception) -> Answer:
        return self._dialect.refusal(error) or answer_fault(self._dialect.room, name, error)

    def _refuse_rate(self, rate: Rate) -> Answer | None:
        if rate.allowed:
            return None
        sentence = f"more than {rate.limit} requests in a minute with this token"
        wait = retry_after(rate.reset_seconds)
        return refuse(self._dialect.room, TOO_MANY_REQUESTS, sentence, wait)

    async def _refuse_total(self, call: Call) -> Answer | None:
        """The 429 of a token that has made all requests it may: coming back later is no use."""
        grant, totals = call.grant, self._context.totals
        limit = grant.limits.request_count_max
        assert limit is not None, "asked only of limited tokens"
        allowed = totals.take(grant.use_hash, limit, call.now)
        if allowed is None:
            allowed = await totals.take_waiting(grant.use_hash, limit, call.now)
        if allowed:
            return None
        sentence = f"this token's limit of {limit} requests in all (totalRequests) is used up"
        return refuse(self._dialect.room, TOO_MANY_REQUESTS, sentence)

    def _wrong_method(self, method: str) -> Answer:
        allowed = " and ".join(self._handles)
        sentence = f"{method} is not a call here: use {allowed}"
        return refuse(self._dialect.room, WRONG_METHOD, sentence, self._allow)


def _calls(
    dialect: Dialect, segment: str, methods: Iterable[str]
) -> dict[tuple[str, Environment], Called]:
    """How the calls of one path are counted."""
    service = dialect.service
    return {
        (method, one): Called(needed_scope(method, service, one, segment), HOSTS[service, one])
        for method in methods
        for one in Environment
    }


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
