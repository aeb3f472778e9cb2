"""The network behind its sockets: messages in, deliveries after a while, reports out.

Owns what is open and its limits. Time is an argument; sockets, timers and logs are elsewhere.
"""

import secrets
from collections.abc import Callable, Iterable
from typing import Final

from msgspec import structs

from staffetta.connectors.simulated.admission import Gate, address_status
from staffetta.connectors.simulated.behaviours import Behaviour, Reporting, behaviour_of
from staffetta.connectors.simulated.decoding import fits
from staffetta.connectors.simulated.deliveries import Delivery, Schedule
from staffetta.connectors.simulated.handset import Handset
from staffetta.connectors.simulated.outbox import Esme, Outbox
from staffetta.connectors.simulated.reports import make_report, wants_report
from staffetta.connectors.simulated.settings import NetworkSettings
from staffetta.connectors.simulated.spellings import ReportForm, speller, written_as
from staffetta.smpp.pdus import Pdu, SubmitSm, SubmitSmResp
from staffetta.smpp.session import Session
from staffetta.smpp.statuses import Status, StatusClass, describe_status

# Is told of each submit and each report: the PDU, and in a few words what became of it.
Watcher = Callable[[Pdu, str], None]

_BRING_AGAIN: Final = frozenset({StatusClass.THROTTLE, StatusClass.TEMPORARY})
_QUEUE_FULL: Final = int(Status.MESSAGE_QUEUE_FULL)
_TOO_LONG: Final = int(Status.INVALID_MESSAGE_LENGTH)
_RANDOM_BITS: Final = 24
_WEIGHT_OCTETS: Final = 256  # of TLVs, that count as one message more


