"""The paths of v1, each with the calls it has."""

from staffetta.api.context import ApiContext
from staffetta.api.endpoint import room_of
from staffetta.api.paths import Paths
from staffetta.api.v1.dialect import V1
from staffetta.api.v1.messages import (
    delete_all,
    delete_handle,
    get_handle,
    list_handle,
    post_handle,
    put_handle,
)
from staffetta.api.v1.recipients import get_recipient_handle, list_recipients_handle


def v1_room(context: ApiContext) -> Paths:
    """Every path of the room, to what answers it."""
    return room_of(
        context,
        V1,
        {
            "/messages": {
                "GET": list_handle(context),
                "POST": post_handle(context),
                "DELETE": delete_all,
            },
            "/messages/{message_id}": {
                "GET": get_handle(context),
                "PUT": put_handle(context),
                "DELETE": delete_handle(context),
            },
            "/messages/{message_id}/recipients": {"GET": list_recipients_handle(context)},
            "/messages/{message_id}/recipients/{number}": {"GET": get_recipient_handle(context)},
        },
    )
