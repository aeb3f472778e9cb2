"""Checking codes on a real database: once, in time, five tries, whoever asks at the same moment."""

import pytest
from otp_desk import Desk, wrong

from staffetta.domain.errors import CreditTooLow, OtpOver
from staffetta.otp.errors import UnknownOtp
from staffetta.otp.forget import forget_codes_once
from staffetta.otp.send import SentOtp
from staffetta.otp.verify import Verified, Wrong


def code_of(sent: SentOtp) -> str:
    assert sent.code is not None
    return sent.code


async def test_the_right_code_is_verified_once(desk: Desk) -> None:
    sent = await desk.send()
    assert await desk.verify(sent, code_of(sent)) == Verified()
    with pytest.raises(OtpOver, match="used already"):
        await desk.verify(sent, code_of(sent))
    with pytest.raises(OtpOver, match="used already"):
        await desk.verify(sent, wrong(code_of(sent)))


async def test_small_letters_and_spaces_are_forgiven(desk: Desk) -> None:
    sent = await desk.send(alphanumeric=True, length=10)
    assert await desk.verify(sent, f" {code_of(sent).lower()}\n") == Verified()


async def test_wrong_codes_use_up_five_tries(desk: Desk) -> None:
    sent = await desk.send()
    answers = [await desk.verify(sent, wrong(code_of(sent))) for _ in range(5)]
    assert answers == [Wrong(4), Wrong(3), Wrong(2), Wrong(1), Wrong(0)]
    with pytest.raises(OtpOver, match="5 wrong tries"):
        await desk.verify(sent, code_of(sent))


async def test_the_last_try_may_be_the_right_one(desk: Desk) -> None:
    sent = await desk.send()
    for _ in range(4):
        await desk.verify(sent, wrong(code_of(sent)))
    assert await desk.verify(sent, code_of(sent)) == Verified()


async def test_a_code_is_good_for_ten_minutes(desk: Desk) -> None:
    sent, other = await desk.send(), await desk.send()
    desk.gateway.clock.advance(599.9)
    assert await desk.verify(sent, code_of(sent)) == Verified()
    desk.gateway.clock.advance(0.1)
    with pytest.raises(OtpOver, match="expired"):
        await desk.verify(other, code_of(other))


async def test_the_ten_minutes_begin_at_the_last_sending(desk: Desk) -> None:
    first = await desk.send(cache_seconds=600)
    desk.gateway.clock.advance(599)
    second = await desk.send(cache_seconds=600)
    desk.gateway.clock.advance(599)
    assert await desk.verify(first, code_of(second)) == Verified()
    with pytest.raises(OtpOver, match="used already"):
        await desk.verify(second, code_of(second))


async def test_a_sending_that_was_refused_does_not_prolong_it(desk: Desk) -> None:
    sent = await desk.send(cache_seconds=600)
    desk.gateway.clock.advance(300)
    async with desk.gateway.database.acquire() as connection:
        await connection.execute("UPDATE wallet SET balance_micro = 0")
    with pytest.raises(CreditTooLow):
        await desk.send(cache_seconds=600)
    desk.gateway.clock.advance(300)
    with pytest.raises(OtpOver, match="expired"):
        await desk.verify(sent, code_of(sent))


async def test_messages_with_one_code_share_its_tries(desk: Desk) -> None:
    first, second = await desk.send(cache_seconds=60), await desk.send(cache_seconds=60)
    for sent in (first, second, first, second, first):
        await desk.verify(sent, wrong(code_of(sent)))
    with pytest.raises(OtpOver):
        await desk.verify(second, code_of(second))


async def test_twenty_right_codes_at_once_verify_once(desk: Desk) -> None:
    sent = await desk.send()
    answers = await desk.verify_together(sent, code_of(sent), 20)
    assert sum(answer == Verified() for answer in answers) == 1
    assert sum(isinstance(answer, OtpOver) for answer in answers) == 19


async def test_twenty_wrong_codes_at_once_use_up_exactly_five_tries(desk: Desk) -> None:
    sent = await desk.send()
    answers = await desk.verify_together(sent, wrong(code_of(sent)), 20)
    left = sorted(answer.tries_left for answer in answers if isinstance(answer, Wrong))
    assert left == [0, 1, 2, 3, 4]
    assert sum(isinstance(answer, OtpOver) for answer in answers) == 15


async def test_what_carries_no_code_of_this_account_is_unknown(desk: Desk) -> None:
    sent = await desk.send()
    plain = await desk.gateway.accept()
    dry = await desk.send(dry_run=True)
    verify = desk.verifier.verify
    for space_id, message_id in (
        (desk.gateway.space_id + 1, sent.message.id),
        (desk.gateway.space_id, plain.message.id),
        (desk.gateway.space_id, dry.message.id),
        (desk.gateway.space_id, b"\0" * 12),
    ):
        with pytest.raises(UnknownOtp):
            await verify(space_id, message_id, code_of(sent), desk.now)
    assert await desk.verify(sent, code_of(sent)) == Verified()


async def test_what_was_forgotten_has_expired(desk: Desk) -> None:
    sent = await desk.send()
    desk.gateway.clock.advance(48 * 3600)
    await forget_codes_once(desk.gateway.database, desk.now)
    with pytest.raises(OtpOver, match="expired"):
        await desk.verify(sent, code_of(sent))
