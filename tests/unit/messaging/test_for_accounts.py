"""What an account may see of a trace: exactly what the table names."""

from staffetta.messaging.tracing.for_accounts import SHOWN

# What belongs to operators alone, by the names that facts have.
OPERATORS = {
    *("connector", "link", "smsc_id", "turn", "class", "owner", "ahead", "rank", "pdu", "octets"),
    *("candidates_today", "command_status", "written_as", "report_error", "destination", "detail"),
    *("account", "reference", "priority", "sequence", "note", "fields", "lifted_reason"),
    *("bundle_id", "idempotency_path", "options", "failure_count", "resend_count"),
}


def test_no_fact_of_operators_is_shown() -> None:
    for kind, facts in SHOWN.items():
        assert not facts & OPERATORS, kind


def test_no_kind_of_operators_is_shown() -> None:
    assert not SHOWN.keys() & {"link", "pdu", "alarm", "recipient"}
