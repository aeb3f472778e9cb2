"""Deciding about senders, and where approval is needed: the operator's side."""

from datetime import datetime
from typing import Final

import msgspec
import phonenumbers

from staffetta.compliance import senders_sql as sql
from staffetta.compliance.errors import InvalidReason, NoSuchSender, UnknownCountry
from staffetta.compliance.senders import SenderState
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment

LISTED_MAX: Final = 1_000
REASON_CHARACTERS_MAX: Final = 500


class ListedSender(msgspec.Struct, frozen=True):
    """A sender as an operator sees it."""

    email: str
    environment: Environment
    country: str
    sender: str
    state: SenderState
    traffic_type: str
    company_website: str
    industry: str
    sender_company_relationship: str
    decided_reason: str
    created_at: datetime
    decided_at: datetime | None


async def decide_sender(
    connection: Connection,
    space_id: int,
    country: str,
    sender: str,
    decision: SenderState,
    reason: str,
    now: datetime,
) -> None:
    """Approve or reject a sender of a space; raises NoSuchSender, and InvalidReason.

    A decision may be taken back by another: what was approved can be rejected later. A rejection
    needs a reason, which is for operators.
    """
    assert decision is not SenderState.PENDING, "a decision decides"
    if len(reason) > REASON_CHARACTERS_MAX:
        raise InvalidReason(
            f"the reason has {len(reason)} characters: {REASON_CHARACTERS_MAX} are the most"
        )
    if decision is SenderState.REJECTED and not reason.strip():
        raise InvalidReason("a sender is rejected for a reason: write why")
    decided = await connection.fetchval(
        sql.DECIDE_SENDER, space_id, country, sender, decision, reason.strip(), now
    )
    if decided is None:
        raise NoSuchSender(
            f"the account has not asked for the sender {sender} in {country}, written so:"
            " capitals count"
        )


async def list_all_senders(
    connection: Connection, *, pending_only: bool = False, email: str | None = None
) -> list[ListedSender]:
    """The senders of every account or of one, by its address.

    Those that wait come first, then the newest; at most LISTED_MAX.
    """
    rows = await connection.fetch(sql.LIST_ALL_SENDERS, pending_only, LISTED_MAX, email)
    return [
        ListedSender(
            **{
                **row,
                "environment": Environment(row["environment"]),
                "state": SenderState(row["state"]),
            }
        )
        for row in rows
    ]


async def require_approval(connection: Connection, country: str, now: datetime) -> bool:
    """Take only approved senders in a country; False when that is so. Raises UnknownCountry."""
    _check(country)
    return await connection.fetchval(sql.REQUIRE_APPROVAL, country, now) is not None


async def free_country(connection: Connection, country: str) -> bool:
    """Take any sender in a country; False when that is so. Raises UnknownCountry."""
    _check(country)
    return await connection.fetchval(sql.FREE_COUNTRY, country) is not None


async def list_rules(connection: Connection) -> list[tuple[str, datetime]]:
    """The countries where senders need approval, and since when."""
    rows = await connection.fetch(sql.LIST_SENDER_RULES)
    return [(row["country"], row["created_at"]) for row in rows]


def _check(country: str) -> None:
    if not is_country(country):
        raise UnknownCountry(f"{country!r} is not a country: write its ISO 3166 code, like IT")


def is_country(text: str) -> bool:
    """Whether a text is the ISO 3166 code of a country that has phone numbers."""
    return text in phonenumbers.SUPPORTED_REGIONS
