"""What a certification learns of carriers that are odd in one way each."""

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import pytest
from authority import Authority
from odd_carrier import REFUSES_FLASH, Habits, OddCarrier, in_gsm_7, in_latin_1
from running_network import running_network
from scripted_smsc import Say, report_of

from staffetta.connectors.simulated.spellings import IdSpelling, ReportForm
from staffetta.connectors.smpp.certification.certify import Plan, Progress, certify
from staffetta.connectors.smpp.certification.compose import with_changes
from staffetta.connectors.smpp.certification.conclude import conclude, outcome_of, set_command
from staffetta.connectors.smpp.certification.findings import AlphabetFinding, Findings
from staffetta.connectors.smpp.certification.observed import Greeting, Heard, Sent
from staffetta.connectors.smpp.certification.script import Question
from staffetta.connectors.smpp.incoming import Incoming
from staffetta.connectors.smpp.options import settings_of
from staffetta.connectors.smpp.outgoing import Outgoing
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.clock import SystemClock
from staffetta.smpp.message_ids import Source, Spelling, candidate_keys

NUMBER = "+393331234567"
STEPS = ["alphabet", "flash", "long_payload", "long_sar", "long_udh16", "long_udh8", "numeric",
         "plain", "ucs2"]  # fmt: skip
FACTS = Callable[..., Awaitable[Findings]]


def settings_for(port: int, **changes: Any) -> SmppSettings:
    """A connector to this machine; keyword arguments are columns or settings of its row."""
    row: dict[str, Any] = {
        "id": 7,
        "name": "carrier",
        "host": "127.0.0.1",
        "port": port,
        "system_id": "esme",
        "window_max": 10,
        "rate_per_second": 0,
        "link_count": 1,
        "settings": {"response_seconds": 5, "throttle_pause_seconds": 0.01, "unbind_seconds": 1},
    }
    for key, value in changes.items():
        (row if key in row else row["settings"])[key] = value
    return settings_of(row, "secret")


async def run(
    settings: SmppSettings,
    *,
    numbers: tuple[str, ...] = (NUMBER,),
    burst: int = 0,
    wait: float = 5.0,
    answers: dict[str, str] | None = None,
    told: list[Progress] | None = None,
    is_alone: bool = False,
) -> Findings:
    """A whole certification; `answers` are what a person would say, by the question's name."""

    def ask(question: Question) -> str:
        assert answers is not None
        return answers.get(question.name, "unknown")

    clock = SystemClock()
    plan = Plan.of(settings, "Staffetta", numbers, burst, wait, is_alone=is_alone)
    heard = [] if told is None else told
    observed = await certify(plan, clock, heard.append, None if answers is None else ask)
    return conclude(observed, settings, clock.now())


@pytest.fixture
async def carrier_with() -> AsyncIterator[Callable[..., Awaitable[OddCarrier]]]:
    started: list[OddCarrier] = []

    async def start(**habits: Any) -> OddCarrier:
        carrier = OddCarrier(Habits(**habits))
        await carrier.start()
        started.append(carrier)
        return carrier

    yield start
    for carrier in started:
        await carrier.smsc.stop()


@pytest.fixture
def certify_odd(carrier_with) -> FACTS:
    """Certify a carrier with these habits; `settings` are the connector's, `run` goes to run()."""

    async def work(
        settings: dict[str, Any] | None = None,
        run_with: dict[str, Any] | None = None,
        **habits: Any,
    ) -> Findings:
        carrier = await carrier_with(**habits)
        return await run(settings_for(carrier.smsc.port, **(settings or {})), **(run_with or {}))

    return work


