"""Who may send what in which state, walked through whole against the specification's table."""

import pytest

from staffetta.smpp import events, pdus
from staffetta.smpp.bind_states import RIGHTS, BindState, Role
from staffetta.smpp.decode import decode
from staffetta.smpp.encode import encode
from staffetta.smpp.errors import LocalProtocolError
from staffetta.smpp.statuses import Status

BINDS = {pdus.BindReceiver, pdus.BindTransmitter, pdus.BindTransceiver}
REQUESTS = list(pdus.RESPONSE_TYPES)
NOTICES = [pdus.Outbind, pdus.AlertNotification]
ALWAYS = {pdus.EnquireLink, pdus.Unbind}
TRANSMITS = {pdus.SubmitSm, pdus.DataSm, pdus.QuerySm, pdus.CancelSm, pdus.ReplaceSm}
DELIVERS = {pdus.DeliverSm, pdus.DataSm, pdus.AlertNotification}

# 3.4 section 2.3, table 2-1; enquire_link and unbind apart, which are answered everywhere.
ESME_SENDS = {
    BindState.OPEN: BINDS,
    BindState.BINDING: set(),
    BindState.BOUND_TX: TRANSMITS,
    BindState.BOUND_RX: set(),
    BindState.BOUND_TRX: TRANSMITS,
}
SMSC_SENDS = {
    BindState.OPEN: {pdus.Outbind},
    BindState.BINDING: set(),
    BindState.BOUND_TX: set(),
    BindState.BOUND_RX: DELIVERS,
    BindState.BOUND_TRX: DELIVERS,
}
SENDS = {Role.ESME: ESME_SENDS, Role.SMSC: SMSC_SENDS}

ENDS = [(role, state) for role in Role for state in BindState]
OPEN_ENDS = [(role, state) for role, state in ENDS if state is not BindState.CLOSED]


def may_send(role, state):
    return SENDS[role].get(state, set())


def may_receive(role, state):
    if state is BindState.UNBINDING:
        return SENDS[role.peer][BindState.BOUND_TRX]
    return may_send(role.peer, state)


def test_every_state_of_every_role_has_rights():
    assert set(RIGHTS) == set(ENDS)


@pytest.mark.parametrize(("role", "state"), ENDS)
@pytest.mark.parametrize("kind", [*REQUESTS, *NOTICES], ids=lambda kind: kind.__name__)
def test_an_end_sends_what_the_table_allows_and_nothing_else(make_pair_in, role, state, kind):
    pair, session = make_pair_in(state, role)
    # enquire_link is nobody's to send: the session does, by itself.
    allowed = kind in may_send(role, state) or (kind is pdus.Unbind and state.startswith("bound"))
    send = {
        pdus.Unbind: lambda: session.unbind(pair.now),
        **dict.fromkeys(BINDS, lambda: session.bind(kind(), pair.now)),
        **dict.fromkeys(NOTICES, lambda: session.notify(kind())),
    }.get(kind, lambda: session.send(kind(), None, pair.now))
    if allowed:
        send()
        assert type(decode(session.data_to_send())) is kind
    else:
        with pytest.raises(LocalProtocolError):
            send()
        assert session.data_to_send() == b""
        assert session.state is state


@pytest.mark.parametrize(("role", "state"), OPEN_ENDS)
@pytest.mark.parametrize("kind", REQUESTS, ids=lambda kind: kind.__name__)
def test_a_request_is_taken_where_the_table_allows_and_refused_elsewhere(
    make_pair_in, role, state, kind
):
    pair, session = make_pair_in(state, role)
    request = kind(99)
    told = session.receive_data(encode(request), pair.now)
    answer = session.data_to_send()
    if kind in ALWAYS:
        assert decode(answer) == pdus.RESPONSE_TYPES[kind](99, Status.OK)
    elif kind not in may_receive(role, state):
        assert decode(answer).command_status in {Status.INVALID_BIND_STATUS, Status.ALREADY_BOUND}
        assert [type(event) for event in told] == [events.RequestRejected]
        assert session.state is state
    elif kind in BINDS:
        assert told == [events.BindRequested(request)]
    else:
        assert told == [events.RequestReceived(request)]
        assert answer == b""


@pytest.mark.parametrize(("role", "state"), OPEN_ENDS)
@pytest.mark.parametrize("kind", NOTICES, ids=lambda kind: kind.__name__)
def test_a_notice_is_never_answered(make_pair_in, role, state, kind):
    pair, session = make_pair_in(state, role)
    allowed = kind in may_receive(role, state)
    event = events.NoticeReceived if allowed else events.UnexpectedPdu
    assert session.receive_data(encode(kind(99)), pair.now) == [event(kind(99))]
    assert session.data_to_send() == b""


@pytest.mark.parametrize(("role", "state"), OPEN_ENDS)
@pytest.mark.parametrize("kind", pdus.RESPONSE_TYPES.values(), ids=lambda kind: kind.__name__)
def test_an_answer_to_nothing_is_counted_and_never_answered(make_pair_in, role, state, kind):
    pair, session = make_pair_in(state, role)
    told = session.receive_data(encode(kind(99)), pair.now)
    ends_the_session = kind is pdus.UnbindResp and state is BindState.UNBINDING
    if ends_the_session:
        assert told == [events.Unbound(by_peer=False)]
    elif kind is pdus.EnquireLinkResp:
        assert told == []
    else:
        assert told == [events.UnexpectedPdu(kind(99))]
    assert session.data_to_send() == b""


@pytest.mark.parametrize("role", Role)
def test_a_closed_session_ignores_everything(make_pair_in, role):
    pair, session = make_pair_in(BindState.CLOSED, role)
    for kind in REQUESTS:
        assert session.receive_data(encode(kind(1)), pair.now) == []
    assert session.receive_data(bytes(16), pair.now) == []
    assert session.tick(pair.now + 1e6) == []
    assert session.next_deadline() == float("inf")
    assert session.data_to_send() == b""


def test_a_second_bind_is_told_that_it_is_bound_already(bound_pair):
    bound_pair.server.receive_data(encode(pdus.BindReceiver(5)), bound_pair.now)
    answer = decode(bound_pair.server.data_to_send())
    assert answer == pdus.BindReceiverResp(5, Status.ALREADY_BOUND)
