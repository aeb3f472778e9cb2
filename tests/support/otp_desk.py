"""One-time passwords on the hand-played gateway: a desk where they are sent and checked."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hand_gateway import ITALIAN, Gateway

from staffetta.accounts.terms import Allowance, Terms
from staffetta.domain.environments import Environment
from staffetta.messaging.draft import IdempotencyKey
from staffetta.messaging.inspection import Space
from staffetta.otp.send import OtpRequest, OtpSender, SentOtp
from staffetta.otp.verify import OtpVerifier, Verified, Wrong

CONNECTIONS = 8  # of the pool
UNGUARDED = Terms(
    otp_per_recipient=Allowance(0, 1),
    otp_per_prefix=Allowance(0, 1),
    otp_per_account=Allowance(0, 1),
)


def otp_request(**changes: Any) -> OtpRequest:
    key = changes.pop("key", None)
    body_hash = changes.pop("body_hash", b"h" * 32)
    fields: dict[str, Any] = {
        "recipient": ITALIAN,
        "alphanumeric": False,
        "length": 5,
        "cache_seconds": 0,
        "dry_run": False,
        "fail_on_multiple_segments": False,
        "callback": None,
        "idempotency": IdempotencyKey("/otp", key, body_hash) if key else None,
    }
    return OtpRequest(**{**fields, **changes})


@dataclass
class Desk:
    """Where passwords are sent from and checked, for one account without guards."""

    gateway: Gateway
    sender: OtpSender
    verifier: OtpVerifier
    terms: Terms = UNGUARDED

    @property
    def space(self) -> Space:
        return Space(self.gateway.space_id, Environment.PRODUCTION, self.terms)

    @property
    def now(self) -> datetime:
        return self.gateway.clock.now()

    async def send_together(self, *requests: OtpRequest) -> list[SentOtp | BaseException]:
        """Send all at the same moment."""
        tasks = [
            asyncio.ensure_future(self.sender.send(self.space, request, self.now))
            for request in requests
        ]
        while not all(task.done() for task in tasks):
            await asyncio.sleep(0)
            await self.gateway.intake.store_once()
        return await asyncio.gather(*tasks, return_exceptions=True)

    async def send(self, **changes: Any) -> SentOtp:
        (sent,) = await self.send_together(otp_request(**changes))
        if isinstance(sent, BaseException):
            raise sent
        return sent

    async def verify_together(
        self, sent: SentOtp, code: str, times: int
    ) -> list[Verified | Wrong | BaseException]:
        """Check a code so many times at the same moment."""
        async with AsyncExitStack() as stack:  # with every connection open, none is late
            for _ in range(CONNECTIONS):
                await stack.enter_async_context(self.gateway.database.acquire())
        checks = (self.verify(sent, code) for _ in range(times))
        return await asyncio.gather(*checks, return_exceptions=True)

    async def verify(self, sent: SentOtp, code: str) -> Verified | Wrong:
        space_id = self.gateway.space_id
        return await self.verifier.verify(space_id, sent.message.id, code, self.now)


def wrong(code: str) -> str:
    """Another code of the same kind."""
    return code[:-1] + ("3" if code[-1] == "2" else "2")
