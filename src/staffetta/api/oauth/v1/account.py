"""GET /scopes, /credit and /counters: what an account may call, has, and has asked."""

from collections.abc import Mapping
from datetime import date
from functools import partial

from staffetta.accounts.usage import ScopeUsage, UsageReader
from staffetta.api.asgi import Answer
from staffetta.api.context import ApiContext
from staffetta.api.oauth.endpoint import Handle, OAuthCall
from staffetta.api.oauth.v1.answers import answer_data
from staffetta.api.oauth.v1.errors import NoWallet
from staffetta.api.oauth.v1.periods import EVER, PERIODS, days_of
from staffetta.db.pool import Database
from staffetta.domain.money import as_number
from staffetta.domain.scopes import all_scopes
from staffetta.ledger.read_wallet import read_wallet


def account_handles(context: ApiContext) -> dict[str, Mapping[str, Handle]]:
    """Each path, and its calls."""
    usage = UsageReader(context.reports)
    paths: dict[str, Handle] = {
        "/scopes": _scopes,
        "/credit": partial(_credit, context.database),
        "/counters/total": partial(_counters, usage, EVER),
    }
    for period in PERIODS:
        dated = partial(_counters_of, usage, period)
        paths[f"/counters/{period}"] = dated
        paths[f"/counters/{period}/{{date}}"] = dated
    return {path: {"GET": handle} for path, handle in paths.items()}


async def _scopes(call: OAuthCall) -> Answer:
    """Every scope that a token may get here; what `limit` says changes nothing."""
    return answer_data(all_scopes(call.space.environment))


async def _credit(database: Database, call: OAuthCall) -> Answer:
    async with database.acquire() as connection:
        wallet = await read_wallet(connection, call.space.space_id)
    if wallet is None:
        raise NoWallet("this account has no wallet in this environment")
    # What holds set aside is not counted, as v1's answers tell it.
    return answer_data({"credit": as_number(wallet.balance_micro - wallet.held_micro)})


async def _counters_of(usage: UsageReader, period: str, call: OAuthCall) -> Answer:
    return await _counters(usage, days_of(period, call.path.get("date", "")), call)


async def _counters(usage: UsageReader, days: tuple[date, date], call: OAuthCall) -> Answer:
    counted = await usage.by_scope(call.space.space_id, *days)
    return answer_data({scope: _counter(one) for scope, one in counted.items()})


def _counter(usage: ScopeUsage) -> dict[str, int | None]:
    """Requests, and those that were paid for; there are no limits by scope."""
    return {
        "counter": usage.request_count,
        "paid": usage.wallet_count + usage.subscription_count,
        "limit": None,
    }
