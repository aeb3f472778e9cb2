"""POST /explain: what would become of a send, and why (beyond the contract)."""

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

from staffetta.api.asgi import Answer, json_answer
from staffetta.api.bodies import read_body
from staffetta.api.context import ApiContext
from staffetta.api.endpoint import Call, Handle
from staffetta.api.v2.errors import code_of
from staffetta.api.v2.parse import parse_explain
from staffetta.domain.encodings import Encoding
from staffetta.domain.errors import StaffettaError
from staffetta.domain.money import as_number
from staffetta.domain.replacements import explain_encoding, replace_all
from staffetta.domain.segments import Segmentation, segment_text
from staffetta.domain.writing import explain_writing
from staffetta.messaging.explain import Candidate, Explanation
from staffetta.messaging.inspection import Inspection, SendRequest
from staffetta.messaging.till import Bill

_SENDER_RULES: Final = "3 to 11 unaccented letters, digits and spaces, not digits alone"


def explain_handle(context: ApiContext) -> Handle:
    """Explain a send body."""
    return partial(_explain, context)


async def _explain(context: ApiContext, call: Call) -> Answer:
    body = await read_body(
        call.receive, call.headers.get(b"content-length"), context.settings.body_octets_max
    )
    request = parse_explain(body, call.now)
    explained = await context.explainer.explain(call.space, request, call.now)
    return json_answer(200, {"data": explanation_object(request, explained)})


def explanation_object(request: SendRequest, explained: Explanation) -> dict[str, Any]:
    """The explanation as JSON. What could not be found out is null."""
    found = explained.found
    return {
        "accepted": not explained.refusals,
        "market": request.market,
        "refusals": [_refusal(error) for error in explained.refusals],
        "recipient": _recipient(found),
        "sender": {
            "asked": request.sender,
            "used": found.sender,
            "rule": _SENDER_RULES,
        },
        "encoding": _encoding(request.text, found.segmentation),
        "segments": _segments(found.segmentation),
        "routes": [_route(candidate) for candidate in explained.candidates],
        "price": None if explained.bill is None else _price(request, explained.bill, found),
    }


def _refusal(error: StaffettaError) -> dict[str, Any]:
    status, code = code_of(error)
    return {"status": status, "code": code, "message": str(error)}


def _recipient(found: Inspection) -> dict[str, Any] | None:
    if found.phone is None:
        return None
    return {
        "number": found.phone.e164,
        "internationalPrefix": found.phone.calling_code,
        "countryCode": found.phone.country,
    }


def _encoding(text: str, segmentation: Segmentation | None) -> dict[str, Any] | None:
    if segmentation is None:
        return None
    forcing = explain_encoding(text)
    return {
        "name": segmentation.encoding,
        "charactersCount": segmentation.characters_count,
        "messageCount": len(segmentation.parts),
        "reason": _why(segmentation.encoding, [one.character for one in forcing]),
        "forcedBy": [
            {
                "character": one.character,
                "codePoint": f"U+{ord(one.character):04X}",
                "name": one.name,
                "count": one.count,
                "position": one.position,
                "replacement": one.replacement,
            }
            for one in forcing
        ],
        "replaced": _replaced(replace_all(text, forcing)) if forcing else None,
    }


def _why(encoding: Encoding, characters: Sequence[str]) -> str:
    if encoding is Encoding.GSM_7:
        return "every character is in the GSM 03.38 alphabet or its extension"
    return f"{len(characters)} of its characters are not in the GSM 03.38 alphabet"


def _replaced(text: str) -> dict[str, Any] | None:
    """The text with the replacements there are, and what that would save."""
    if not text:
        return None
    segmentation = segment_text(text)
    return {
        "message": text,
        "name": segmentation.encoding,
        "charactersCount": segmentation.characters_count,
        "messageCount": len(segmentation.parts),
    }


def _segments(segmentation: Segmentation | None) -> list[dict[str, Any]]:
    if segmentation is None:
        return []
    return [
        {"number": number, "message": part} for number, part in enumerate(segmentation.parts, 1)
    ]


def _route(candidate: Candidate) -> dict[str, Any]:
    return {
        "connector": candidate.connector_id,
        "countryCode": candidate.country,
        "rank": candidate.rank,
        "price": as_number(candidate.price_micro),
        "linksBound": candidate.links_bound,
        "chosen": candidate.chosen,
        "reason": candidate.reason,
        "written": _written(candidate.written),
    }


def _written(cut: Segmentation | None) -> dict[str, Any] | None:
    """What the carrier gets in place of the usual segments."""
    if cut is None or cut.writing is None:
        return None
    return {
        "how": explain_writing(cut.writing),
        "name": cut.encoding,
        "message": "".join(cut.parts),
        "messageCount": len(cut.parts),
    }


def _price(request: SendRequest, bill: Bill, found: Inspection) -> dict[str, Any]:
    assert found.segmentation is not None, "a bill is of segments"
    segment_count = len(found.segmentation.parts)
    return {
        "price": as_number(bill.price_micro),
        "totalPrice": as_number(bill.price_micro * (segment_count - bill.covered_count)),
        "charged": "on acceptance" if request.market.charges_on_acceptance else "when sent",
        "bundleSegments": bill.covered_count,
        "held": as_number(bill.hold_micro),
        "needed": as_number(bill.needed_micro),
        "available": as_number(bill.available_micro),
    }
