"""The paths of OAuth v2, each with the calls it has."""

from collections.abc import Mapping
from typing import Final

from staffetta.api.context import ApiContext
from staffetta.api.oauth.endpoint import Handle, OAuthDialect, oauth_room
from staffetta.api.oauth.v2 import callbacks, refused, scopes, stats, subscriptions, tokens, wallet
from staffetta.api.oauth.v2.errors import REFUSALS
from staffetta.api.paths import Paths

_DIALECT: Final = OAuthDialect("oauth-v2", REFUSALS)
_TOKEN: Final = "/tokens/{token}"  # noqa: S105 (a path, no secret)


def oauth_v2_room(context: ApiContext) -> Paths:
    """Every path of the room, to what answers it."""
    served: Mapping[str, Mapping[str, Handle]] = {
        "/tokens": {
            "POST": tokens.create_handle(context),
            "GET": tokens.list_handle(context),
            "PATCH": tokens.require_token,
            "DELETE": tokens.require_token,
        },
        _TOKEN: {
            "GET": tokens.get_handle(context),
            "PATCH": tokens.change_handle(context),
            "DELETE": tokens.delete_handle(context),
        },
        "/scopes": {"GET": scopes.list_handle()},
        "/scopes/{id}": {"GET": scopes.get_handle(context)},
        "/wallet": {"GET": wallet.wallet_handle(context)},
        "/wallet/transactions": {"GET": wallet.transactions_handle(context)},
        "/callbacks": {"GET": callbacks.list_handle(context)},
        "/callbacks/{id}": {"GET": callbacks.get_handle(context)},
        "/errors": {"GET": refused.errors_handle(context)},
        "/stats": {"GET": stats.totals_handle(context)},
        "/stats/apis": {"GET": stats.domains_handle(context)},
        "/stats/apis/{domain}": {"GET": stats.domain_handle(context)},
        "/stats/ips": {"GET": stats.addresses_handle(context)},
        "/subscriptions": {"GET": subscriptions.list_handle(context)},
        "/subscriptions/{id}": {"GET": subscriptions.get_handle(context)},
    }
    refreshing: Mapping[str, Mapping[str, Handle]] = {
        "/tokens": {"PATCH": tokens.require_token},
        _TOKEN: {"PATCH": tokens.renew_handle(context)},
    }
    return oauth_room(context, _DIALECT, served, refreshing)
