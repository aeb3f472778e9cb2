"""GET /stats and below: how often the services were called, from where, and for how much."""

from datetime import UTC, date
from functools import partial

from staffetta.accounts.usage import DomainUsage, ScopeUsage, UsageReader
from staffetta.api.asgi import Answer
from staffetta.api.context import ApiContext
from staffetta.api.oauth.endpoint import Handle, OAuthCall
from staffetta.api.oauth.errors import InvalidParameter
from staffetta.api.oauth.v2.answers import answer_data
from staffetta.api.oauth.v2.dates import parse_date
from staffetta.api.oauth.v2.show_usage import (
    addresses,
    counts_object,
    domain_object,
    scopes_of,
    totals_object,
)
from staffetta.ledger.read_spending import read_spent

_NOT_CALLED = DomainUsage(ScopeUsage(), 0)


def totals_handle(context: ApiContext) -> Handle:
    """All services together."""
    return partial(_totals, context, UsageReader(context.reports))


def domains_handle(context: ApiContext) -> Handle:
    """Each service that was called, by its domain."""
    return partial(_domains, UsageReader(context.reports))


def domain_handle(context: ApiContext) -> Handle:
    """One service, scope by scope."""
    return partial(_domain, UsageReader(context.reports))


def addresses_handle(context: ApiContext) -> Handle:
    """The client addresses that called, the busiest first."""
    return partial(_addresses, UsageReader(context.reports))


async def _totals(context: ApiContext, usage: UsageReader, call: OAuthCall) -> Answer:
    space_id, days = call.space.space_id, _days_in(call)
    async with context.reports.acquire() as connection:
        spent_micro = await read_spent(connection, space_id, *days)
    totals = await usage.totals(space_id, *days, spent_micro)
    return answer_data(totals_object(totals, len(await usage.by_domain(space_id, *days))))


async def _domains(usage: UsageReader, call: OAuthCall) -> Answer:
    space_id, days = call.space.space_id, _days_in(call)
    by_scope = await usage.by_scope(space_id, *days)
    by_domain = await usage.by_domain(space_id, *days)
    return answer_data(
        {
            name: domain_object(one, len(scopes_of(by_scope, name)))
            for name, one in by_domain.items()
        }
    )


async def _domain(usage: UsageReader, call: OAuthCall) -> Answer:
    space_id, days = call.space.space_id, _days_in(call)
    name = call.path["domain"].lower()
    scopes = scopes_of(await usage.by_scope(space_id, *days), name)
    one = (await usage.by_domain(space_id, *days)).get(name)
    # What nobody called need not even be text that the database takes.
    by_ip = {} if one is None else await usage.by_ip(space_id, *days, domain=name)
    return answer_data(
        {
            **domain_object(one or _NOT_CALLED, len(scopes)),
            "ip": addresses(by_ip),
            "scopes": {text: counts_object(counts) for text, counts in scopes.items()},
        }
    )


async def _addresses(usage: UsageReader, call: OAuthCall) -> Answer:
    return answer_data(addresses(await usage.by_ip(call.space.space_id, *_days_in(call))))


def _days_in(call: OAuthCall) -> tuple[date, date]:
    given = call.query.get("date") or None
    if given is not None and not isinstance(given, str):
        raise InvalidParameter("date must be given once, like date=2026-03-14")
    return parse_date(given, call.now.astimezone(UTC).date())
