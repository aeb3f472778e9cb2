"""What was asked of the services, as OAuth v2 shows it. Pure."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from staffetta.accounts.usage import DomainUsage, RequestError, ScopeUsage, TotalUsage
from staffetta.api.oauth.v2.answers import shown_time
from staffetta.domain.money import as_number
from staffetta.domain.scopes import Scope

# Stands for the addresses that were too many to be counted apart.
_OTHER_ADDRESSES: Final = "0.0.0.0"  # noqa: S104 (a mark, no binding)


def counts_object(counts: ScopeUsage) -> dict[str, Any]:
    """Counts of requests, and what they cost."""
    return {
        "totalRequests": counts.request_count,
        "walletRequests": counts.wallet_count,
        "subscriptionRequests": counts.subscription_count,
        "errorRequests": counts.error_count,
        "walletAmount": as_number(counts.wallet_micro),
    }


def totals_object(totals: TotalUsage, domain_count: int) -> dict[str, Any]:
    """All services together; what was spent is the ledger's figure."""
    return {
        "totalRequests": totals.request_count,
        "walletRequests": totals.wallet_count,
        "subscriptionRequests": totals.subscription_count,
        "errorRequests": totals.error_count,
        "walletAmount": as_number(totals.wallet_micro),
        "totalIps": totals.ip_count,
        "totalApis": domain_count,
    }


def domain_object(usage: DomainUsage, scope_count: int) -> dict[str, Any]:
    """One service."""
    return {
        **counts_object(usage.counts),
        "totalIps": usage.ip_count,
        "totalScopes": scope_count,
    }


def scopes_of(by_scope: Mapping[str, ScopeUsage], domain: str) -> dict[str, ScopeUsage]:
    """The scopes of one service that were called."""
    return {text: one for text, one in by_scope.items() if Scope.parse(text).host == domain}


def addresses(by_ip: Iterable[str]) -> list[str]:
    """The client addresses, the busiest first."""
    return [address for address in by_ip if address != _OTHER_ADDRESSES]


def error_object(error: RequestError) -> dict[str, Any]:
    """One refused request."""
    return {
        "id": error.id.hex(),
        "scope": error.scope,
        "domain": error.domain,
        "errorAt": shown_time(error.at),
        "httpResponseCode": error.http_status,
        "errorCode": _number(error.error),
        "message": error.message,
        "ip": error.ip,
    }


def _number(error: float) -> float:
    """The number as the refusal had it: 1001, 125.22."""
    return int(error) if error == int(error) else error