async def test_an_ordinary_carrier_needs_nothing_to_be_set(certify_odd) -> None:
    findings = await certify_odd(quotes=in_latin_1)
    assert findings.settings == ()
    taken = {one.step for one in findings.observed.sent if one.answer.is_accepted}
    assert sorted(taken) == STEPS
    assert findings.ids is not None
    assert findings.ids.way is not None
    assert findings.ids.way.spelling is Spelling.SAME
    assert findings.ids.matched_count == findings.ids.report_count == len(findings.observed.sent)
    assert findings.reports is not None
    assert findings.reports.labels == ("id", "sub", "dlvrd", "submit date", "done date", "stat",
                                       "err", "text")  # fmt: skip
    assert (findings.reports.has_text, findings.reports.has_tlv_id) == (True, True)
    assert findings.reports.date_digits == 10
    assert findings.zone_minutes == 0
    assert findings.alphabet is AlphabetFinding.AS_SENT


async def test_the_simulated_network_is_certified_with_what_it_reads() -> None:
    async with running_network() as network:
        findings = await run(settings_for(network.port), burst=20)
        texts = [message.text for message in network.messages()]
    assert findings.settings == ()
    assert findings.rate is not None
    assert (findings.rate.sent_count, findings.rate.accepted_count) == (20, 20)
    assert not findings.rate.is_throttled
    assert any(text.startswith("@£$¥¡¤§ÄÖà_") and "€" in text for text in texts)
    assert sum(text.endswith("1234567890 end.") for text in texts) == 4


@pytest.mark.parametrize("form", list(ReportForm))
@pytest.mark.parametrize("ids", list(IdSpelling))
async def test_with_what_is_found_every_report_of_the_network_is_matched(
    ids: IdSpelling, form: ReportForm
) -> None:
    async with running_network(ids=ids, report_form=form) as network:
        settings = settings_for(network.port)
        findings = await run(settings)
    assert findings.ids is not None
    assert findings.ids.matched_count == findings.ids.report_count == 12
    assert {key for key, _ in findings.settings} <= {"submit_ids", "report_ids"}
    settings = with_changes(settings, dict(findings.settings))
    outgoing, incoming = Outgoing(settings), Incoming(settings)
    answered = {
        outgoing.accepted(one.answer.message_id.encode()).smsc_key for one in findings.observed.sent
    }
    for one in findings.observed.heard:
        report = incoming.report(one.pdu)
        assert report is not None
        keys = candidate_keys(report.smsc_id, report.text_id, report.id_form)
        assert answered & set(keys.values())


async def test_ids_in_hexadecimal_and_reports_in_decimal_are_found(certify_odd) -> None:
    findings = await certify_odd(answer_id=lambda number: f"{number:X}", report_id=str)
    assert findings.ids is not None
    assert findings.ids.way is not None
    assert findings.ids.way.spelling is Spelling.DECIMAL
    assert findings.ids.matched_count == findings.ids.report_count
    assert dict(findings.settings) == {"submit_ids": "hexadecimal", "report_ids": "decimal"}
    assert set_command("acme", dict(findings.settings)) == (
        "staffetta connector set acme submit_ids=hexadecimal report_ids=decimal"
    )


async def test_what_is_set_already_is_not_set_again(certify_odd) -> None:
    findings = await certify_odd(
        {"submit_ids": "hexadecimal", "report_ids": "decimal", "report_zone": "Etc/GMT-2"},
        answer_id=lambda number: f"{number:X}",
        zone_minutes=120,
    )
    assert findings.settings == ()


async def test_reports_by_text_alone_and_without_a_mark_are_understood(certify_odd) -> None:
    findings = await certify_odd({"sniffs_reports": False}, has_tlvs=False, is_marked=False)
    assert findings.reports is not None
    assert (findings.reports.has_tlv_id, findings.reports.has_tlv_state) == (False, False)
    assert findings.reports.unmarked_count == findings.reports.count
    assert findings.ids is not None
    assert findings.ids.matched_count == findings.reports.count
    assert dict(findings.settings) == {"sniffs_reports": True}


