"""A one-time code is in no trace, whatever is asked for."""

from otp_desk import Desk
from traced import texts, traced

from staffetta.otp.verify import Verified


async def test_a_code_is_masked_in_the_text_and_its_use_is_told(desk: Desk) -> None:
    sent = await desk.send()
    await desk.gateway.worker.dispatcher.dispatch_once()
    (claim,) = desk.gateway.connector.claims
    code = "".join(filter(str.isdigit, claim.segments[0].text))
    assert len(code) == 5
    assert isinstance(await desk.verify(sent, code), Verified)

    timeline = await traced(desk.gateway, sent.message.id, with_text=True, with_hex=True)

    assert "*****" in texts(timeline, "text")[0]
    assert not [event for event in timeline.events if code in event.text]
    assert texts(timeline, "request") == ["v2 /otp from alice@example.com, sender OTP MOBILE"]
    assert [text.partition(";")[0] for text in texts(timeline, "code")] == [
        "a one-time code was made",
        "the code was used",
    ]


async def test_a_claim_says_that_it_carries_a_code(desk: Desk) -> None:
    await desk.send()
    await desk.gateway.accept()
    await desk.gateway.worker.dispatcher.dispatch_once()
    assert [claim.is_code for claim in desk.gateway.connector.claims] == [True, False]
