"""Two sessions talk to each other: binds, messages, windows, numbers, and the end."""

import pytest

from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import BindState, Role
from staffetta.smpp.constants import SEQUENCE_NUMBER_MAX
from staffetta.smpp.decode import decode
from staffetta.smpp.encode import encode
from staffetta.smpp.errors import InvalidField, LocalProtocolError
from staffetta.smpp.session import Session
from staffetta.smpp.statuses import Status
from staffetta.smpp.window import OpenRequest, Window

SUBMIT = pdus.SubmitSm(source_addr=b"ACME", destination_addr=b"4915112345678", short_message=b"hi")
REPORT = pdus.DeliverSm(esm_class=4, short_message=b"id:1 stat:DELIVRD")


def requests(told):
    return [event.pdu for event in told if isinstance(event, events.RequestReceived)]


@pytest.mark.parametrize(
    ("kind", "state"),
    [
        (pdus.BindTransmitter, BindState.BOUND_TX),
        (pdus.BindReceiver, BindState.BOUND_RX),
        (pdus.BindTransceiver, BindState.BOUND_TRX),
    ],
)
def test_a_bind_that_is_taken_binds_both_ends(pair, kind, state):
    assert pair.bind(kind) == [events.Bound(state, b"SMSC", 0x34)]
    assert pair.client.state is pair.server.state is state


def test_an_old_esme_is_told_no_version(pair):
    pair.client.bind(pdus.BindTransceiver(interface_version=0x33), pair.now)
    pair.to_server()
    pair.server.accept_bind(b"SMSC", pair.now)
    assert pair.to_client() == [events.Bound(BindState.BOUND_TRX, b"SMSC", None)]


def test_the_server_sees_what_the_client_bound_with(pair):
    bind = pdus.BindTransceiver(system_id=b"esme", password=b"secret")
    pair.client.bind(bind, pair.now)
    (told,) = pair.to_server()
    assert told.pdu.system_id == b"esme"
    assert told.pdu.password == b"secret"


def test_a_refused_bind_closes_both_ends(pair):
    pair.client.bind(pdus.BindTransceiver(), pair.now)
    pair.to_server()
    pair.server.refuse_bind(0x0E, pair.now)
    assert pair.to_client() == [events.BindRefused(0x0E)]
    assert pair.client.is_closed
    assert pair.server.is_closed


@pytest.mark.parametrize("number", [1, 0])
def test_a_bind_answered_by_nack_is_refused(pair, number):
    pair.client.bind(pdus.BindTransceiver(), pair.now)
    told = pair.client.receive_data(encode(pdus.GenericNack(number, 3)), pair.now)
    assert told == [events.BindRefused(3)]


def test_a_header_alone_is_enough_to_be_bound(pair):
    pair.client.bind(pdus.BindTransceiver(), pair.now)
    told = pair.client.receive_data(bytes.fromhex("00000010800000090000000000000001"), pair.now)
    assert told == [events.Bound(BindState.BOUND_TRX, b"", None)]


def test_only_a_server_that_was_asked_answers_a_bind(pair):
    for end in (pair.client, pair.server):
        with pytest.raises(LocalProtocolError):
            end.accept_bind(b"SMSC", pair.now)


def test_an_answer_brings_back_the_context_of_its_request(bound_pair):
    context = object()
    bound_pair.client.send(SUBMIT, context, bound_pair.now)
    (request,) = requests(bound_pair.to_server())
    bound_pair.server.respond(request, pdus.SubmitSmResp(message_id=b"42"))
    (answer,) = bound_pair.to_client()
    assert answer.context is context
    assert answer.pdu.message_id == b"42"
    assert bound_pair.client.open_count == 0
    assert bound_pair.server.unanswered_count == 0


def test_answers_may_come_in_any_order(bound_pair):
    for context in range(5):
        bound_pair.client.send(SUBMIT, context, bound_pair.now)
    for request in reversed(requests(bound_pair.to_server())):
        bound_pair.server.refuse(request, Status.THROTTLED)
    assert [event.context for event in bound_pair.to_client()] == [4, 3, 2, 1, 0]


