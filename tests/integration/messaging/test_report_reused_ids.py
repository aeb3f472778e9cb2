"""Ids that carriers use again, and what only reads like a report: no message ends by another's."""

from datetime import timedelta

import msgspec
import pytest
from hand_gateway import FRENCH, ITALIAN, Gateway, accepted

from staffetta.domain.environments import Market
from staffetta.domain.states import State
from staffetta.messaging.connector import Claim, Report, ReportMeaning
from staffetta.messaging.evidence import AGREEING_MIN
from staffetta.messaging.report import ORPHAN_AFTER
from staffetta.messaging.unmatched import UNMATCHED_MIN, UnmatchedWatch
from staffetta.routing.alarms import AlarmChange
from staffetta.smpp.message_ids import IdForm, message_id_key

TO_ITALIAN, TO_FRENCH = ITALIAN.removeprefix("+"), FRENCH.removeprefix("+")
LONG_ID = "33e95179"


def report(gateway: Gateway, smsc_id: str, destination: str, **changes: object) -> Report:
    """A report of a carrier whose ids an operator set to be as they stand."""
    one = Report(
        connector_id=gateway.connector.connector_id,
        smsc_id=smsc_id,
        smsc_key=message_id_key(smsc_id),
        meaning=ReportMeaning.DELIVERED,
        state_word="DELIVRD",
        error="000",
        done_at=None,
        destination=destination,
        sender="ACME" if destination else "",
        tlv_id=smsc_id,
        text_id=smsc_id,
        id_form=IdForm.AS_IS,
    )
    return msgspec.structs.replace(one, **changes)


async def claimed(gateway: Gateway, recipient: str) -> Claim:
    market = Market.ITALY if recipient == ITALIAN else Market.WORLD
    return await gateway.accept_and_claim(recipient=recipient, market=market)


async def submitted(gateway: Gateway, smsc_id: str, recipient: str = ITALIAN) -> bytes:
    claim = await claimed(gateway, recipient)
    await gateway.settle(claim, accepted(smsc_id))
    return claim.recipient_id


async def state_of(gateway: Gateway, message_id: bytes) -> State:
    return (await gateway.view(message_id)).state


async def dispositions(gateway: Gateway) -> list[str]:
    rows = await gateway.rows("SELECT disposition FROM report ORDER BY id")
    return [row["disposition"] for row in rows]


async def test_a_counter_that_began_anew_ends_nobody_elses_message(gateway: Gateway) -> None:
    first = await submitted(gateway, "77")  # the phone is off
    gateway.clock.advance(timedelta(days=2).total_seconds())
    second = await submitted(gateway, "77", FRENCH)
    await gateway.report(report(gateway, "77", TO_ITALIAN))
    assert await state_of(gateway, first) is not State.SUBMITTED
    assert await state_of(gateway, second) is State.SUBMITTED
    await gateway.report(report(gateway, "77", TO_FRENCH))
    assert await state_of(gateway, second) is State.DELIVERED
    assert await dispositions(gateway) == []


async def test_a_short_id_waits_for_the_answer_of_the_recipient_that_it_names(
    gateway: Gateway,
) -> None:
    other = await submitted(gateway, "77", FRENCH)
    claim = await claimed(gateway, ITALIAN)
    await gateway.report(report(gateway, "77", TO_ITALIAN))
    assert await state_of(gateway, other) is State.SUBMITTED
    assert await dispositions(gateway) == ["waiting"]
    await gateway.settle(claim, accepted("77"))
    assert await state_of(gateway, claim.recipient_id) is State.DELIVERED
    assert await state_of(gateway, other) is State.SUBMITTED


async def test_a_report_that_names_our_sender_alone_is_believed(gateway: Gateway) -> None:
    message_id = await submitted(gateway, "77")
    await gateway.rows("UPDATE message SET sender = $1 RETURNING id", "390612345678")  # one of v1
    await gateway.report(report(gateway, "77", "", sender="390612345678"))
    assert await state_of(gateway, message_id) is State.DELIVERED


async def test_short_ids_of_nobody_do_not_confirm_a_spelling(gateway: Gateway) -> None:
    for number in range(AGREEING_MIN):
        await submitted(gateway, f"abc{number}")
        await gateway.report(report(gateway, f"abc{number}", TO_ITALIAN, id_form=None))
    # Now the carrier reports in decimal. In between some meet messages of others, as they stand.
    for number in range(0x1000, 0x1000 + AGREEING_MIN):
        mine = await submitted(gateway, f"{number:x}")
        other = await submitted(gateway, str(number), FRENCH)
        await gateway.report(report(gateway, str(number), TO_ITALIAN, id_form=None))
        gateway.clock.advance(6)
        await gateway.reporter.rematch_once()
        assert await state_of(gateway, mine) is State.DELIVERED
        assert await state_of(gateway, other) is State.SUBMITTED
    await gateway.learning.share_once()
    (row,) = await gateway.rows("SELECT report_spelling FROM connector_learned")
    assert row["report_spelling"] == "tlv/decimal text/decimal"