async def test_reports_by_tlvs_alone_are_understood(certify_odd) -> None:
    findings = await certify_odd(has_text=False)
    assert findings.reports is not None
    assert (findings.reports.has_text, findings.reports.has_tlv_state) == (False, True)
    assert findings.ids is not None
    assert findings.ids.way is not None
    assert findings.ids.way.source is Source.TLV
    assert findings.zone_minutes is None
    assert findings.alphabet is AlphabetFinding.UNKNOWN


@pytest.mark.parametrize(
    ("minutes", "zone"),
    [(120, "Etc/GMT-2"), (-300, "Etc/GMT+5"), (330, "Asia/Kolkata"), (345, "Asia/Kathmandu")],
)
async def test_the_zone_of_the_reports_dates_is_found(certify_odd, minutes: int, zone: str) -> None:
    findings = await certify_odd(zone_minutes=minutes, date_form="%y%m%d%H%M%S")
    assert findings.zone_minutes == minutes
    assert dict(findings.settings) == {"report_zone": zone}


async def test_throttles_at_twenty_a_second_set_the_rate(certify_odd) -> None:
    findings = await certify_odd(run_with={"burst": 60}, taken_per_second=20)
    assert findings.rate is not None
    assert findings.rate.is_throttled
    assert [code for code, _count in findings.rate.throttled] == [0x58]
    assert findings.rate.sent_count == 60
    assert findings.rate.throttled_from_count == 20
    assert dict(findings.settings) == {"rate": 20}


async def test_a_carrier_that_ends_the_connection_when_pressed_is_noticed(certify_odd) -> None:
    findings = await certify_odd(
        run_with={"burst": 200, "wait": 0.5}, taken_per_second=60, drops_when_fast=True
    )
    assert findings.rate is not None
    assert findings.rate.ended_by_carrier
    assert findings.rate.unanswered_count > 0
    assert dict(findings.settings)["rate"] <= 60
    assert any("ended the connection" in remark for remark in findings.remarks)


async def test_a_refused_flash_is_told_by_its_status(certify_odd) -> None:
    findings = await certify_odd(refused_codings=REFUSES_FLASH)
    assert outcome_of(findings.observed, "flash") == (False, 0x104)
    assert dict(findings.settings) == {"flash": "subunit"}
    assert any("ESME_RINVDCS" in remark for remark in findings.remarks)


async def test_another_coding_for_flash_is_tried(certify_odd) -> None:
    findings = await certify_odd(refused_codings=frozenset({0xF0}))
    assert dict(findings.settings) == {"gsm7_flash_data_coding": 16}


@pytest.mark.parametrize("quotes", [in_gsm_7, in_latin_1], ids=["in_gsm7", "in_latin1"])
async def test_a_carrier_that_understands_gsm7_shows_it_in_its_quotes(certify_odd, quotes) -> None:
    findings = await certify_odd(quotes=quotes)
    expected = AlphabetFinding.AS_SENT if quotes is in_latin_1 else AlphabetFinding.UNKNOWN
    assert findings.alphabet is expected  # octets that come back as they went tell nothing


async def test_a_carrier_that_reads_latin_1_is_noticed_by_its_quotes(certify_odd) -> None:
    findings = await certify_odd(reads=lambda octets: octets.decode("latin-1"), quotes=in_gsm_7)
    assert findings.alphabet is AlphabetFinding.READ_AS_LATIN_1
    assert dict(findings.settings) == {"alphabet": "latin1"}


async def test_reports_in_ucs2_tell_the_alphabet(certify_odd) -> None:
    findings = await certify_odd(report_coding=8, has_tlvs=False)
    assert findings.alphabet is AlphabetFinding.AS_SENT


async def test_a_carrier_that_reads_gsm7_where_latin_1_is_set_is_noticed(certify_odd) -> None:
    findings = await certify_odd({"alphabet": "latin1"}, report_coding=8, has_tlvs=False)
    assert findings.alphabet is AlphabetFinding.READ_AS_GSM_7
    assert dict(findings.settings) == {"alphabet": "gsm7"}


