"""Sending one-time passwords on a real database: what is stored, repeated, hidden, refused."""

import pytest
from hand_gateway import FRENCH, ITALIAN
from otp_desk import Desk, otp_request, wrong

from staffetta.accounts.terms import Allowance, Terms
from staffetta.domain.errors import (
    CreditTooLow,
    GuardRefused,
    IdempotencyKeyReused,
    InvalidCallback,
    InvalidRecipient,
)
from staffetta.domain.states import State
from staffetta.otp.forget import forget_codes_once
from staffetta.otp.send import SentOtp

OTHER = "+393479876543"


def codes_of(sent: list[SentOtp | BaseException]) -> list[str | None]:
    return [one.code for one in sent if isinstance(one, SentOtp)]


async def test_the_answer_has_the_code_and_the_database_only_asterisks(desk: Desk) -> None:
    sent = await desk.send()
    assert sent.code is not None
    assert sent.message.sender == "OTP MOBILE"
    assert sent.message.text == (
        f"Il suo codice di verifica è {sent.code}. Non lo comunichi a nessuno."
    )
    stored = await desk.gateway.view(sent.message.id)
    assert stored.text == "Il suo codice di verifica è *****. Non lo comunichi a nessuno."
    assert (stored.encoding, stored.characters_count, stored.segment_count) == (
        sent.message.encoding,
        sent.message.characters_count,
        1,
    )


async def test_the_carrier_is_handed_the_code(desk: Desk) -> None:
    sent = await desk.send(recipient=FRENCH, length=8, alphanumeric=True)
    await desk.gateway.worker.dispatcher.dispatch_once()
    (claim,) = desk.gateway.connector.claims
    text = "".join(segment.text for segment in claim.segments)
    assert text == sent.message.text
    assert sent.code is not None
    assert sent.code in text


async def test_a_password_goes_before_what_waits(desk: Desk) -> None:
    await desk.gateway.accept(text="newsletter")
    sent = await desk.send()
    desk.gateway.connector.capacity = 1
    await desk.gateway.worker.dispatcher.dispatch_once()
    assert desk.gateway.connector.claims[0].recipient_id == sent.message.id


async def test_its_price_is_the_worlds_charged_when_a_carrier_takes_it(desk: Desk) -> None:
    before = await desk.gateway.wallet()
    sent = await desk.send()
    assert (sent.message.market, sent.message.price_micro) == ("WW", 0)
    assert await desk.gateway.wallet() == (before[0], 30_000)


async def test_without_a_cache_each_message_has_its_own_code(desk: Desk) -> None:
    codes = {(await desk.send(length=10)).code for _ in range(5)}
    assert len(codes) == 5


async def test_within_the_window_the_same_code_is_sent_and_charged_again(desk: Desk) -> None:
    first = await desk.send(cache_seconds=300, length=10)
    desk.gateway.clock.advance(299)
    second = await desk.send(cache_seconds=300, length=10)
    assert second.code == first.code
    assert second.message.id != first.message.id
    assert (await desk.gateway.wallet())[1] == 60_000
    desk.gateway.clock.advance(1)
    assert (await desk.send(cache_seconds=300, length=10)).code != first.code


async def test_the_window_begins_when_the_code_is_made_and_is_not_prolonged(desk: Desk) -> None:
    first = await desk.send(cache_seconds=100, length=10)
    desk.gateway.clock.advance(90)
    await desk.send(cache_seconds=600, length=10)
    desk.gateway.clock.advance(10)
    assert (await desk.send(cache_seconds=600, length=10)).code != first.code


@pytest.mark.parametrize(
    "changes",
    [{"recipient": OTHER}, {"length": 9}, {"alphanumeric": True}, {"cache_seconds": 0}],
)
async def test_another_number_length_or_kind_or_no_cache_is_another_code(
    desk: Desk, changes: dict
) -> None:
    kept = {"cache_seconds": 300, "length": 10}
    first = await desk.send(**kept)
    assert (await desk.send(**{**kept, **changes})).code != first.code
    assert (await desk.send(**kept)).code == first.code


async def test_requests_at_the_same_moment_get_the_same_code(desk: Desk) -> None:
    sent = await desk.send_together(*[otp_request(cache_seconds=60, length=10)] * 20)
    codes = codes_of(sent)
    assert len(codes) == 20
    assert len(set(codes)) == 1
    rows = await desk.gateway.rows("SELECT count(*) AS codes FROM otp_code")
    assert rows[0]["codes"] == 1


async def test_a_used_code_leaves_the_cache(desk: Desk) -> None:
    first = await desk.send(cache_seconds=300, length=10)
    assert first.code is not None
    await desk.verify(first, first.code)
    assert (await desk.send(cache_seconds=300, length=10)).code != first.code


async def test_a_code_without_tries_leaves_the_cache(desk: Desk) -> None:
    first = await desk.send(cache_seconds=300, length=10)
    assert first.code is not None
    for _ in range(5):
        await desk.verify(first, wrong(first.code))
    assert (await desk.send(cache_seconds=300, length=10)).code != first.code


async def test_a_dry_run_shows_no_code_and_keeps_none(desk: Desk) -> None:
    sent = await desk.send(dry_run=True, cache_seconds=300)
    assert sent.code is None
    assert "*****" in sent.message.text
    assert sent.message.price_micro == 30_000
    rows = await desk.gateway.rows(
        "SELECT (SELECT count(*) FROM otp_code) + (SELECT count(*) FROM otp_message)"
        "     + (SELECT count(*) FROM otp_cache) AS kept"
    )
    assert rows[0]["kept"] == 0
    assert await desk.gateway.wallet() == (10_000_000, 0)


