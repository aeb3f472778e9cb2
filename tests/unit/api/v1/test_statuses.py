"""v1's status vocabulary: the whole of it, and the whole table that leads to it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.api.v1.delivery_errors import (
    NETWORK_ERRORS,
    NO_ERROR,
    REFUSAL_BASE,
    STATUS_BASE,
    error_of,
)
from staffetta.api.v1.statuses import (
    GROUP_OF_STATE,
    REFUSED_PARTLY,
    REPORTED,
    SENT_AND_SILENT,
    TABLE,
    TAKEN,
    VOCABULARY,
    Blame,
    Cause,
    Group,
    Happened,
    verdict_of,
)
from staffetta.domain.states import FINAL, State
from staffetta.messaging.bulk import rows
from staffetta.smpp.report_text import STATE_WORDS
from staffetta.smpp.reports import Meaning, meaning_of_word
from staffetta.smpp.statuses import STATUSES

# The contract's own list (section 4, "Status vocabulary").
CONTRACT = {
    Group.PENDING: {3: "WAITING_DELIVERY", 7: "ENROUTE", 26: "ACCEPTED"},
    Group.UNDELIVERABLE: {4: "REJECTED_OPERATOR", 9: "NOT_DELIVERED", 31: "NOT_SENT"},
    Group.DELIVERED: {2: "TO_OPERATOR", 5: "TO_HANDSET"},
    Group.EXPIRED: {15: "EXPIRED", 29: "DLR_UNKNOWN"},
    Group.REJECTED: {
        6: "NETWORK",
        8: "PREFIX_MISSING",
        10: "DND",
        11: "SOURCE",
        12: "NOT_ENOUGH_CREDITS",
        13: "SENDER",
        14: "DESTINATION_BLOCKLISTED",
        17: "PREPAID_PACKAGE_EXPIRED",
        18: "DESTINATION_NOT_REGISTERED",
        19: "ROUTE_NOT_AVAILABLE",
        20: "FLOODING_FILTER",
        21: "SYSTEM_ERROR",
        23: "DUPLICATE_MESSAGE_ID",
        24: "INVALID_UDH",
        25: "MESSAGE_TOO_LONG",
        51: "MISSING_TO",
        52: "DESTINATION",
    },
}
# Words that nothing here leads to: they are the vocabulary's, and a client may know them.
NEVER_SAID = {
    "REJECTED_PREFIX_MISSING",
    "REJECTED_DND",
    "REJECTED_NOT_ENOUGH_CREDITS",
    "REJECTED_DESTINATION_BLOCKLISTED",
    "REJECTED_PREPAID_PACKAGE_EXPIRED",
    "REJECTED_DESTINATION_NOT_REGISTERED",
    "REJECTED_DUPLICATE_MESSAGE_ID",
    "REJECTED_MISSING_TO",
}
STATES_OF_GROUP = {
    group: [state for state in State if GROUP_OF_STATE[state] is group]
    for group in set(GROUP_OF_STATE.values())
}


def test_the_vocabulary_is_the_contracts() -> None:
    assert {group.value: group.name for group in Group} == {
        0: "OK",
        1: "PENDING",
        2: "UNDELIVERABLE",
        3: "DELIVERED",
        4: "EXPIRED",
        5: "REJECTED",
    }
    expected = {
        f"{group.name}_{name}": (identifier, group)
        for group, names in CONTRACT.items()
        for identifier, name in names.items()
    }
    assert {name: (one.id, one.group) for name, one in VOCABULARY.items()} == expected
    assert all(one.name == name and one.description for name, one in VOCABULARY.items())
    assert {blame.value: blame.name for blame in Blame} == {
        0: "OK",
        1: "HANDSET_ERRORS",
        2: "USER_ERRORS",
        3: "OPERATOR_ERRORS",
    }


def test_what_the_table_leads_to_is_all_but_the_words_that_nothing_means() -> None:
    said = {row.status.name for row in TABLE.values()}
    assert said == set(VOCABULARY) - NEVER_SAID


def test_the_table_knows_every_state_word_refusal_and_reason() -> None:
    reasons = {rows.NO_ROUTE, rows.NOT_ALLOWED, rows.SENDER_NOT_APPROVED, rows.TOO_LONG, rows.EMPTY}
    keys = {cause: {key for of, key in TABLE if of is cause} for cause in Cause}
    assert keys[Cause.ACCEPTANCE] == reasons
    assert keys[Cause.REPORT] == STATE_WORDS
    assert keys[Cause.REFUSAL] == set(STATUSES)
    assert keys[Cause.STATE] == {*State, REFUSED_PARTLY, REPORTED, SENT_AND_SILENT, TAKEN}


@pytest.mark.parametrize("word", sorted(STATE_WORDS))
def test_a_report_is_shown_as_the_state_that_it_leads_to(word: str) -> None:
    group = {
        Meaning.DELIVERED: Group.DELIVERED,
        Meaning.UNDELIVERABLE: Group.UNDELIVERABLE,
        Meaning.DELETED: Group.UNDELIVERABLE,
        Meaning.REJECTED: Group.REJECTED,
        Meaning.EXPIRED: Group.EXPIRED,
        Meaning.INTERMEDIATE: Group.PENDING,
        Meaning.ACCEPTED: Group.PENDING,
        Meaning.UNKNOWN: Group.PENDING,
    }[meaning_of_word(word)]
    row = TABLE[Cause.REPORT, word]
    assert row.status.group is group
    for state in set(STATES_OF_GROUP[group]) - {State.CANCELLED}:
        assert verdict_of(Happened(state, report_word=word.lower())) is row


def test_a_carriers_last_word_that_it_took_the_message_is_told_as_such() -> None:
    happened = Happened(State.DELIVERED, report_word="ACCEPTD", was_sent=True)
    assert verdict_of(happened).status.name == "DELIVERED_TO_OPERATOR"
    delivered = Happened(State.DELIVERED, report_word="DELIVRD", was_sent=True)
    assert verdict_of(delivered).status.name == "DELIVERED_TO_HANDSET"


def test_an_end_that_the_carrier_does_not_know_is_told_as_such() -> None:
    happened = Happened(State.EXPIRED, report_word="UNKNOWN", was_sent=True)
    assert verdict_of(happened).status.name == "EXPIRED_DLR_UNKNOWN"


def test_an_operators_reason_goes_before_the_number_of_the_error() -> None:
    happened = Happened(
        State.UNDELIVERABLE, report_word="UNDELIV", report_error="006", report_reason="blocklisted"
    )
    error = error_of(happened, verdict_of(happened))
    assert (error.id, error.name, error.permanent) == (6, "EC_BLOCKLISTED", True)
    assert error.blame is Blame.USER_ERRORS


def test_a_reason_of_another_version_is_left_out() -> None:
    happened = Happened(
        State.UNDELIVERABLE, report_word="UNDELIV", report_error="006", report_reason="unheard_of"
    )
    assert error_of(happened, verdict_of(happened)).name == "EC_ABSENT_SUBSCRIBER_SM"


@pytest.mark.parametrize("code", sorted(STATUSES), ids=hex)
def test_a_refusal_is_shown_as_rejected_with_its_own_error(code: int) -> None:
    happened = Happened(State.REJECTED, command_status=code)
    row = verdict_of(happened)
    assert row is TABLE[Cause.REFUSAL, code]
    error = error_of(happened, row)
    assert (error.id, error.name) == (REFUSAL_BASE + code, STATUSES[code].name)
    assert error.description == STATUSES[code].sentence
    assert error.blame in {Blame.USER_ERRORS, Blame.OPERATOR_ERRORS}


@pytest.mark.parametrize(
    ("happened", "name", "error_id", "blame"),
    [
        (Happened(State.SCHEDULED), "PENDING_WAITING_DELIVERY", 0, Blame.OK),
        (Happened(State.SUBMITTED, was_sent=True), "PENDING_WAITING_DELIVERY", 0, Blame.OK),
        (
            Happened(State.SUBMITTED, report_word="DELIVRD", was_sent=True),  # of one segment
            "PENDING_ENROUTE",
            0,
            Blame.OK,
        ),
        (Happened(State.SUBMITTED, report_word="ODD"), "PENDING_ENROUTE", 0, Blame.OK),
        (Happened(State.DELIVERED), "DELIVERED_TO_HANDSET", 0, Blame.OK),
        (
            Happened(State.DELIVERED, report_word="DELIVRD", report_error="017"),
            "DELIVERED_TO_HANDSET",
            0,
            Blame.OK,
        ),
        (Happened(State.CANCELLED), "UNDELIVERABLE_NOT_SENT", 1031, Blame.USER_ERRORS),
        (Happened(State.EXPIRED), "EXPIRED_EXPIRED", 1015, Blame.OPERATOR_ERRORS),
        (
            Happened(State.EXPIRED, was_sent=True),
            "EXPIRED_DLR_UNKNOWN",
            1029,
            Blame.OPERATOR_ERRORS,
        ),
        (
            Happened(State.EXPIRED, report_word="EXPIRED", report_error="003", was_sent=True),
            "EXPIRED_EXPIRED",
            3,
            Blame.HANDSET_ERRORS,
        ),
        (
            Happened(State.EXPIRED, report_word="ENROUTE", report_error="000", was_sent=True),
            "EXPIRED_DLR_UNKNOWN",
            1029,
            Blame.OPERATOR_ERRORS,
        ),
        (
            Happened(State.UNDELIVERABLE, report_word="UNDELIV", report_error="001"),
            "UNDELIVERABLE_NOT_DELIVERED",
            1,
            Blame.HANDSET_ERRORS,
        ),
        (
            Happened(State.UNDELIVERABLE, report_word="UNDELIV", report_error="A7"),
            "UNDELIVERABLE_NOT_DELIVERED",
            1009,
            Blame.HANDSET_ERRORS,
        ),
        (
            Happened(State.UNDELIVERABLE, command_status=0x0B, was_sent=True),
            "UNDELIVERABLE_REJECTED_OPERATOR",
            10_011,
            Blame.OPERATOR_ERRORS,
        ),
        (
            Happened(State.REJECTED, refused_as="REJECTED_SENDER"),
            "REJECTED_SENDER",
            1013,
            Blame.USER_ERRORS,
        ),
        (
            Happened(State.REJECTED, report_word="REJECTD", report_error="034"),
            "REJECTED_NETWORK",
            34,
            Blame.OPERATOR_ERRORS,
        ),
        (
            Happened(State.REJECTED, command_status=0x4A1),
            "REJECTED_NETWORK",
            11_185,
            Blame.OPERATOR_ERRORS,
        ),
        (
            Happened(State.REJECTED, command_status=0x14),
            "REJECTED_FLOODING_FILTER",
            10_020,
            Blame.OPERATOR_ERRORS,
        ),
    ],
)
def test_each_end_has_its_word_and_its_error(
    happened: Happened, name: str, error_id: int, blame: Blame
) -> None:
    row = verdict_of(happened)
    error = error_of(happened, row)
    assert row.status.name == name
    assert (error.id, error.blame) == (error_id, blame)


def test_the_carriers_numbers_do_not_meet_ours() -> None:
    assert max(NETWORK_ERRORS) < STATUS_BASE
    assert STATUS_BASE + max(one.id for one in VOCABULARY.values()) < REFUSAL_BASE
    assert all(code == error.id for code, error in NETWORK_ERRORS.items())
    assert NO_ERROR.name == "NO_ERROR"


@given(
    state=st.sampled_from(State),
    refused_as=st.none() | st.sampled_from(sorted(VOCABULARY)) | st.text(),
    command_status=st.none() | st.sampled_from(sorted(STATUSES)) | st.integers(0, 2**32 - 1),
    report_word=st.none() | st.sampled_from(sorted(STATE_WORDS)) | st.text(),
    report_error=st.none() | st.from_regex(r"[0-9]{0,4}", fullmatch=True) | st.text(),
    was_sent=st.booleans(),
)
def test_whatever_is_known_the_group_is_the_states(
    state: State,
    refused_as: str | None,
    command_status: int | None,
    report_word: str | None,
    report_error: str | None,
    was_sent: bool,
) -> None:
    happened = Happened(state, refused_as, command_status, report_word, report_error, was_sent)
    row = verdict_of(happened)
    error = error_of(happened, row)
    assert row.status.group is GROUP_OF_STATE[state]
    is_good = row.status.group in {Group.PENDING, Group.DELIVERED}
    assert (error is NO_ERROR) == is_good
    assert is_good or error.blame is not Blame.OK
    assert (state in FINAL) == (row.status.group is not Group.PENDING)
