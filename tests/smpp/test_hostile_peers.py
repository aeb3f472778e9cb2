"""What peers do that breaks naive code: the session answers as it should and lives when it can."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import Role
from staffetta.smpp.decode import decode
from staffetta.smpp.encode import encode
from staffetta.smpp.session import Session
from staffetta.smpp.statuses import Status

SUBMIT = pdus.SubmitSm(source_addr=b"ACME", destination_addr=b"4915112345678", short_message=b"hi")


def frame(command_id, body=b"", command_status=0, sequence_number=7):
    return struct.pack(">IIII", 16 + len(body), command_id, command_status, sequence_number) + body


def bound_client():
    client = Session(Role.ESME, 0.0)
    client.bind(pdus.BindTransceiver(), 0.0)
    client.data_to_send()
    client.receive_data(encode(pdus.BindTransceiverResp(1)), 0.0)
    return client


# What comes in, what goes out, what is told; the session lives on after each.
SCRIPTS = {
    "an unknown request": (
        frame(0x111, b"xyz"),
        [pdus.GenericNack(7, Status.INVALID_COMMAND_ID)],
        [events.RequestRejected],
    ),
    "an unknown answer": (frame(0x80000111, b"xyz"), [], [events.UnexpectedPdu]),
    "a request of the wrong end": (
        frame(0x04, encode(SUBMIT)[16:]),
        [pdus.SubmitSmResp(7, Status.INVALID_BIND_STATUS)],
        [events.RequestRejected],
    ),
    "an unreadable deliver_sm": (
        frame(0x05, b"garbage"),
        [pdus.DeliverSmResp(7, 0)],
        [events.Quarantined],
    ),
    "an unreadable data_sm": (
        frame(0x103, b"\0\1"),
        [pdus.GenericNack(7, Status.INVALID_COMMAND_LENGTH)],
        [events.Undecodable],
    ),
    "an unreadable notice": (
        frame(0x102, b"\1"),
        [pdus.GenericNack(7, Status.INVALID_COMMAND_LENGTH)],
        [events.Undecodable],
    ),
    "an enquiry with number 0": (frame(0x15, sequence_number=0), [pdus.EnquireLinkResp(0)], []),
    "an enquiry with a huge number": (
        frame(0x15, sequence_number=0xFFFFFFFF),
        [pdus.EnquireLinkResp(0xFFFFFFFF)],
        [],
    ),
    "the same enquiry twice": (frame(0x15) * 2, [pdus.EnquireLinkResp(7)] * 2, []),
    "an enquiry with a body": (frame(0x15, b"why"), [pdus.EnquireLinkResp(7)], []),
    "an answer to nothing": (frame(0x80000004, b"id\0"), [], [events.UnexpectedPdu]),
    "a nack of nothing": (frame(0x80000000, b"", 3), [], [events.UnexpectedPdu]),
    "a nack with number 0 of nothing": (
        frame(0x80000000, b"", 3, 0),
        [],
        [events.UnexpectedPdu],
    ),
    "a deliver_sm with a huge number": (
        frame(0x05, bytes(17), sequence_number=0xFFFFFFFE),
        [],
        [events.RequestReceived],
    ),
}


def cut_apart(data):
    while data:
        size = int.from_bytes(data[:4], "big")
        yield decode(data[:size])
        data = data[size:]


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_session_answers_and_lives_on_after(name):
    data, answers, told = SCRIPTS[name]
    client = bound_client()
    assert [type(event) for event in client.receive_data(data, 1.0)] == told
    assert list(cut_apart(client.data_to_send())) == answers
    client.send(SUBMIT, None, 1.0)


def test_a_quarantined_pdu_keeps_its_octets():
    data = frame(0x05, b"garbage")
    (told,) = bound_client().receive_data(data, 1.0)
    assert told.frame == data
    assert told.reason


@pytest.mark.parametrize("length", [0, 15, 68 * 1024 + 1, 0xFFFFFFFF])
def test_an_impossible_length_is_answered_and_ends_the_session(length):
    client = bound_client()
    (told,) = client.receive_data(length.to_bytes(4, "big") + bytes(12), 1.0)
    assert isinstance(told, events.ProtocolViolation)
    assert client.is_closed
    answer = decode(client.data_to_send())
    assert answer == pdus.GenericNack(0, Status.INVALID_COMMAND_LENGTH)


def test_what_came_before_an_impossible_length_still_counts():
    client = bound_client()
    number = client.send(SUBMIT, "mine", 1.0)
    told = client.receive_data(encode(pdus.SubmitSmResp(number)) + bytes(16), 1.0)
    assert [type(event) for event in told] == [events.ResponseReceived, events.ProtocolViolation]


def test_a_stranger_may_send_no_more_than_a_bind_needs():
    server = Session(Role.SMSC, 0.0)
    (told,) = server.receive_data((1025).to_bytes(4, "big"), 0.0)
    assert isinstance(told, events.ProtocolViolation)


def test_another_protocol_ends_the_session():
    server = Session(Role.SMSC, 0.0)
    (told,) = server.receive_data(b"GET / HTTP/1.1\r\n", 0.0)
    assert isinstance(told, events.ProtocolViolation)


def test_a_nack_with_its_number_is_certain():
    client = bound_client()
    client.send(SUBMIT, "first", 1.0)
    number = client.send(SUBMIT, "second", 1.0)
    told = client.receive_data(frame(0x80000000, b"", 2, number), 1.0)
    assert told == [events.PeerNacked("second", 2, certain=True)]


def test_a_nack_with_number_0_is_of_the_only_open_request():
    client = bound_client()
    client.send(SUBMIT, "only", 1.0)
    told = client.receive_data(frame(0x80000000, b"", 2, 0), 1.0)
    assert told == [events.PeerNacked("only", 2, certain=False)]


def test_a_nack_with_number_0_is_of_nobody_when_two_requests_are_open():
    client = bound_client()
    client.send(SUBMIT, "first", 1.0)
    client.send(SUBMIT, "second", 1.0)
    told = client.receive_data(frame(0x80000000, b"", 2, 0), 1.0)
    assert told == [events.UnexpectedPdu(pdus.GenericNack(0, 2))]
    assert client.open_count == 2


def test_a_nack_with_number_0_may_be_of_an_enquiry():
    client = bound_client()
    client.send(SUBMIT, "mine", 29.0)
    client.tick(30.0)
    told = client.receive_data(frame(0x80000000, b"", 3, 0), 31.0)
    assert [type(event) for event in told] == [events.UnexpectedPdu]


def test_a_peer_that_knows_no_enquiries_but_refuses_them_lives():
    client = bound_client()
    client.tick(30.0)
    enquiry = decode(client.data_to_send())
    assert client.receive_data(frame(0x80000000, b"", 3, enquiry.sequence_number), 31.0) == []
    assert client.tick(41.0) == []
    assert not client.is_closed


def test_an_unbind_answered_by_nack_is_an_end():
    client = bound_client()
    client.unbind(1.0)
    unbind = decode(client.data_to_send())
    told = client.receive_data(frame(0x80000000, b"", 3, unbind.sequence_number), 1.0)
    assert told == [events.Unbound(by_peer=False)]


@pytest.mark.parametrize("body", [b"", b"\0", b"junk"])
def test_a_refusal_is_read_with_and_without_a_body(body):
    client = bound_client()
    number = client.send(SUBMIT, "mine", 1.0)
    (told,) = client.receive_data(frame(0x80000004, body, 0x412, number), 1.0)
    assert told.context == "mine"
    assert told.pdu.command_status == 0x412


@given(pieces=st.lists(st.binary(max_size=60), max_size=8), role=st.sampled_from(Role))
def test_nothing_a_stranger_sends_raises(pieces, role):
    session = Session(role, 0.0)
    for piece in pieces:
        session.receive_data(piece, 0.0)
        session.data_to_send()


@given(
    bodies=st.lists(
        st.tuples(
            st.sampled_from([0x05, 0x103, 0x15, 0x80000004, 0x80000000, 0x80000015, 0x102, 0x06]),
            st.binary(max_size=80),
            st.integers(0, 0xFFFFFFFF),
            st.integers(0, 12),
        ),
        max_size=12,
    )
)
def test_nothing_a_bound_peer_sends_raises_or_answers_an_answer(bodies):
    client = bound_client()
    for context in range(5):
        client.send(SUBMIT, context, 0.0)
    client.data_to_send()
    for command_id, body, command_status, number in bodies:
        client.receive_data(frame(command_id, body, command_status, number), 0.0)
        if command_id & 0x80000000:
            assert client.data_to_send() == b""
        client.data_to_send()
    assert client.open_count + len(bodies) >= 5
