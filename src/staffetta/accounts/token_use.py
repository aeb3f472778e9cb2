"""What limited tokens have spent: working copies of their rows, for one transaction.

A token counts together with those it was renewed from. The caller's transaction holds the wallet
locks of the tokens' spaces, and these all belong to one space: that alone keeps two transactions
from counting in one row at once, so the counts are exact. What is held counts when it is held.
Nothing is given back: not what a capture leaves over, nor what is refunded.
"""

from collections.abc import Iterable, Mapping

import msgspec

from staffetta.accounts.sql import token_use as sql
from staffetta.accounts.token_limits import TokenAllowance
from staffetta.db.pool import Connection
from staffetta.domain.errors import TokenLimitReached
from staffetta.domain.money import format_amount


class _Spent(msgspec.Struct):
    """What one token has spent so far."""

    wallet_count: int = 0
    subscription_count: int = 0
    wallet_micro: int = 0


class TokenUses:
    """The limited tokens of a batch, as the database has them and as the batch moves them."""

    def __init__(self, spent: Mapping[bytes, _Spent]) -> None:
        self._spent = dict(spent)
        self._changed: set[bytes] = set()

    def refusal(
        self, allowance: TokenAllowance, cost_micro: int, covered_count: int
    ) -> TokenLimitReached | None:
        """Which limit a request would pass that costs so much, with so many segments covered."""
        limits, spent = allowance.limits, self._of(allowance)
        if covered_count and _is_full(spent.subscription_count, limits.subscription_count_max):
            return _full("subscriptionRequests", limits.subscription_count_max, cost_micro)
        if cost_micro == 0:
            return None
        if _is_full(spent.wallet_count, limits.wallet_count_max):
            return _full("walletRequests", limits.wallet_count_max, cost_micro)
        if limits.wallet_micro_max is None:
            return None
        room_micro = max(limits.wallet_micro_max - spent.wallet_micro, 0)
        return None if cost_micro <= room_micro else _too_dear(cost_micro, room_micro)

    def spend(self, allowance: TokenAllowance, cost_micro: int, covered_count: int) -> None:
        """Count a request that was taken."""
        spent = self._spent.setdefault(allowance.use_hash, _Spent())
        spent.subscription_count += covered_count > 0
        spent.wallet_count += cost_micro > 0
        spent.wallet_micro += cost_micro
        self._changed.add(allowance.use_hash)

    def changes(self) -> list[tuple[bytes, _Spent]]:
        """The rows that moved, in the order of their keys."""
        return [(use_hash, self._spent[use_hash]) for use_hash in sorted(self._changed)]

    def _of(self, allowance: TokenAllowance) -> _Spent:
        return self._spent.get(allowance.use_hash) or _Spent()


def _is_full(count: int, count_max: int | None) -> bool:
    return count_max is not None and count >= count_max


def _full(limit: str, count_max: int | None, cost_micro: int) -> TokenLimitReached:
    return TokenLimitReached(
        cost_micro, 0, f"this token's limit of {count_max} ({limit}) is used up"
    )


def _too_dear(cost_micro: int, room_micro: int) -> TokenLimitReached:
    return TokenLimitReached(
        cost_micro,
        room_micro,
        f"this token's limit (walletAmount) leaves {format_amount(room_micro)}, "
        f"and the message may cost {format_amount(cost_micro)}",
    )


async def open_token_uses(
    connection: Connection, allowances: Iterable[TokenAllowance | None]
) -> TokenUses:
    """What these tokens have spent; where no token is limited, nobody is asked."""
    hashes = sorted({one.use_hash for one in allowances if one is not None})
    if not hashes:
        return TokenUses({})
    rows = await connection.fetch(sql.READ_SPENT, hashes)
    return TokenUses(
        {
            row["use_hash"]: _Spent(
                row["wallet_count"], row["subscription_count"], row["wallet_micro"]
            )
            for row in rows
        }
    )


async def write_token_uses(connection: Connection, uses: TokenUses) -> None:
    """Write what was spent; nothing where nothing was."""
    changes = uses.changes()
    if changes:
        await connection.execute(
            sql.WRITE_SPENT,
            [use_hash for use_hash, _ in changes],
            [spent.wallet_count for _, spent in changes],
            [spent.subscription_count for _, spent in changes],
            [spent.wallet_micro for _, spent in changes],
        )


async def spend_of_token(
    connection: Connection, allowance: TokenAllowance | None, cost_micro: int, covered_count: int
) -> None:
    """Count one request alone, in the caller's transaction, which holds the wallet's lock.

    Raises TokenLimitReached; then nothing is counted, and nothing may be taken.
    """
    if allowance is None:
        return
    uses = await open_token_uses(connection, [allowance])
    refusal = uses.refusal(allowance, cost_micro, covered_count)
    if refusal is not None:
        raise refusal
    uses.spend(allowance, cost_micro, covered_count)
    await write_token_uses(connection, uses)
