"""The paths of OAuth v1, each with the calls it has."""

from staffetta.api.context import ApiContext
from staffetta.api.oauth.endpoint import oauth_room
from staffetta.api.oauth.v1.account import account_handles
from staffetta.api.oauth.v1.errors import OAUTH_V1
from staffetta.api.oauth.v1.tokens import single_token_handles, token_handles
from staffetta.api.paths import Paths


def oauth_v1_room(context: ApiContext) -> Paths:
    """Every path of the room, to what answers it."""
    desk = context.token_desk
    return oauth_room(
        context,
        OAUTH_V1,
        {
            "/token": token_handles(desk),
            "/token/{token}": single_token_handles(desk),
            **account_handles(context),
        },
    )
