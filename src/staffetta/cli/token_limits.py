"""The options that limit a token, and how its limits are told."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import typer

from staffetta.accounts.token_limits import TokenLimits, parse_limits
from staffetta.cli.options import amount_micro
from staffetta.domain.money import as_number

_NONE: Final = "none"
_COUNTS: Final = {
    "totalRequests": "--limit-total-requests",
    "walletRequests": "--limit-wallet-requests",
    "subscriptionRequests": "--limit-subscription-requests",
}
_AMOUNT_OPTION: Final = "--limit-wallet-amount"

Total = Annotated[
    str | None, typer.Option("--limit-total-requests", help="Requests at most, or none.")
]
Wallet = Annotated[
    str | None,
    typer.Option("--limit-wallet-requests", help="Requests that the wallet pays for, or none."),
]
Subscription = Annotated[
    str | None,
    typer.Option("--limit-subscription-requests", help="Requests that bundles cover, or none."),
]
Amount = Annotated[
    str | None,
    typer.Option("--limit-wallet-amount", help="What the wallet pays in all, or none."),
]
Addresses = Annotated[
    list[str] | None,
    typer.Option(
        "--limit-ip",
        help="Where it may be used from, like 192.0.2.0/24; may be given several times; or none.",
    ),
]


def said_limits(
    total: str | None,
    wallet: str | None,
    subscription: str | None,
    amount: str | None,
    addresses: list[str] | None,
) -> dict[str, Any]:
    """The limits that options name, in the API's words; None takes one away."""
    said: dict[str, Any] = {}
    for name, text in zip(_COUNTS, (total, wallet, subscription), strict=True):
        if text is not None:
            said[name] = _count(text, _COUNTS[name])
    if amount is not None:
        none = amount == _NONE
        said["walletAmount"] = (
            None if none else as_number(amount_micro(amount, option=_AMOUNT_OPTION))
        )
    if addresses:
        said["ip"] = None if addresses == [_NONE] else addresses
    return said


def limits_after(limits: TokenLimits, said: Mapping[str, Any]) -> TokenLimits:
    """Limits after a change: what is not named stays. Raises InvalidTokenLimits."""
    return parse_limits({**limits.as_object(), **said})


def told_limits(limits: TokenLimits) -> str:
    """Limits as people read them."""
    told = limits.as_object().items()
    return "\n".join(
        f"{name} {', '.join(value) if isinstance(value, list) else value}" for name, value in told
    )


def _count(text: str, option: str) -> int | None:
    if text == _NONE:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 18):
        raise typer.BadParameter("a whole number, 0 or more, or none", param_hint=option)
    return int(text)
