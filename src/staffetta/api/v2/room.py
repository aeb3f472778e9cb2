"""The paths of v2, each with the calls it has."""

from typing import Final

from staffetta.api.context import ApiContext
from staffetta.api.doors import Room
from staffetta.api.paths import Paths
from staffetta.api.v2.endpoint import Endpoint
from staffetta.api.v2.explain import explain_handle
from staffetta.api.v2.otp import PATH as OTP_PATH
from staffetta.api.v2.otp import otp_handle, verify_handle
from staffetta.api.v2.read import cancel_handle, get_handle, list_handle
from staffetta.api.v2.send import send_handle
from staffetta.api.v2.senders import alias_handle, senders_handle
from staffetta.domain.environments import Market

_SEND_SEGMENTS: Final = {
    Market.ITALY: "IT-messages",
    Market.SPAIN: "ES-messages",
    Market.WORLD: "WW-messages",
}


def v2_room(context: ApiContext) -> Paths:
    """Every path of the room, to what answers it."""
    endpoints = {
        f"/{segment}": Endpoint(
            context, segment, {"POST": send_handle(context, market, f"/{segment}")}
        )
        for market, segment in _SEND_SEGMENTS.items()
    }
    endpoints["/messages"] = Endpoint(context, "messages", {"GET": list_handle(context)})
    endpoints["/messages/{message_id}"] = Endpoint(
        context, "messages", {"GET": get_handle(context), "DELETE": cancel_handle(context)}
    )
    endpoints[OTP_PATH] = Endpoint(context, "otp", {"POST": otp_handle(context)})
    endpoints[f"{OTP_PATH}/{{message_id}}/verify"] = Endpoint(
        context, "otp", {"POST": verify_handle(context)}
    )
    endpoints["/explain"] = Endpoint(context, "explain", {"POST": explain_handle(context)})
    endpoints["/senders"] = Endpoint(context, "senders", {"GET": senders_handle(context)})
    endpoints["/senders/alias"] = Endpoint(context, "senders", {"POST": alias_handle(context)})
    return Paths(
        Room.V2, {f"{Room.V2}{path}": endpoint.serve for path, endpoint in endpoints.items()}
    )
