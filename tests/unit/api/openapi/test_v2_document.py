"""v2's document says what v2's own code does: what it renders, and what it refuses."""

from typing import Any

from staffetta.api.openapi.document import document
from staffetta.api.openapi.services import SERVICES
from staffetta.api.v2.errors import CODES
from staffetta.domain.languages import Language

V2 = SERVICES["v2"]
DOCUMENT = document("v2", Language.ENGLISH)
CHARGED_WORDS = 2050  # the second number of ForbiddenWords


def test_every_number_of_v2_s_table_stands_in_its_document() -> None:
    told = {
        (answer.status, answer.refused.error)
        for call in V2.calls
        for refusal in (*call.refusals, *V2.refused(call))
        if (answer := V2.answer(call, refusal)).refused is not None
    }
    assert set(CODES.values()) - told == set()
    assert (422, CHARGED_WORDS) in told


def test_the_servers_are_this_one_s_and_the_published_names_the_sandbox_first() -> None:
    assert [server["url"] for server in DOCUMENT["servers"]] == [
        "/sandbox/v2",
        "/v2",
        "https://test.sms.openapi.com",
        "https://sms.openapi.com",
    ]


def test_sends_tell_of_their_callbacks_with_the_signature() -> None:
    told: dict[str, Any] = DOCUMENT["components"]["callbacks"]["StateChanged"]
    (operation,) = [one["post"] for one in told.values()]
    assert [one["name"] for one in operation["parameters"]] == [
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
    ]
    for path in ("/IT-messages", "/ES-messages", "/WW-messages", "/otp"):
        (callback,) = DOCUMENT["paths"][path]["post"]["callbacks"].values()
        assert callback == {"$ref": "#/components/callbacks/StateChanged"}