@pytest.mark.parametrize("cache_seconds", [0, 300])
async def test_a_repeated_request_is_answered_with_its_first_code(
    desk: Desk, cache_seconds: int
) -> None:
    first = await desk.send(key="k", cache_seconds=cache_seconds)
    desk.gateway.clock.advance(3600)
    again = await desk.send(key="k", cache_seconds=cache_seconds)
    assert (again.replayed, again.code) == (True, first.code)
    assert again.message.id == first.message.id
    assert again.message.text == first.message.text
    assert await desk.gateway.wallet() == (10_000_000, 30_000)


async def test_a_first_code_is_known_for_as_long_as_its_key(desk: Desk) -> None:
    first = await desk.send(key="k")
    desk.gateway.clock.advance(24 * 3600)
    await forget_codes_once(desk.gateway.database, desk.now)
    assert (await desk.send(key="k")).code == first.code


async def test_a_key_with_another_body_is_refused(desk: Desk) -> None:
    await desk.send(key="k")
    with pytest.raises(IdempotencyKeyReused):
        await desk.send(key="k", body_hash=b"other" * 6)


async def test_twenty_repeats_at_once_send_one_message(desk: Desk) -> None:
    sent = await desk.send_together(*[otp_request(key="k", length=10)] * 20)
    assert len(codes_of(sent)) == 20
    assert len(set(codes_of(sent))) == 1
    rows = await desk.gateway.rows("SELECT count(*) AS messages FROM message")
    assert rows[0]["messages"] == 1


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"recipient": "+3906123456"}, InvalidRecipient),
        ({"callback": {"url": "nowhere"}}, InvalidCallback),
    ],
)
async def test_it_is_refused_as_every_message_is(desk: Desk, changes: dict, refusal: type) -> None:
    with pytest.raises(refusal):
        await desk.send(**changes)
    rows = await desk.gateway.rows("SELECT count(*) AS messages FROM message")
    assert rows[0]["messages"] == 0


async def test_a_wallet_that_cannot_pay_sends_nothing(desk: Desk) -> None:
    async with desk.gateway.database.acquire() as connection:
        await connection.execute("UPDATE wallet SET balance_micro = 500000")
    with pytest.raises(CreditTooLow):
        await desk.send()


async def test_the_guard_lets_exactly_five_of_fifty_at_once_through(desk: Desk) -> None:
    desk.terms = Terms()
    sent = await desk.send_together(*[otp_request()] * 50)
    assert sum(isinstance(one, SentOtp) for one in sent) == 5
    refused = [str(one) for one in sent if isinstance(one, GuardRefused)]
    assert len(refused) == 45
    assert all("the recipient guard" in sentence for sentence in refused)
    with pytest.raises(GuardRefused, match="the recipient guard"):
        await desk.send(dry_run=True)
    assert await desk.gateway.wallet() == (10_000_000, 5 * 30_000)


async def test_pumping_through_a_range_of_numbers_ends_at_its_prefix(desk: Desk) -> None:
    desk.terms = Terms(otp_per_prefix=Allowance(10, 600))
    asked = [otp_request(recipient=f"{ITALIAN[:-4]}{last:04}") for last in range(30)]
    sent = await desk.send_together(*asked)
    assert sum(isinstance(one, SentOtp) for one in sent) == 10
    assert all("the prefix guard" in str(one) for one in sent if not isinstance(one, SentOtp))


async def test_the_code_stands_nowhere_in_clear(desk: Desk) -> None:
    callback = {"url": "https://example.com/hook", "custom": {"a": "b"}}
    for changes in ({}, {"cache_seconds": 60}, {"alphanumeric": True}):
        sent = await desk.send(callback=callback, length=10, **changes)
        assert sent.code is not None
        await desk.gateway.worker.dispatcher.dispatch_once()
        tables = await desk.gateway.rows(
            "SELECT relname AS name FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        assert {"otp_code", "otp_cache", "otp_message"} <= {table["name"] for table in tables}
        in_octets = sent.code.encode().hex()
        for table in tables:
            rows = await desk.gateway.rows(f"SELECT whole::text FROM {table['name']} AS whole")
            for row in rows:
                assert sent.code not in row["whole"], table["name"]
                assert in_octets not in row["whole"], table["name"]


async def test_codes_are_forgotten_after_a_day_and_an_hour(desk: Desk) -> None:
    await desk.send(cache_seconds=60)
    await desk.send()
    desk.gateway.clock.advance(3600)
    assert await forget_codes_once(desk.gateway.database, desk.now) == 1  # the cache's entry
    desk.gateway.clock.advance(24 * 3600 + 1)
    assert await forget_codes_once(desk.gateway.database, desk.now) == 4
    assert await forget_codes_once(desk.gateway.database, desk.now) == 0


async def test_a_forgotten_cache_entry_is_made_again(desk: Desk) -> None:
    first = await desk.send(cache_seconds=60, length=10)
    desk.gateway.clock.advance(3600)
    await forget_codes_once(desk.gateway.database, desk.now)
    assert (await desk.send(cache_seconds=60, length=10)).code != first.code


async def test_it_starts_queued(desk: Desk) -> None:
    sent = await desk.send()
    assert sent.message.state is State.QUEUED
