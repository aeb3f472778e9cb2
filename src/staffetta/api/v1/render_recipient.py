"""v1's recipients as JSON (contract section 4, "Recipient"). Pure."""

from datetime import datetime

from staffetta.api.v1.delivery_errors import error_of
from staffetta.api.v1.statuses import Happened, Verdict, verdict_of
from staffetta.api.v1.times import ROME, milliseconds
from staffetta.domain.dashed_numbers import dashed
from staffetta.domain.errors import InvalidText
from staffetta.domain.money import as_number
from staffetta.domain.segments import room_left, segment_text
from staffetta.domain.states import FINAL
from staffetta.messaging.bulk.read import RecipientView


def recipient_object(recipient: RecipientView) -> dict[str, object]:
    """A recipient as every call shows it."""
    happened = _happened(recipient)
    verdict = verdict_of(happened)
    is_reported = _is_reported(recipient)
    status = verdict.status
    return {
        "number": dashed(recipient.number, recipient.calling_code),
        "prefix": f"+{recipient.calling_code}",
        "send_id": f"{recipient.message_id.hex()}_{recipient.position}",
        "body": recipient.text,
        "sms": recipient.segment_count,
        "remaining_chr": _remaining(recipient),
        "state": status.group.name,
        "state_description": status.name,
        "state_detail": status.description,
        "price": as_number(recipient.price_micro),
        "real_cost": as_number(recipient.paid_micro),
        "fields": recipient.fields or [],
        "message_id": recipient.message_id.hex(),
        "i": recipient.position,
        "timestamp_sent": _moment(recipient.sent_at) if is_reported else None,
        "timestamp_delivery": _moment(recipient.delivered_at) if is_reported else None,
        "id": recipient.id.hex(),
        "report": _report(recipient, happened, verdict) if is_reported else None,
    }


def _is_reported(recipient: RecipientView) -> bool:
    """Whether anything is known of it: a report, or an end that none will follow."""
    return recipient.report_state is not None or recipient.state in FINAL


def _happened(recipient: RecipientView) -> Happened:
    return Happened(
        state=recipient.state,
        refused_as=recipient.refused_as,
        command_status=recipient.command_status,
        report_word=recipient.report_state,
        report_error=recipient.report_error,
        report_reason=recipient.report_reason,
        was_sent=recipient.sent_at is not None,
    )


def _report(recipient: RecipientView, happened: Happened, verdict: Verdict) -> dict[str, object]:
    error = error_of(happened, verdict)
    status = verdict.status
    each_micro = round(recipient.price_micro / max(recipient.segment_count, 1))
    return {
        "price": {"pricePerMessage": as_number(each_micro), "currency": recipient.currency},
        "status": {
            "id": status.id,
            "groupId": int(status.group),
            "groupName": status.group.name,
            "name": status.name,
            "description": status.description,
        },
        "error": {
            "id": error.id,
            "name": error.name,
            "description": error.description,
            "groupId": int(error.blame),
            "groupName": error.blame.name,
            "permanent": error.permanent,
        },
        "messageId": recipient.id.hex(),
        "doneAt": _in_rome(_done_at(recipient)),
        "smsCount": recipient.segment_count,
        "sentAt": _in_rome(recipient.sent_at),
        "to": recipient.number.removeprefix("+"),
    }


def _done_at(recipient: RecipientView) -> datetime | None:
    """When it ended, as the carrier says or as it was found here; None while it has not.

    Carriers tell whole minutes, which may lie before the moment of sending: then ours is shown.
    """
    if recipient.state not in FINAL:
        return None
    found_at = recipient.delivered_at or recipient.updated_at
    done_at = recipient.done_at
    return found_at if done_at is None or done_at < (recipient.sent_at or done_at) else done_at


def _remaining(recipient: RecipientView) -> int:
    """The room in the last segment; a text that makes none has none."""
    if recipient.segment_count == 0:
        return 0
    try:
        return room_left(segment_text(recipient.text))
    except InvalidText:
        return 0


def _moment(at: datetime | None) -> dict[str, object] | None:
    return None if at is None else {"$date": {"$numberLong": milliseconds(at)}}


def _in_rome(at: datetime | None) -> str | None:
    """Like 2020-03-03T15:11:03.168+0100: the offset has no colon."""
    if at is None:
        return None
    local = at.astimezone(ROME)
    return f"{local.replace(tzinfo=None).isoformat(timespec='milliseconds')}{local:%z}"
