"""Reports that spell ids another way than the answers: matched, learned, and never guessed."""

from datetime import timedelta

import msgspec
from hand_gateway import FRENCH, ITALIAN, Gateway, accepted

from staffetta.domain.environments import Market
from staffetta.domain.states import State
from staffetta.messaging.connector import Report, ReportMeaning
from staffetta.messaging.evidence import AGREEING_MIN
from staffetta.messaging.learning import Learning
from staffetta.routing.learned import forget_learned
from staffetta.smpp.message_ids import IdForm, message_id_key

DIGITS = ITALIAN.removeprefix("+")


def report(
    gateway: Gateway,
    smsc_id: str,
    text_id: str | None = None,
    *,
    destination: str = DIGITS,
    sender: str = "ACME",
    form: IdForm | None = None,
    meaning: ReportMeaning = ReportMeaning.DELIVERED,
) -> Report:
    return Report(
        connector_id=gateway.connector.connector_id,
        smsc_id=smsc_id,
        smsc_key=message_id_key(smsc_id, form or IdForm.AS_IS),
        meaning=meaning,
        state_word=meaning.name,
        error="",
        done_at=None,
        destination=destination,
        sender=sender,
        tlv_id=smsc_id,
        text_id=smsc_id if text_id is None else text_id,
        id_form=form,
    )


async def submitted(gateway: Gateway, smsc_id: str, recipient: str = ITALIAN) -> bytes:
    claim = await gateway.accept_and_claim(recipient=recipient, market=_market(recipient))
    await gateway.settle(claim, accepted(message_id_key(smsc_id)))
    return claim.recipient_id


def _market(recipient: str) -> Market:
    return Market.ITALY if recipient.startswith("+39") else Market.WORLD


async def state_of(gateway: Gateway, message_id: bytes) -> State:
    return (await gateway.view(message_id)).state


async def dispositions(gateway: Gateway) -> list[str]:
    rows = await gateway.rows("SELECT disposition FROM report ORDER BY id")
    return [row["disposition"] for row in rows]


async def learn_decimal(gateway: Gateway) -> None:
    """Show the gateway a carrier that answers in hexadecimal and reports in decimal."""
    for number in range(0xABC0, 0xABC0 + AGREEING_MIN):
        await submitted(gateway, f"{number:x}")
        await gateway.report(report(gateway, str(number)))
    await gateway.learning.share_once()


async def test_a_decimal_report_meets_the_hexadecimal_answer(gateway: Gateway) -> None:
    message_id = await submitted(gateway, "33E95179")
    await gateway.report(report(gateway, "0870928761"))
    assert await state_of(gateway, message_id) is State.DELIVERED


async def test_a_hexadecimal_report_meets_the_decimal_answer(gateway: Gateway) -> None:
    message_id = await submitted(gateway, "870928761")
    await gateway.report(report(gateway, "33E95179"))
    assert await state_of(gateway, message_id) is State.DELIVERED


async def test_either_id_of_a_report_may_be_the_right_one(gateway: Gateway) -> None:
    first, second = await submitted(gateway, "aaaa1"), await submitted(gateway, "aaaa2")
    await gateway.report(
        report(gateway, "aaaa1", "junk-1"),
        report(gateway, "junk-2", "aaaa2"),
    )
    assert await state_of(gateway, first) is State.DELIVERED
    assert await state_of(gateway, second) is State.DELIVERED


async def test_sixteen_meets_the_message_of_the_recipient_that_it_names(gateway: Gateway) -> None:
    italian, french = await submitted(gateway, "16"), await submitted(gateway, "10", FRENCH)
    await gateway.report(report(gateway, "16", destination=FRENCH.removeprefix("+")))
    assert await state_of(gateway, italian) is State.SUBMITTED
    assert await state_of(gateway, french) is State.DELIVERED
    await gateway.report(report(gateway, "16", destination="ACME", sender="003331234567"))
    assert await state_of(gateway, italian) is State.DELIVERED


async def test_a_report_that_could_mean_two_waits_and_is_kept(gateway: Gateway) -> None:
    first, second = await submitted(gateway, "16"), await submitted(gateway, "10")
    await gateway.report(report(gateway, "16"))
    assert gateway.answers == [True]
    assert await dispositions(gateway) == ["waiting"]
    assert await gateway.reporter.rematch_once() == 0
    for message_id in (first, second):
        assert await state_of(gateway, message_id) is State.SUBMITTED


