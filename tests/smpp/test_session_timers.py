"""Time is an argument: what falls due, when, and what of it is fatal."""

from math import inf

import pytest

from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import BindState
from staffetta.smpp.decode import decode
from staffetta.smpp.timings import Timer, Timings

SUBMIT = pdus.SubmitSm(source_addr=b"ACME", destination_addr=b"4915112345678", short_message=b"hi")
JUST_BEFORE = 0.001


def test_a_connection_without_a_bind_is_closed(pair):
    assert pair.pass_time(10.0 - JUST_BEFORE) == ([], [])
    silent = [events.PeerSilent(Timer.SESSION_INIT)]
    assert pair.pass_time(JUST_BEFORE) == (silent, silent)
    assert pair.server.is_closed


def test_a_bind_without_an_answer_is_given_up(pair):
    pair.client.bind(pdus.BindTransceiver(), pair.now)
    pair.to_server()
    client_told, server_told = pair.pass_time(10.0)
    assert client_told == [events.PeerSilent(Timer.BIND)]
    assert server_told == []


def test_silence_is_asked_about_once_and_an_answer_settles_it(bound_pair):
    assert bound_pair.pass_time(30.0 - JUST_BEFORE) == ([], [])
    assert not bound_pair.client.has_output
    assert bound_pair.pass_time(JUST_BEFORE) == ([], [])
    assert bound_pair.pass_time(1.0) == ([], [])
    enquiry = bound_pair.client.data_to_send()
    assert type(decode(enquiry)) is pdus.EnquireLink
    bound_pair.server.data_to_send()
    bound_pair.server.receive_data(enquiry, bound_pair.now)
    assert bound_pair.to_client() == []
    assert bound_pair.client.next_deadline() == bound_pair.now + 30.0


def test_further_silence_is_death(bound_pair):
    bound_pair.pass_time(30.0)
    assert bound_pair.pass_time(10.0 - JUST_BEFORE) == ([], [])
    silent = [events.PeerSilent(Timer.ENQUIRE_ANSWER)]
    assert bound_pair.pass_time(JUST_BEFORE) == (silent, silent)
    assert bound_pair.client.is_closed


def test_any_pdu_shows_that_the_peer_lives(bound_pair):
    bound_pair.client.tick(bound_pair.now + 30.0)
    bound_pair.now += 35.0
    bound_pair.server.send(pdus.DeliverSm(), None, bound_pair.now)
    bound_pair.to_client()
    assert bound_pair.client.tick(bound_pair.now + 6.0) == []
    assert bound_pair.client.next_deadline() == bound_pair.now + 30.0


def test_half_a_pdu_shows_nothing(bound_pair):
    bound_pair.client.receive_data(b"\0\0\0\x10", bound_pair.now + 29.0)
    assert bound_pair.client.next_deadline() == bound_pair.now + 30.0


def test_an_enquiry_is_answered_while_the_shell_drains(bound_pair):
    for _ in range(3):
        bound_pair.client.send(SUBMIT, None, bound_pair.now)
    bound_pair.server.tick(bound_pair.now + 30.0)
    bound_pair.to_client()
    assert pdus.EnquireLinkResp.command_id.to_bytes(4, "big") in bound_pair.client.data_to_send()


def test_requests_without_an_answer_time_out_in_order(bound_pair):
    client = bound_pair.client
    client.send(SUBMIT, "first", bound_pair.now)
    client.send(SUBMIT, "second", bound_pair.now + 1.0)
    client.send(SUBMIT, "third", bound_pair.now + 5.0)
    assert [event.context for event in client.tick(bound_pair.now + 31.0)] == ["first", "second"]
    assert client.open_count == 1
    assert client.tick(bound_pair.now + 31.0) == []
    assert client.connection_lost().never_sent == ["third"]


