"""What a token may do at most, as its owner said when it was made (contract section 7, "limits").

Pure. Owns the limits' names, their bounds and how they are stored: in the API's own words, what is
not set left out. None, and an absent field, is no limit; 0 lets nothing through. Counting against
the limits is token_use.py's and token_rates.py's.
"""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Final

import msgspec

from staffetta.accounts.errors import InvalidTokenLimits
from staffetta.domain.ip_addresses import read_address
from staffetta.domain.money import AMOUNT_MICRO_MAX, MICRO, as_number

REQUESTS_MAX: Final = 10**15
NETWORKS_MAX: Final = 100
_SHOWN_MAX: Final = 60
_COUNTS: Final = ("totalRequests", "walletRequests", "subscriptionRequests")
_AMOUNT: Final = "walletAmount"
_ADDRESSES: Final = "ip"
_FIELDS: Final = (*_COUNTS, _AMOUNT, _ADDRESSES)

Network = IPv4Network | IPv6Network


class SpendingLimits(msgspec.Struct, frozen=True):
    """What may be taken from wallet and bundles; None: as much as there is."""

    wallet_count_max: int | None = None  # requests that the wallet pays for
    subscription_count_max: int | None = None  # requests that bundles cover
    wallet_micro_max: int | None = None  # charged or held


class TokenAllowance(msgspec.Struct, frozen=True):
    """A token that may spend only so much."""

    use_hash: bytes  # what it is counted under, see Grant
    limits: SpendingLimits


class TokenLimits(msgspec.Struct, frozen=True):
    """All that limits one token."""

    request_count_max: int | None = None  # over its life
    spending: SpendingLimits | None = None
    networks: tuple[Network, ...] = ()  # where it may be used from; empty: everywhere

    def allows_address(self, address: str) -> bool:
        """Whether the token may be used from an address; one that cannot be read is nobody's."""
        return not self.networks or _is_within(address, self.networks)

    def allowance(self, use_hash: bytes) -> TokenAllowance | None:
        """What the token may spend; None: as much as its account."""
        return None if self.spending is None else TokenAllowance(use_hash, self.spending)

    def as_object(self) -> dict[str, Any]:
        """The limits as the API tells them and as they are stored: only what is set."""
        spending = self.spending or SpendingLimits()
        micro = spending.wallet_micro_max
        told = {
            "totalRequests": self.request_count_max,
            "walletRequests": spending.wallet_count_max,
            "subscriptionRequests": spending.subscription_count_max,
            _AMOUNT: None if micro is None else as_number(micro),
            _ADDRESSES: [_written(network) for network in self.networks] or None,
        }
        return {name: value for name, value in told.items() if value is not None}


NO_LIMITS: Final = TokenLimits()


def parse_limits(given: object) -> TokenLimits:
    """The limits that a request or a row writes; raises InvalidTokenLimits.

    None and {} are no limits. A field that nobody knows is refused: it may be a limit misspelt.
    """
    if given is None or given == {}:
        return NO_LIMITS
    if not isinstance(given, Mapping):
        raise InvalidTokenLimits('limits must be an object, like {"totalRequests": 1000}')
    unknown = next((name for name in given if name not in _FIELDS), None)
    if unknown is not None:
        raise InvalidTokenLimits(
            f"limits has no {str(unknown)[:_SHOWN_MAX]!r}: it may have {', '.join(_FIELDS)}"
        )
    total, wallet, subscription = (_count(name, given.get(name)) for name in _COUNTS)
    spending = SpendingLimits(wallet, subscription, _amount(given.get(_AMOUNT)))
    return TokenLimits(
        total,
        None if spending == SpendingLimits() else spending,
        _networks(given.get(_ADDRESSES)),
    )


def _count(name: str, value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= REQUESTS_MAX:
        raise InvalidTokenLimits(f"limits.{name} must be a whole number, 0 or more, or null")
    return value


def _amount(value: object) -> int | None:
    """Micro-units; a double stands for the shortest decimal that it prints as."""
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        micro = Decimal(str(value)) * MICRO
        if micro.is_finite() and 0 <= micro <= AMOUNT_MICRO_MAX and micro == int(micro):
            return int(micro)
    raise InvalidTokenLimits(
        f"limits.{_AMOUNT} must be an amount, 0 or more with at most six decimals, or null"
    )


def _networks(value: object) -> tuple[Network, ...]:
    if value is None:
        return ()
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) > NETWORKS_MAX:
        raise InvalidTokenLimits(f"limits.{_ADDRESSES} must be a list of at most {NETWORKS_MAX}")
    return tuple(_network(one) for one in value)


def _network(value: object) -> Network:
    try:
        if isinstance(value, str):
            return ip_network(value.strip())
    except ValueError:
        pass
    raise InvalidTokenLimits(
        f"limits.{_ADDRESSES} holds {str(value)[:_SHOWN_MAX]!r}: write an address like 192.0.2.7"
        " or a network like 192.0.2.0/24, without bits behind its prefix"
    )


def _written(network: Network) -> str:
    """An address alone is written without its prefix."""
    return str(network.network_address if network.num_addresses == 1 else network)


@lru_cache(maxsize=10_000)
def _is_within(address: str, networks: tuple[Network, ...]) -> bool:
    read = read_address(address)
    return read is not None and any(read in network for network in networks)