def test_a_report_and_its_answer_go_the_other_way(bound_pair):
    bound_pair.server.send(REPORT, "report", bound_pair.now)
    (request,) = requests(bound_pair.to_client())
    bound_pair.client.respond(request, pdus.DeliverSmResp())
    (answer,) = bound_pair.to_server()
    assert answer.context == "report"
    assert answer.pdu.command_status == 0


def script(pair):
    """What a server writes from the bind to the goodbye, in one piece."""
    pair.client.bind(pdus.BindTransceiver(), pair.now)
    pair.to_server()
    pair.server.accept_bind(b"SMSC", pair.now)
    pair.server.send(REPORT, 1, pair.now)
    pair.server.send(pdus.DeliverSm(tlvs=((0x424, bytes(3000)),)), 2, pair.now)
    pair.server.unbind(pair.now)
    return pair.server.data_to_send()


def test_everything_may_come_in_one_piece(pair):
    told = pair.client.receive_data(script(pair), pair.now)
    assert [type(event) for event in told] == [
        events.Bound,
        events.RequestReceived,
        events.RequestReceived,
        events.Unbound,
    ]


def test_a_cut_at_any_octet_changes_nothing(make_pair):
    stream = script(make_pair())
    whole = make_pair()
    script(whole)
    expected = whole.client.receive_data(stream, whole.now)
    for cut in range(len(stream)):
        pair = make_pair()
        script(pair)
        first = pair.client.receive_data(stream[:cut], pair.now)
        assert first + pair.client.receive_data(stream[cut:], pair.now) == expected


def test_octets_one_by_one_change_nothing(make_pair):
    pair = make_pair()
    stream = script(pair)
    told = [
        event for octet in stream for event in pair.client.receive_data(bytes((octet,)), pair.now)
    ]
    assert len(told) == 4


def test_the_window_limits_what_waits_for_an_answer(make_pair):
    pair = make_pair(window_size=3)
    assert pair.client.room == 0
    pair.bind()
    for _ in range(3):
        pair.client.send(SUBMIT, None, pair.now)
    assert pair.client.room == 0
    with pytest.raises(LocalProtocolError):
        pair.client.send(SUBMIT, None, pair.now)
    request, *_rest = requests(pair.to_server())
    pair.server.respond(request, pdus.SubmitSmResp())
    pair.to_client()
    assert pair.client.room == 1


def test_answers_and_enquiries_are_outside_the_window(make_pair):
    pair = make_pair(window_size=1)
    pair.bind()
    pair.client.send(SUBMIT, None, pair.now)
    pair.server.send(REPORT, None, pair.now)
    for request in requests(pair.to_client()):
        pair.client.respond(request, pdus.DeliverSmResp())
    pair.now += 30.0
    pair.client.tick(pair.now)
    sent = pair.client.data_to_send()
    assert encode(pdus.EnquireLink(3)) in sent


def test_numbers_begin_again_after_the_last_and_skip_those_in_use():
    window = Window(10, last_sequence_number=SEQUENCE_NUMBER_MAX - 1)
    for used in (1, 2):
        window.add(used, OpenRequest(None, 0.0, pdus.SubmitSmResp))
    assert window.next_sequence_number() == SEQUENCE_NUMBER_MAX
    assert window.next_sequence_number() == 3


def test_a_request_that_cannot_be_encoded_leaves_no_trace(bound_pair):
    with pytest.raises(InvalidField):
        bound_pair.client.send(pdus.SubmitSm(source_addr=b"1" * 30), None, bound_pair.now)
    assert bound_pair.client.open_count == 0
    assert not bound_pair.client.has_output


def test_an_answer_of_the_wrong_type_is_refused_here(bound_pair):
    bound_pair.client.send(SUBMIT, None, bound_pair.now)
    (request,) = requests(bound_pair.to_server())
    with pytest.raises(LocalProtocolError):
        bound_pair.server.respond(request, pdus.DeliverSmResp())