async def test_a_person_tells_what_quotes_do_not(certify_odd) -> None:
    answers = {"alphabet": "read_as_latin_1", "long_udh8": "parts", "long_sar": "whole"}
    findings = await certify_odd(run_with={"answers": answers})
    assert findings.alphabet is AlphabetFinding.READ_AS_LATIN_1
    assert dict(findings.settings) == {"alphabet": "latin1", "long_messages": "sar"}


async def test_without_a_person_what_is_not_known_is_said(certify_odd) -> None:
    findings = await certify_odd()
    assert findings.alphabet is AlphabetFinding.UNKNOWN
    assert any("look at the phone" in remark for remark in findings.remarks)


async def test_a_form_of_long_texts_that_is_refused_is_replaced(certify_odd) -> None:
    findings = await certify_odd({"long_messages": "payload"}, refuses_payload=True)
    assert outcome_of(findings.observed, "long_payload") == (False, 0xC1)
    assert dict(findings.settings) == {"long_messages": "udh8"}


async def test_a_refused_validity_is_written_another_way(certify_odd) -> None:
    findings = await certify_odd(refuses_absolute_validity=True)
    assert dict(findings.settings) == {"validity": "relative"}
    refused = [one.step for one in findings.observed.sent if not one.answer.is_accepted]
    assert refused == ["plain"]


async def test_where_letters_are_refused_a_number_is_the_sender(certify_odd) -> None:
    findings = await certify_odd(refuses_letters=True)
    refused = [one.step for one in findings.observed.sent if not one.answer.is_accepted]
    assert refused == ["plain"]
    assert any("The sender is not allowed" in remark for remark in findings.remarks)


async def test_a_carrier_without_reports_is_told_of(certify_odd) -> None:
    findings = await certify_odd(run_with={"wait": 0.2}, reports=False)
    assert findings.reports is None
    assert any("No delivery report came" in remark for remark in findings.remarks)


async def test_reports_of_live_messages_are_put_off(carrier_with) -> None:
    carrier = await carrier_with(reports=False)
    told: list[Progress] = []

    def answer_and_report(pdu):
        connection = carrier.smsc.connections[-1]
        if not connection.report_answers and pdu.sequence_number == 3:
            strange = report_of("someone-elses")
            connection.deliver(
                type(strange)(source_addr=b"34600123456", short_message=strange.short_message,
                              esm_class=strange.esm_class),
                flush=False,
            )  # fmt: skip
        return carrier._answer(pdu)

    carrier.smsc.answering = answer_and_report
    findings = await run(settings_for(carrier.smsc.port), wait=0.2, told=told)
    assert carrier.smsc.connections[0].report_answers == [0x14]
    assert [one.is_ours for one in told if isinstance(one, Heard)] == [False]
    assert any("were put off" in remark for remark in findings.remarks)


async def test_a_report_of_another_message_to_the_same_phone_is_put_off(carrier_with) -> None:
    carrier = await carrier_with()
    strange: list[int] = []

    def answer_and_report(pdu):
        if not strange:
            strange.append(carrier.smsc.connections[-1].report("someone-elses"))
        return carrier._answer(pdu)

    carrier.smsc.answering = answer_and_report
    findings = await run(settings_for(carrier.smsc.port))
    statuses = carrier.smsc.connections[0].report_answers
    assert sorted(statuses) == [0] * len(carrier.submits) + [0x14]
    assert findings.ids is not None
    assert findings.ids.matched_count == findings.ids.report_count == len(carrier.submits)


async def test_reports_that_come_before_their_answers_are_of_this_run(carrier_with) -> None:
    carrier = await carrier_with(reports=False)

    def report_first(pdu):
        number = f"id-{len(carrier.submits)}"
        carrier.submits.append(pdu)
        carrier.smsc.connections[-1].report(number)
        return Say(number)

    carrier.smsc.answering = report_first
    findings = await run(settings_for(carrier.smsc.port), burst=20)
    assert set(carrier.smsc.connections[0].report_answers) == {0}
    assert findings.ids is not None
    assert findings.ids.matched_count == findings.ids.report_count == len(carrier.submits)


