"""Whatever happens in whatever order, no context is lost and none comes back twice."""

from hypothesis import given
from hypothesis import strategies as st

from staffetta.smpp import events, pdus
from staffetta.smpp.encode import encode

SUBMIT = pdus.SubmitSm(source_addr=b"ACME", destination_addr=b"4915112345678", short_message=b"hi")
WITH_CONTEXT = events.ResponseReceived | events.PeerNacked | events.RequestTimedOut

STEPS = st.lists(
    st.one_of(
        st.just(("send", 0)),
        st.tuples(st.just("carry"), st.integers(1, 90)),
        st.tuples(st.just("answer"), st.integers(0, 7)),
        st.tuples(st.just("nack"), st.integers(0, 7)),
        st.tuples(st.just("wait"), st.integers(1, 12)),
    ),
    max_size=60,
)


class Run:
    """One client under test, its server, and what came back."""

    def __init__(self, pair):
        self.pair = pair
        self.sent = 0
        self.returned = []
        self.waiting = []
        self.on_the_wire = b""

    def take(self, told):
        self.returned += [event.context for event in told if isinstance(event, WITH_CONTEXT)]

    def send(self, _size):
        if self.pair.client.room:
            self.pair.client.send(SUBMIT, self.sent, self.pair.now)
            self.sent += 1

    def carry(self, size):
        self.on_the_wire += self.pair.client.data_to_send()
        piece, self.on_the_wire = self.on_the_wire[:size], self.on_the_wire[size:]
        told = self.pair.server.receive_data(piece, self.pair.now)
        self.waiting += [event.pdu for event in told if isinstance(event, events.RequestReceived)]
        self.take(self.pair.to_client())

    def answer(self, position):
        if self.waiting:
            request = self.waiting.pop(position % len(self.waiting))
            self.pair.server.respond(request, pdus.SubmitSmResp(message_id=b"1"))

    def nack(self, position):
        if self.waiting:
            request = self.waiting.pop(position % len(self.waiting))
            nack = pdus.GenericNack(request.sequence_number, 3)
            self.take(self.pair.client.receive_data(encode(nack), self.pair.now))

    def wait(self, seconds):
        client_told, _server_told = self.pair.pass_time(float(seconds))
        self.take(client_told)


@given(steps=STEPS)
def test_every_context_comes_back_exactly_once(make_pair, steps):
    pair = make_pair(window_size=4)
    pair.bind()
    run = Run(pair)
    for name, argument in steps:
        getattr(run, name)(argument)
    lost = pair.client.connection_lost()
    returned = run.returned + lost.uncertain + lost.never_sent
    assert sorted(returned) == list(range(run.sent))
