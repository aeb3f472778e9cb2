"""A certification as JSON, for programs and for whoever keeps it beside the contract. Pure."""

from staffetta.connectors.smpp.certification.conclude import set_command
from staffetta.connectors.smpp.certification.findings import Findings, RateFinding
from staffetta.connectors.smpp.certification.observed import Greeting, Sent
from staffetta.smpp.statuses import describe_status


def json_of(name: str, findings: Findings) -> dict[str, object]:
    """A certification as JSON tells it."""
    changes, states = dict(findings.settings), dict(findings.states)
    return {
        "connector": name,
        **_json_of_greeting(findings.observed.greeting),
        "messages": [
            _json_of_sent(one, states.get(one.answer.message_id))
            for one in findings.observed.sent
            if one.step != "burst"
        ],
        "reports": _json_of_reports(findings),
        "alphabet": findings.alphabet,
        "burst": _json_of_rate(findings.rate),
        "remarks": list(findings.remarks),
        "settings": changes,
        "command": set_command(name, changes) if changes else "",
    }


def _json_of_sent(one: Sent, state: str | None) -> dict[str, object]:
    status = one.answer.command_status
    return {
        "step": one.step,
        "to": one.number,
        "part": one.part,
        "parts": one.part_total,
        "status": status,
        "name": None if status is None else describe_status(status).name,
        "id": one.answer.message_id,
        "seconds": one.answer.seconds,
        "detail": one.answer.detail,
        "report": state,
    }


def _json_of_reports(findings: Findings) -> dict[str, object]:
    ids, reports = findings.ids, findings.reports
    return {
        "count": 0 if reports is None else reports.count,
        "matched": 0 if ids is None else ids.matched_count,
        "spelling": None if ids is None or ids.way is None else ids.way.spelling,
        "id_from": None if ids is None or ids.way is None else ids.way.source,
        "labels": [] if reports is None else list(reports.labels),
        "text": reports is not None and reports.has_text,
        "receipted_message_id": reports is not None and reports.has_tlv_id,
        "message_state": reports is not None and reports.has_tlv_state,
        "unmarked": 0 if reports is None else reports.unmarked_count,
        "date_digits": 0 if reports is None else reports.date_digits,
        "states": {} if reports is None else dict(reports.states),
        "zone_minutes": findings.zone_minutes,
    }


def _json_of_rate(rate: RateFinding | None) -> dict[str, object] | None:
    if rate is None:
        return None
    return {
        "sent": rate.sent_count,
        "accepted": rate.accepted_count,
        "throttled": {f"{code:#04x}": count for code, count in rate.throttled},
        "refused": {f"{code:#04x}": count for code, count in rate.refused},
        "unanswered": rate.unanswered_count,
        "seconds": rate.seconds,
        "accepted_per_second": rate.accepted_per_second,
        "throttled_from": rate.throttled_from_count,
        "window": rate.window_max,
        "ended_by_carrier": rate.ended_by_carrier,
    }


def _json_of_greeting(greeting: Greeting) -> dict[str, object]:
    obstacle = greeting.obstacle
    return {
        "host": greeting.host,
        "port": greeting.port,
        "connect_seconds": greeting.connect_seconds,
        "tls": None
        if greeting.tls is None
        else {
            "version": greeting.tls.version,
            "cipher": greeting.tls.cipher,
            "subject": greeting.tls.subject,
            "valid_from": greeting.tls.valid_from and greeting.tls.valid_from.isoformat(),
            "valid_until": greeting.tls.valid_until and greeting.tls.valid_until.isoformat(),
            "sha256": greeting.tls.sha256,
            "trusted": greeting.tls.is_trusted,
        },
        "binds": [
            {
                "kind": bind.kind,
                "system_id": bind.smsc_system_id,
                "interface_version": bind.smsc_version,
                "tlvs": {f"{tag:#06x}": value.hex() for tag, value in bind.tlvs},
                "seconds": bind.seconds,
            }
            for bind in greeting.binds
        ],
        "enquire_seconds": greeting.enquire_seconds,
        "obstacle": None
        if obstacle is None
        else {
            "what": obstacle.what,
            "to_do": obstacle.to_do,
            "status": obstacle.command_status,
            "proposed": dict(obstacle.proposed),
        },
    }