def test_a_late_answer_is_unexpected(bound_pair):
    number = bound_pair.client.send(SUBMIT, "mine", bound_pair.now)
    bound_pair.to_server()
    bound_pair.client.tick(bound_pair.now + 30.0)
    answer = pdus.SubmitSmResp(number, 0, b"late")
    bound_pair.server.respond(pdus.SubmitSm(number), answer)
    assert bound_pair.to_client() == [events.UnexpectedPdu(answer)]


def test_a_timed_out_request_leaves_the_session_alive(bound_pair):
    bound_pair.client.send(SUBMIT, "mine", bound_pair.now)
    told = bound_pair.client.tick(bound_pair.now + 30.0)
    assert events.RequestTimedOut("mine", 2) in told
    assert bound_pair.client.state is BindState.BOUND_TRX


def test_the_answer_that_came_in_time_does_not_time_out(bound_pair):
    bound_pair.client.send(SUBMIT, "mine", bound_pair.now)
    (event,) = bound_pair.to_server()
    bound_pair.server.respond(event.pdu, pdus.SubmitSmResp())
    bound_pair.to_client()
    assert bound_pair.client.tick(bound_pair.now + 29.0) == []


def test_an_unbind_without_an_answer_is_given_up(bound_pair):
    bound_pair.client.unbind(bound_pair.now)
    assert bound_pair.client.next_deadline() == bound_pair.now + 5.0
    client_told, _ = bound_pair.pass_time(5.0)
    assert client_told == [events.PeerSilent(Timer.UNBIND)]


def test_an_inactive_peer_is_unbound(make_pair):
    pair = make_pair(Timings(inactivity_seconds=60.0))
    pair.bind()
    for _ in range(2):
        assert pair.pass_time(29.5) == ([], [])
        pair.to_server()
        pair.to_client()
    pair.server.tick(pair.now + 1.0)
    assert pair.server.state is BindState.UNBINDING
    assert pair.to_client() == [events.Unbound(by_peer=True)]


def test_messages_put_off_inactivity(make_pair):
    pair = make_pair(Timings(inactivity_seconds=60.0, enquire_idle_seconds=inf))
    pair.bind()
    pair.now += 50.0
    pair.client.send(SUBMIT, None, pair.now)
    pair.to_server()
    assert pair.server.next_deadline() == pair.now + 60.0


@pytest.mark.parametrize(("seconds", "asked_at"), [(0.0, 15.0), (5.0, 20.0), (29.9, 30.0)])
def test_the_next_deadline_is_the_nearest(bound_pair, seconds, asked_at):
    sent_at = bound_pair.now + seconds
    bound_pair.client.send(SUBMIT, None, sent_at)
    assert bound_pair.client.next_deadline() == bound_pair.now + asked_at


def test_a_peer_that_is_gone_is_known_before_the_request_is_overdue(bound_pair):
    client = bound_pair.client
    client.send(SUBMIT, "mine", bound_pair.now)
    assert client.tick(bound_pair.now + 15.0) == []
    assert client.tick(bound_pair.now + 25.0) == [events.PeerSilent(Timer.ENQUIRE_ANSWER)]


def test_a_slow_answer_to_the_question_is_waited_for_no_longer_than_the_request(make_pair):
    pair = make_pair(Timings(response_seconds=9.0))
    pair.bind()
    pair.client.send(SUBMIT, "mine", pair.now)
    assert pair.client.tick(pair.now + 4.5) == []
    assert pair.client.next_deadline() == pair.now + 7.5


def test_nothing_happens_before_the_next_deadline(bound_pair):
    client = bound_pair.client
    client.send(SUBMIT, None, bound_pair.now)
    client.data_to_send()
    for _ in range(5):
        deadline = client.next_deadline()
        if deadline == inf:
            break
        assert client.tick(deadline - JUST_BEFORE) == []
        assert not client.has_output
        told = client.tick(deadline)
        sent = client.data_to_send()
        assert told or sent
    assert client.is_closed
