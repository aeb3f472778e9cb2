"""GET /wallet and /wallet/transactions: the money there is, and what moved it."""

from functools import partial

from staffetta.api.asgi import Answer
from staffetta.api.context import ApiContext
from staffetta.api.oauth.endpoint import Handle, OAuthCall
from staffetta.api.oauth.v2.answers import answer_data
from staffetta.api.oauth.v2.parse_query import FREE_SKIP_MAX, parse_window
from staffetta.api.oauth.v2.show_money import transaction_object, wallet_object
from staffetta.ledger.read_wallet import read_wallet
from staffetta.ledger.transactions import list_transactions


def wallet_handle(context: ApiContext) -> Handle:
    """The wallet of the caller's space."""
    return partial(_wallet, context)


def transactions_handle(context: ApiContext) -> Handle:
    """Its movements, newest first."""
    return partial(_transactions, context)


async def _wallet(context: ApiContext, call: OAuthCall) -> Answer:
    async with context.database.acquire() as connection:
        wallet = await read_wallet(connection, call.space.space_id)
    assert wallet is not None, "a space is made with its wallet"
    return answer_data(wallet_object(wallet))


async def _transactions(context: ApiContext, call: OAuthCall) -> Answer:
    window = parse_window(call.query, FREE_SKIP_MAX)
    async with context.reports.acquire() as connection:
        entries = await list_transactions(
            connection, call.space.space_id, window.skip, window.limit
        )
    return answer_data([transaction_object(entry) for entry in entries])