class Exchange:
    """Everything between a submit and the answer to its report.

    `epoch` is the Unix time at which the clock of `now` stood at 0.
    """

    def __init__(
        self, settings: NetworkSettings, epoch: float, now: float, watcher: Watcher | None = None
    ) -> None:
        self.pending_count = 0
        self.accepted_count = 0
        self.handset = Handset(settings.handset_segments_max, settings.alphabet)
        self._settings = settings
        self._epoch = epoch
        self._watcher = watcher
        self._gate = Gate(settings.throttle_seconds)
        self._schedule = Schedule()
        self._outboxes: dict[bytes, Outbox] = {}
        self._spell = speller(settings.ids)
        # Ids go on rising when the network is started again, and are not the same in two of them.
        self._last_id = (int(epoch + now) << 32) + (secrets.randbits(_RANDOM_BITS) << 8)
        if settings.first_id is not None:
            self._last_id = settings.first_id - 1

    @property
    def next_due(self) -> float:
        """When `advance` has something to do."""
        return self._schedule.next_due

    # Binds ---------------------------------------------------------------------------------------

    def join(
        self, system_id: bytes, session: Session, flush_soon: Callable[[], None], now: float
    ) -> Esme:
        """A session was bound; what waited for its system_id begins to go out."""
        outbox = self._outboxes.get(system_id)
        if outbox is None:
            outbox = self._outboxes[system_id] = Outbox(system_id)
        esme = Esme(session, outbox, flush_soon)
        outbox.join(esme)
        outbox.send_waiting(now)
        return esme

    def leave(self, esme: Esme, unanswered: Iterable[Delivery], now: float) -> None:
        """A session ended; the reports it did not answer go out again, in their order."""
        outbox = esme.outbox
        outbox.leave(esme)
        outbox.waiting.extendleft(reversed(list(unanswered)))
        outbox.send_waiting(now)
        self._forget_if_idle(outbox)

    # Messages ------------------------------------------------------------------------------------

    def submit(self, esme: Esme, pdu: SubmitSm, now: float) -> None:
        """Answer a submit_sm (or swallow it), and see to what follows."""
        behaviour = behaviour_of(pdu.destination_addr)
        status = self._status(esme.outbox, behaviour, pdu, now)
        if status is None:
            word = "not answered"
        elif status:
            esme.session.refuse(pdu, status)
            word = f"refused {describe_status(status).name}"
        else:
            word = self._accept(esme, behaviour, pdu, now)
        if self._watcher is not None:
            self._watcher(pdu, word)

    def answered(self, outbox: Outbox, delivery: Delivery, status: int, now: float) -> None:
        """The ESME answered a report. What it has no room for now is brought again later."""
        if status and describe_status(status).status_class in _BRING_AGAIN:
            self.bring_again(outbox, delivery, now)
        else:
            self._close(outbox, delivery)

    def bring_again(self, outbox: Outbox, delivery: Delivery, now: float) -> None:
        """The report was not taken: send it again after a pause, unless it is too old."""
        if delivery.submitted_at < now - self._settings.report_keep_seconds:
            self._close(outbox, delivery)
            return
        self._schedule.add(delivery, self._settings.redelivery_seconds, now)

    def advance(self, now: float) -> None:
        """Act on everything that fell due until `now`."""
        touched = set()
        for delivery in self._schedule.take_due(now):
            outbox = self._outboxes[delivery.system_id]
            self._end(outbox, delivery, now)
            touched.add(outbox)
        for outbox in touched:
            outbox.send_waiting(now)

    def drop_old(self, now: float) -> None:
        """Drop the reports that nobody took for too long."""
        kept_since = now - self._settings.report_keep_seconds
        for outbox in list(self._outboxes.values()):
            while outbox.waiting and outbox.waiting[0].submitted_at < kept_since:
                self._close(outbox, outbox.waiting.popleft())

    # How it is done ------------------------------------------------------------------------------

    def _status(
        self, outbox: Outbox, behaviour: Behaviour, pdu: SubmitSm, now: float
    ) -> int | None:
        settings = self._settings
        status = address_status(pdu)
        if status:
            return status
        if not fits(pdu, settings.alphabet):
            return _TOO_LONG
        if (
            self.pending_count >= settings.pending_max
            or outbox.open_count >= settings.pending_of_system_id_max
        ):
            return _QUEUE_FULL
        return self._gate.status(behaviour, pdu, outbox.system_id, now)

    def _accept(self, esme: Esme, behaviour: Behaviour, pdu: SubmitSm, now: float) -> str:
        self._last_id += 1
        self.accepted_count += 1
        ids = message_id, _ = self._spell(self._last_id)
        delivery = self._open(esme.outbox, behaviour, pdu, ids, now)
        response = SubmitSmResp(0, 0, message_id)
        if behaviour.reporting is Reporting.BEFORE_ANSWER:
            self._end(esme.outbox, delivery, now)
            if delivery.report_count:
                self._send_at_once(esme, now)
        else:
            self._schedule.add(delivery, self._settings.delivery_seconds, now)
        esme.session.respond(pdu, response)
        return f"accepted {message_id.decode('ascii')}"

    def _open(
        self,
        outbox: Outbox,
        behaviour: Behaviour,
        pdu: SubmitSm,
        ids: tuple[bytes, bytes],
        now: float,
    ) -> Delivery:
        ending = behaviour.ending
        reporting = behaviour.reporting
        count = 1 if wants_report(pdu.registered_delivery, ending) else 0
        delivery = Delivery(pdu, outbox.system_id, *ids, ending, now, now, ending.delivered, count)
        if pdu.tlvs:
            delivery.weight += sum(len(value) for _tag, value in pdu.tlvs) // _WEIGHT_OCTETS
        if count and reporting is not Reporting.ON_DELIVERY:
            delivery.report_count = self._report_count(outbox, reporting, delivery, now)
        self._count(outbox, delivery.weight)
        return delivery

    def _report_count(
        self, outbox: Outbox, reporting: Reporting, delivery: Delivery, now: float
    ) -> int:
        """How many reports come with the delivery; a late one is scheduled here."""
        match reporting:
            case Reporting.NEVER:
                return 0
            case Reporting.TWICE:
                return 2
            case Reporting.LATE:
                late = structs.replace(delivery, is_shown=False)
                self._count(outbox, late.weight)
                self._schedule.add(late, self._settings.late_report_seconds, now)
                return 0
            case Reporting.ON_DELIVERY | Reporting.BEFORE_ANSWER:
                return 1

    def _end(self, outbox: Outbox, delivery: Delivery, now: float) -> None:
        """The message came to its end, or its report is to be brought again."""
        if delivery.is_shown:
            delivery.is_shown = False
            self.handset.receive(delivery.pdu, now + self._epoch)
        if not delivery.report_count:
            self._close(outbox, delivery)
            return
        again = delivery.report_count - 1
        if delivery.report is None:
            self._make_report(delivery, now)
        outbox.waiting.append(delivery)
        if again:
            delivery.report_count = 1
            outbox.waiting.append(delivery)
            self._count(outbox, delivery.weight)

    def _make_report(self, delivery: Delivery, now: float) -> None:
        submitted_at = delivery.submitted_at + self._epoch
        report = make_report(
            delivery.pdu, delivery.report_id, delivery.ending, submitted_at, now + self._epoch
        )
        form = self._settings.report_form
        delivery.report = report if form is ReportForm.BOTH else written_as(report, form)
        if self._watcher is not None:
            word = delivery.ending.word.decode("ascii")
            self._watcher(delivery.report, f"{word} {delivery.message_id.decode('ascii')}")

    def _send_at_once(self, esme: Esme, now: float) -> None:
        """Send the newest report before anything else, on the submitter's own bind if it may."""
        waiting = esme.outbox.waiting
        if esme.room:
            esme.send(waiting.pop(), now)
        else:
            waiting.rotate(1)
            esme.outbox.send_waiting(now)

    def _count(self, outbox: Outbox, weight: int) -> None:
        outbox.open_count += weight
        self.pending_count += weight

    def _close(self, outbox: Outbox, delivery: Delivery) -> None:
        self._count(outbox, -delivery.weight)
        self._forget_if_idle(outbox)

    def _forget_if_idle(self, outbox: Outbox) -> None:
        if outbox.is_idle:
            del self._outboxes[outbox.system_id]