@pytest.mark.parametrize("form", [IdForm.AS_IS, None], ids=["set", "learning"])
async def test_what_only_reads_like_a_report_ends_no_strangers_message(
    gateway: Gateway, form: IdForm | None
) -> None:
    message_id = await submitted(gateway, LONG_ID)
    sniffed = report(gateway, LONG_ID, TO_FRENCH, tlv_id="", id_form=form, is_sniffed=True)
    unnamed = msgspec.structs.replace(sniffed, destination="", sender="")
    await gateway.report(sniffed, unnamed)
    gateway.clock.advance(6)
    await gateway.reporter.rematch_once()
    assert await state_of(gateway, message_id) is State.SUBMITTED
    assert await dispositions(gateway) == ["waiting", "waiting"]
    await gateway.report(msgspec.structs.replace(sniffed, destination=TO_ITALIAN))
    assert await state_of(gateway, message_id) is State.DELIVERED


@pytest.mark.parametrize("smsc_id", ["77", LONG_ID])
@pytest.mark.parametrize("form", [IdForm.AS_IS, None], ids=["set", "learning"])
async def test_a_report_before_its_answer_under_an_id_used_again_waits_for_it(
    gateway: Gateway, smsc_id: str, form: IdForm | None
) -> None:
    await submitted(gateway, smsc_id)
    await gateway.report(report(gateway, smsc_id, TO_ITALIAN, id_form=form))
    claim = await claimed(gateway, FRENCH)
    await gateway.report(report(gateway, smsc_id, TO_FRENCH, id_form=form))
    assert await dispositions(gateway) == ["waiting"]
    await gateway.settle(claim, accepted(smsc_id))
    assert await state_of(gateway, claim.recipient_id) is State.DELIVERED


async def test_one_to_the_same_phone_that_says_something_else_waits_too(gateway: Gateway) -> None:
    await submitted(gateway, "77")
    at = gateway.clock.now()
    await gateway.report(report(gateway, "77", TO_ITALIAN, done_at=at))
    claim = await claimed(gateway, ITALIAN)
    later = at + timedelta(seconds=1)
    gateway.clock.advance(2)
    await gateway.report(report(gateway, "77", TO_ITALIAN, done_at=later))
    await gateway.settle(claim, accepted("77"))
    assert await state_of(gateway, claim.recipient_id) is State.DELIVERED


async def test_what_is_repeated_is_late_at_once_and_what_differs_when_nothing_came(
    gateway: Gateway,
) -> None:
    await submitted(gateway, "77")
    delivered = report(gateway, "77", TO_ITALIAN)
    on_its_way = msgspec.structs.replace(
        delivered, meaning=ReportMeaning.INTERMEDIATE, state_word="ENROUTE"
    )
    expired = msgspec.structs.replace(
        delivered, meaning=ReportMeaning.EXPIRED, state_word="EXPIRED"
    )
    await gateway.report(delivered)
    await gateway.report(delivered, on_its_way, expired)
    assert await dispositions(gateway) == ["late", "late", "waiting"]
    gateway.clock.advance(ORPHAN_AFTER.total_seconds() + 1)
    await gateway.reporter.rematch_once()
    assert await dispositions(gateway) == ["late", "late", "late"]


async def test_a_carrier_that_says_two_things_of_each_message_alarms_nobody(
    gateway: Gateway,
) -> None:
    alarms: list[AlarmChange] = []
    counts = gateway.reporter.unmatched
    watch = UnmatchedWatch(gateway.database, gateway.clock, counts, alarms.append)
    for number in range(UNMATCHED_MIN + 1):
        await submitted(gateway, f"abc{number}")
        words = [report(gateway, f"abc{number}", TO_ITALIAN, error=error) for error in "012"]
        await gateway.report(*words)
    gateway.clock.advance(20)
    assert await watch.watch_once() == 0
    assert [one.detail for one in alarms] == [None]  # all is well


async def test_a_carrier_that_names_no_phone_and_turns_to_decimal_is_learned_anew(
    gateway: Gateway,
) -> None:
    for number in range(AGREEING_MIN):
        await submitted(gateway, f"abcdef0{number}")
        await gateway.report(report(gateway, f"abcdef0{number}", "", id_form=None))
    for number in range(0x10000000, 0x10000000 + AGREEING_MIN):
        message_id = await submitted(gateway, f"{number:x}")
        await gateway.report(report(gateway, str(number), "", id_form=None))
        gateway.clock.advance(6)
        await gateway.reporter.rematch_once()
        assert await state_of(gateway, message_id) is State.DELIVERED
    await gateway.learning.share_once()
    (row,) = await gateway.rows("SELECT report_spelling FROM connector_learned")
    assert row["report_spelling"] == "tlv/decimal text/decimal"


async def test_the_sweep_looks_back_to_old_messages_once_a_minute(gateway: Gateway) -> None:
    await gateway.reporter.rematch_once()
    claim = await claimed(gateway, ITALIAN)
    gateway.clock.advance(timedelta(days=60).total_seconds())  # it waited for the account
    await gateway.reporter.rematch_once()
    await gateway.settle(claim, accepted(LONG_ID))
    await gateway.report(report(gateway, LONG_ID, TO_ITALIAN))
    assert await dispositions(gateway) == ["waiting"]
    assert await gateway.reporter.rematch_once() == 0
    gateway.clock.advance(60)
    assert await gateway.reporter.rematch_once() == 1
    assert await dispositions(gateway) == ["matched"]