class TestIdsThatNobodyKnows:
    HABITS: ClassVar = {"answer_id": "A{}-".format, "report_id": "B{}-".format}

    async def test_they_are_left_to_the_links_that_run(self, certify_odd) -> None:
        findings = await certify_odd(run_with={"wait": 0.2}, **self.HABITS)
        assert findings.ids is None
        assert not any(one.is_ours for one in findings.observed.heard)
        assert any("Stop the connector" in remark for remark in findings.remarks)
        assert not any("No delivery report came" in remark for remark in findings.remarks)

    async def test_they_are_taken_by_the_phone_while_the_connector_is_stopped(
        self, certify_odd
    ) -> None:
        findings = await certify_odd(run_with={"is_alone": True}, **self.HABITS)
        assert findings.ids is not None
        assert (findings.ids.way, findings.ids.matched_count) == (None, 0)
        assert findings.ids.answer_example.startswith("A")
        assert findings.ids.report_example.startswith("B")
        assert all(one.is_ours for one in findings.observed.heard)


async def test_a_report_without_an_id_is_known_by_its_phone(carrier_with) -> None:
    carrier = await carrier_with(report_id=lambda _number: "0", has_tlvs=False)
    findings = await run(settings_for(carrier.smsc.port))
    assert set(carrier.smsc.connections[0].report_answers) == {0}
    assert findings.reports is not None
    assert findings.reports.count == len(carrier.submits)


async def test_a_status_that_throttles_by_the_settings_alone_sets_the_rate(certify_odd) -> None:
    settings = {"status_classes": {"0x0409": "throttle"}}
    findings = await certify_odd(
        settings, run_with={"burst": 60}, taken_per_second=20, throttles_with=0x409
    )
    assert findings.rate is not None
    assert [code for code, _count in findings.rate.throttled] == [0x409]
    assert dict(findings.settings) == {"rate": 20}


async def test_without_credit_nothing_more_is_sent(carrier_with) -> None:
    carrier = await carrier_with(credit_count=2)
    settings = settings_for(carrier.smsc.port, status_classes={"0x0421": "credit"})
    findings = await run(settings, burst=20)
    assert [one.answer.command_status for one in findings.observed.sent] == [0, 0, 0x421]
    assert findings.rate is None
    assert any("out of credit" in remark for remark in findings.remarks)