def test_an_answer_of_the_wrong_type_leaves_the_request_open(bound_pair):
    number = bound_pair.client.send(SUBMIT, "mine", bound_pair.now)
    wrong, right = pdus.DataSmResp(number), pdus.SubmitSmResp(number)
    told = bound_pair.client.receive_data(encode(wrong) + encode(right), bound_pair.now)
    assert told == [events.UnexpectedPdu(wrong), events.ResponseReceived("mine", right)]


def test_a_second_answer_is_unexpected(bound_pair):
    number = bound_pair.client.send(SUBMIT, None, bound_pair.now)
    answer = encode(pdus.SubmitSmResp(number))
    told = bound_pair.client.receive_data(answer * 2, bound_pair.now)
    assert [type(event) for event in told] == [events.ResponseReceived, events.UnexpectedPdu]


def test_an_unbind_is_answered_and_ends_the_session(bound_pair):
    bound_pair.client.unbind(bound_pair.now)
    assert bound_pair.to_server() == [events.Unbound(by_peer=True)]
    assert bound_pair.to_client() == [events.Unbound(by_peer=False)]
    assert bound_pair.client.is_closed
    assert bound_pair.server.is_closed


def test_two_unbinds_that_cross_end_both_sessions(bound_pair):
    bound_pair.client.unbind(bound_pair.now)
    bound_pair.server.unbind(bound_pair.now)
    assert bound_pair.to_server() == [events.Unbound(by_peer=True)]
    assert bound_pair.to_client() == [events.Unbound(by_peer=True)]


def test_a_report_that_crosses_an_unbind_is_still_taken(bound_pair):
    bound_pair.server.send(REPORT, None, bound_pair.now)
    bound_pair.client.unbind(bound_pair.now)
    (request,) = requests(bound_pair.to_client())
    bound_pair.client.respond(request, pdus.DeliverSmResp())
    told = bound_pair.to_server()
    assert told == [events.Unbound(by_peer=True)]


def test_an_answer_after_the_end_is_dropped(bound_pair):
    bound_pair.server.send(REPORT, None, bound_pair.now)
    (request,) = requests(bound_pair.to_client())
    bound_pair.client.connection_lost()
    bound_pair.client.respond(request, pdus.DeliverSmResp())
    assert bound_pair.client.data_to_send() == b""


def test_a_lost_connection_tells_what_was_never_sent_from_what_is_uncertain(bound_pair):
    client = bound_pair.client
    client.send(SUBMIT, "answered", bound_pair.now)
    client.send(SUBMIT, "written", bound_pair.now)
    request, _other = requests(bound_pair.to_server())
    bound_pair.server.respond(request, pdus.SubmitSmResp())
    bound_pair.to_client()
    client.send(SUBMIT, "kept", bound_pair.now)
    lost = client.connection_lost()
    assert lost.uncertain == ["written"]
    assert lost.never_sent == ["kept"]
    assert client.connection_lost() == ([], [])


def test_every_context_comes_back_exactly_once(make_pair):
    pair = make_pair(window_size=100)
    pair.bind()
    for context in range(60):
        pair.client.send(SUBMIT, context, pair.now)
        if context == 40:
            waiting = requests(pair.to_server())
    for request in waiting[:10]:
        pair.server.respond(request, pdus.SubmitSmResp())
    pair.server.receive_data(b"", pair.now)
    answered = [event.context for event in pair.to_client()]
    lost = pair.client.connection_lost()
    assert answered + lost.uncertain + lost.never_sent == list(range(60))
    assert len(lost.never_sent) == 19


def test_a_server_may_announce_itself_and_alert(pair, bound_pair):
    pair.server.notify(pdus.Outbind(system_id=b"SMSC"))
    (told,) = pair.to_client()
    assert told.pdu.system_id == b"SMSC"
    bound_pair.server.notify(pdus.AlertNotification(source_addr=b"49151"))
    (told,) = bound_pair.to_client()
    assert told.pdu.source_addr == b"49151"


def test_a_session_says_who_it_is_and_what_it_has():
    session = Session(Role.ESME, 0.0)
    assert session.state is BindState.OPEN
    assert not session.has_output
    session.bind(pdus.BindTransceiver(), 0.0)
    assert session.has_output
    assert type(decode(session.data_to_send())) is pdus.BindTransceiver
    assert not session.has_output