async def test_what_waited_is_matched_when_the_spelling_is_learned(gateway: Gateway) -> None:
    first, second = await submitted(gateway, "16"), await submitted(gateway, "10")
    await gateway.report(report(gateway, "16"))
    await learn_decimal(gateway)
    assert await gateway.reporter.rematch_once() == 1
    assert await state_of(gateway, first) is State.SUBMITTED
    assert await state_of(gateway, second) is State.DELIVERED


async def test_a_short_id_of_somebody_elses_message_is_not_believed(gateway: Gateway) -> None:
    # The answer "10" is still on its way; the carrier's decimal 16 is not the hexadecimal one.
    other = await submitted(gateway, "16")
    claim = await gateway.accept_and_claim(recipient=FRENCH, market=_market(FRENCH))
    await gateway.report(report(gateway, "16", destination=FRENCH.removeprefix("+")))
    assert await state_of(gateway, other) is State.SUBMITTED
    await gateway.settle(claim, accepted("10"))
    await gateway.reporter.rematch_once()
    assert await state_of(gateway, other) is State.SUBMITTED
    assert await state_of(gateway, claim.recipient_id) is State.DELIVERED


async def test_a_kept_report_is_found_under_the_key_of_its_message(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.report(report(gateway, "43981"))
    await gateway.settle(claim, accepted("abcd"))
    await gateway.reporter.rematch_once()
    await gateway.report(report(gateway, "43981"))
    rows = await gateway.rows("SELECT smsc_id, smsc_key, disposition FROM report ORDER BY id")
    assert [tuple(row.values()) for row in rows] == [
        ("43981", "abcd", "matched"),
        ("43981", "abcd", "late"),
    ]


async def test_a_few_reports_teach_the_spelling_to_every_process(gateway: Gateway) -> None:
    await learn_decimal(gateway)
    (row,) = await gateway.rows("SELECT * FROM connector_learned")
    assert (row["report_spelling"], row["evidence_count"]) == (
        "tlv/decimal text/decimal",
        AGREEING_MIN,
    )
    other = Learning(gateway.database, gateway.clock)
    assert other.reading_of(gateway.connector.connector_id, is_set=False).name == ""
    assert await other.share_once() == 0
    reading = other.reading_of(gateway.connector.connector_id, is_set=False)
    assert reading.name == "tlv/decimal text/decimal"


async def test_what_is_forgotten_is_forgotten_by_running_processes(gateway: Gateway) -> None:
    await learn_decimal(gateway)
    async with gateway.database.transaction() as connection:
        await forget_learned(connection, gateway.connector.connector_id)
    await gateway.learning.share_once()
    reading = gateway.learning.reading_of(gateway.connector.connector_id, is_set=False)
    assert reading.name == ""


async def test_a_learned_spelling_reads_an_ambiguous_id_one_way(gateway: Gateway) -> None:
    await learn_decimal(gateway)
    first, second = await submitted(gateway, "16"), await submitted(gateway, "10")
    await gateway.report(report(gateway, "16"))
    assert await state_of(gateway, first) is State.SUBMITTED
    assert await state_of(gateway, second) is State.DELIVERED


async def test_a_learned_report_before_its_answer_meets_nobody_else(gateway: Gateway) -> None:
    await learn_decimal(gateway)
    other = await submitted(gateway, "16")
    claim = await gateway.accept_and_claim()
    await gateway.report(report(gateway, "16"))
    assert await state_of(gateway, other) is State.SUBMITTED
    await gateway.settle(claim, accepted("10"))
    assert await state_of(gateway, claim.recipient_id) is State.DELIVERED
    assert await dispositions(gateway) == ["matched"]


async def test_a_spelling_that_stops_matching_is_learned_anew(gateway: Gateway) -> None:
    await learn_decimal(gateway)
    messages = [await submitted(gateway, f"99{number}00") for number in range(AGREEING_MIN)]
    await gateway.report(*(report(gateway, f"99{number}00") for number in range(AGREEING_MIN)))
    assert await dispositions(gateway) == ["waiting"] * AGREEING_MIN
    gateway.clock.advance(6)
    assert await gateway.reporter.rematch_once() == AGREEING_MIN
    for message_id in messages:
        assert await state_of(gateway, message_id) is State.DELIVERED
    assert await gateway.learning.share_once() == 1
    (row,) = await gateway.rows("SELECT report_spelling FROM connector_learned")
    assert row["report_spelling"] == "tlv/same text/same"
    last = await submitted(gateway, "16")
    await gateway.report(report(gateway, "16"))
    assert await state_of(gateway, last) is State.DELIVERED


async def test_what_contradicts_a_learned_spelling_puts_it_in_doubt(gateway: Gateway) -> None:
    await learn_decimal(gateway)
    # No decimal number: it cannot be what was learned, and is read in every way at once.
    message_id = await submitted(gateway, "1f4a")
    await gateway.report(report(gateway, "1f4a"))
    assert await state_of(gateway, message_id) is State.DELIVERED
    # From now on the destination decides, not what was learned.
    first, second = await submitted(gateway, "16"), await submitted(gateway, "10", FRENCH)
    await gateway.report(report(gateway, "16"))
    assert await state_of(gateway, first) is State.DELIVERED
    assert await state_of(gateway, second) is State.SUBMITTED


async def test_a_carrier_of_two_systems_is_matched_at_once_for_good(gateway: Gateway) -> None:
    for number in range(0xABC0, 0xABC0 + 3 * AGREEING_MIN):
        message_id = await submitted(gateway, f"{number:x}")
        smsc_id = f"{number:x}" if number % 2 else str(number)
        await gateway.report(report(gateway, smsc_id))
        assert await state_of(gateway, message_id) is State.DELIVERED


async def test_a_doubt_ends_when_a_few_agree_again(gateway: Gateway) -> None:
    await learn_decimal(gateway)
    for number in range(AGREEING_MIN):
        await submitted(gateway, f"1f4a{number}")
        await gateway.report(report(gateway, f"1f4a{number}"))
    await gateway.learning.share_once()
    (row,) = await gateway.rows("SELECT report_spelling FROM connector_learned")
    assert row["report_spelling"] == "tlv/same text/same"


async def test_what_is_confirmed_of_one_source_leaves_the_other_to_be_learned(
    gateway: Gateway,
) -> None:
    def by_tlv(smsc_id: str) -> Report:
        return report(gateway, smsc_id, "")

    def by_text(smsc_id: str) -> Report:
        return msgspec.structs.replace(report(gateway, smsc_id), tlv_id="")

    for number in range(0xABC0, 0xABC0 + AGREEING_MIN):
        await submitted(gateway, f"{number:x}")
        await gateway.report(by_tlv(f"{number:x}"))
    for number in range(0xABD0, 0xABD0 + AGREEING_MIN):
        for place, one in enumerate((by_tlv(f"{number:x}1"), by_text(str(number * 16 + 2))), 1):
            await submitted(gateway, f"{number:x}{place}")
            await gateway.report(one)
    await gateway.learning.share_once()
    (row,) = await gateway.rows("SELECT report_spelling FROM connector_learned")
    assert row["report_spelling"] == "tlv/same text/decimal"


async def test_each_source_of_ids_has_its_own_spelling(gateway: Gateway) -> None:
    for number in range(0xABC0, 0xABC0 + AGREEING_MIN):
        await submitted(gateway, f"{number:x}")
        await gateway.report(report(gateway, f"{number:x}", str(number)))
    first, second = await submitted(gateway, "16"), await submitted(gateway, "10")
    by_text = msgspec.structs.replace(report(gateway, "16"), tlv_id="")
    await gateway.report(by_text)
    assert await state_of(gateway, first) is State.SUBMITTED
    assert await state_of(gateway, second) is State.DELIVERED
    await gateway.report(report(gateway, "16", ""))
    assert await state_of(gateway, first) is State.DELIVERED


async def test_a_tlv_that_means_nothing_teaches_nothing(gateway: Gateway) -> None:
    for number in range(AGREEING_MIN):
        await submitted(gateway, f"abc{number}")
        await gateway.report(report(gateway, "junk", f"abc{number}"))
    await gateway.learning.share_once()
    (row,) = await gateway.rows("SELECT report_spelling FROM connector_learned")
    assert row["report_spelling"] == "text/same"
    message_id = await submitted(gateway, "16")
    await gateway.report(report(gateway, "junk", "16"))
    assert await state_of(gateway, message_id) is State.DELIVERED


async def test_short_ids_without_an_address_are_matched_and_teach_nothing(
    gateway: Gateway,
) -> None:
    for number in range(AGREEING_MIN + 1):
        message_id = await submitted(gateway, f"10{number}")
        await gateway.report(report(gateway, f"10{number}", destination="", sender=""))
        assert await state_of(gateway, message_id) is State.DELIVERED
    await gateway.learning.share_once()
    assert await gateway.rows("SELECT FROM connector_learned") == []


async def test_what_an_operator_set_goes_before_what_was_learned(gateway: Gateway) -> None:
    await learn_decimal(gateway)
    first, second = await submitted(gateway, "16"), await submitted(gateway, "10")
    await gateway.report(report(gateway, "16", form=IdForm.AS_IS))
    assert await state_of(gateway, first) is State.DELIVERED
    assert await state_of(gateway, second) is State.SUBMITTED


async def test_an_id_used_again_is_the_older_messages_where_only_that_waits(
    gateway: Gateway,
) -> None:
    older = await submitted(gateway, "16")
    gateway.clock.advance(3600)
    newer = await submitted(gateway, "16", FRENCH)
    await gateway.report(report(gateway, "16", destination=FRENCH, form=IdForm.AS_IS))
    assert await state_of(gateway, newer) is State.DELIVERED
    await gateway.report(report(gateway, "16", form=IdForm.AS_IS))
    assert await state_of(gateway, older) is State.DELIVERED


async def test_a_message_kept_under_an_older_key_is_found(gateway: Gateway) -> None:
    claim = await gateway.accept_and_claim()
    await gateway.settle(claim, accepted("00ab12"))  # as the version before wrote it
    await gateway.report(report(gateway, "00AB12"))
    assert await state_of(gateway, claim.recipient_id) is State.DELIVERED


async def test_of_several_words_on_the_way_the_last_is_kept(gateway: Gateway) -> None:
    message_id = await submitted(gateway, "abc")
    on_its_way = report(gateway, "abc", meaning=ReportMeaning.INTERMEDIATE)
    words = [_saying(on_its_way, word) for word in ("ACCEPTD", "BUFFERD", "ENROUTE")]
    await gateway.report(*words)
    await gateway.report(_saying(on_its_way, "SENT"))
    (row,) = await gateway.rows("SELECT report_state, report_event FROM submission")
    assert (row["report_state"], row["report_event"]) == ("SENT", None)
    await gateway.report(report(gateway, "abc"), *words)
    await gateway.report(*words)
    assert await state_of(gateway, message_id) is State.DELIVERED
    (row,) = await gateway.rows("SELECT report_state FROM submission")
    assert row["report_state"] == "DELIVERED"


def _saying(one: Report, word: str) -> Report:
    return msgspec.structs.replace(one, state_word=word)


async def test_a_report_days_late_is_stored_and_undoes_nothing(gateway: Gateway) -> None:
    message_id = await submitted(gateway, "abc")
    gateway.clock.advance(timedelta(days=6).total_seconds())
    await gateway.housekeeper.expire_once()
    await gateway.report(report(gateway, "abc"))
    assert await state_of(gateway, message_id) is State.EXPIRED
    (row,) = await gateway.rows("SELECT report_event FROM submission")
    assert row["report_event"] == "report_delivered"
    assert await dispositions(gateway) == []


async def test_a_report_of_weeks_ago_means_nobody(gateway: Gateway) -> None:
    await submitted(gateway, "abc")
    gateway.clock.advance(timedelta(days=8).total_seconds())
    await gateway.report(report(gateway, "abc"))
    assert await dispositions(gateway) == ["waiting"]


async def test_a_report_without_an_id_is_kept_as_an_orphan(gateway: Gateway) -> None:
    await gateway.report(report(gateway, ""))
    assert gateway.answers == [True]
    (row,) = await gateway.rows("SELECT smsc_id, disposition, destination FROM report")
    assert tuple(row.values()) == ("", "orphan", DIGITS)


async def test_a_time_that_cannot_be_is_not_kept(gateway: Gateway) -> None:
    now = gateway.clock.now()
    for key, done_at, kept in (
        ("a1", now - timedelta(minutes=1), now - timedelta(minutes=1)),
        ("a2", now + timedelta(hours=2), None),
        ("a3", now - timedelta(days=5000), None),
    ):
        await submitted(gateway, key)
        await gateway.report(msgspec.structs.replace(report(gateway, key), done_at=done_at))
        (row,) = await gateway.rows("SELECT done_at FROM submission WHERE smsc_key = $1", key)
        assert row["done_at"] == kept


async def test_an_error_is_told_in_words_and_its_reason_is_kept(gateway: Gateway) -> None:
    message_id = await submitted(gateway, "abc")
    failed = msgspec.structs.replace(
        report(gateway, "abc", meaning=ReportMeaning.UNDELIVERABLE),
        error="375",
        error_words="The recipient is barred from messages.",
        error_reason="barred",
    )
    await gateway.report(failed)
    (row,) = await gateway.rows("SELECT detail FROM recipient WHERE id = $1", message_id)
    assert row["detail"] == "UNDELIVERABLE, error 375: The recipient is barred from messages."
    (row,) = await gateway.rows("SELECT report_error, report_reason FROM submission")
    assert tuple(row.values()) == ("375", "barred")
