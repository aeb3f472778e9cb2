"""The paths of v2, each with the calls it has."""

from collections.abc import Mapping
from typing import Final

from staffetta.api.context import ApiContext
from staffetta.api.endpoint import Handle, room_of
from staffetta.api.paths import Paths
from staffetta.api.v2.dialect import V2
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
    served: dict[str, Mapping[str, Handle]] = {
        f"/{segment}": {"POST": send_handle(context, market, f"/{segment}")}
        for market, segment in _SEND_SEGMENTS.items()
    }
    served["/messages"] = {"GET": list_handle(context)}
    served["/messages/{message_id}"] = {
        "GET": get_handle(context),
        "DELETE": cancel_handle(context),
    }
    served[OTP_PATH] = {"POST": otp_handle(context)}
    served[f"{OTP_PATH}/{{message_id}}/verify"] = {"POST": verify_handle(context)}
    served["/explain"] = {"POST": explain_handle(context)}
    served["/senders"] = {"GET": senders_handle(context)}
    served["/senders/alias"] = {"POST": alias_handle(context)}
    return room_of(context, V2, served)