class TestGreeting:
    async def test_without_numbers_nothing_is_sent(self, carrier_with) -> None:
        carrier = await carrier_with()
        told: list[Progress] = []
        findings = await run(settings_for(carrier.smsc.port), numbers=(), told=told)
        greeting = findings.observed.greeting
        assert greeting.obstacle is None
        assert greeting.enquire_seconds is not None
        (bind,) = greeting.binds
        assert (bind.kind, bind.smsc_system_id, bind.smsc_version) == (
            "transceiver",
            "SCRIPT",
            0x34,
        )
        assert bind.tlvs == ((0x0210, b"\x34"),)
        assert carrier.submits == []
        assert [type(one) for one in told] == [Greeting]

    async def test_a_pair_of_binds_sends_and_hears(self, carrier_with) -> None:
        carrier = await carrier_with()
        told: list[Progress] = []
        findings = await run(settings_for(carrier.smsc.port, bind="pair"), told=told)
        kinds = [bind.kind for bind in findings.observed.greeting.binds]
        assert kinds == ["transmitter", "receiver"]
        assert findings.ids is not None
        assert findings.ids.matched_count == sum(isinstance(one, Sent) for one in told)

    @pytest.mark.parametrize(
        ("status", "to_do"),
        [
            (0x05, "ask the carrier for one more bind"),
            (0x0E, "set the password again"),
            (0x0F, "case counts"),
            (0x0D, "system_type and address_range"),
            (0x08, "try again in a few minutes"),
            (0x0405, "ask the carrier what it means"),
        ],
    )
    async def test_a_refused_bind_says_what_to_do(
        self, carrier_with, status: int, to_do: str
    ) -> None:
        carrier = await carrier_with()
        carrier.smsc.bind_statuses = [status]
        findings = await run(settings_for(carrier.smsc.port))
        obstacle = findings.observed.greeting.obstacle
        assert obstacle is not None
        assert obstacle.command_status == status
        assert to_do in obstacle.to_do
        assert carrier.submits == []

    async def test_a_bind_that_is_not_answered_is_told_of(self, carrier_with) -> None:
        carrier = await carrier_with()
        carrier.smsc.bind_statuses = [None]
        findings = await run(settings_for(carrier.smsc.port, bind_seconds=0.1))
        obstacle = findings.observed.greeting.obstacle
        assert obstacle is not None
        assert "the bind was not answered" in obstacle.what
        assert "tls=true" in obstacle.to_do

    async def test_a_port_where_nobody_listens_is_told_of(self, carrier_with) -> None:
        carrier = await carrier_with()
        await carrier.smsc.stop()
        carrier.smsc.take_port()
        findings = await run(settings_for(carrier.smsc.port))
        obstacle = findings.observed.greeting.obstacle
        assert obstacle is not None
        where = f"127.0.0.1:{carrier.smsc.port}"
        assert obstacle.what == f"no connection to {where}: Connection refused"
        await carrier.start()

    async def test_tls_is_shown_with_its_certificate(self, carrier_with, tmp_path) -> None:
        authority = Authority()
        issued = authority.issue("localhost", address="127.0.0.1")
        carrier = await carrier_with()
        await carrier.smsc.stop()
        carrier.smsc.connections.clear()
        carrier.smsc.tls = issued.server_context(tmp_path)
        await carrier.start()
        trusted = settings_for(carrier.smsc.port, tls=True, tls_ca=authority.certificate)
        tls = (await run(trusted, numbers=())).observed.greeting.tls
        assert tls is not None
        assert tls.version.startswith("TLSv1.")
        assert tls.sha256 == issued.sha_256
        assert tls.subject == "CN=localhost"
        assert tls.valid_until is not None
        assert tls.valid_until < datetime.now(UTC) + timedelta(days=2)
        strange = settings_for(carrier.smsc.port, tls=True)
        obstacle = (await run(strange, numbers=())).observed.greeting.obstacle
        assert obstacle is not None
        assert "set tls_ca" in obstacle.what

    async def test_a_certificate_that_is_not_trusted_is_shown_for_its_pin(
        self, carrier_with, tmp_path
    ) -> None:
        issued = Authority().issue("localhost")
        carrier = await carrier_with()
        await carrier.smsc.stop()
        carrier.smsc.connections.clear()
        carrier.smsc.tls = issued.server_context(tmp_path)
        await carrier.start()
        greeting = (await run(settings_for(carrier.smsc.port, tls=True))).observed.greeting
        assert greeting.tls is not None
        assert (greeting.tls.subject, greeting.tls.is_trusted) == ("CN=localhost", False)
        assert greeting.tls.valid_from is not None
        assert greeting.obstacle is not None
        assert "unknown authority" in greeting.obstacle.what
        assert greeting.obstacle.proposed == (("tls_pin", issued.sha_256),)
        assert not any(one.told for one in carrier.smsc.connections)  # and no bind came
        pinned = settings_for(carrier.smsc.port, tls=True, **dict(greeting.obstacle.proposed))
        assert (await run(pinned, numbers=())).observed.greeting.obstacle is None
        another = settings_for(carrier.smsc.port, tls=True, tls_pin="ab" * 32)
        obstacle = (await run(another, numbers=())).observed.greeting.obstacle
        assert obstacle is not None
        assert obstacle.proposed == (("tls_pin", issued.sha_256),)
