"""Why messages did not arrive, in sentences: what happened, and what to do about it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from staffetta.console.languages import mark
from staffetta.messaging.failures import Cause

_ROWS: Final = (
    (
        Cause.UNKNOWN_NUMBER,
        mark("The number does not exist"),
        mark("Ask the recipient again, and take the number off your list."),
    ),
    (
        Cause.OUT_OF_REACH,
        mark("The phone is off or out of reach"),
        mark("Send again later. Nothing is wrong with your message."),
    ),
    (
        Cause.BARRED,
        mark("The recipient cannot receive messages"),
        mark("Their operator bars them. Reach them another way."),
    ),
    (
        Cause.NO_SERVICE,
        mark("The SIM has no SMS"),
        mark("Reach them another way, or ask for another number."),
    ),
    (
        Cause.MEMORY_FULL,
        mark("The phone has no room for messages"),
        mark("Send again later: it works when the recipient has deleted some."),
    ),
    (
        Cause.PHONE_BUSY,
        mark("The phone was busy"),
        mark("Send again later. Nothing is wrong with your message."),
    ),
    (
        Cause.PHONE_FAILED,
        mark("The phone could not take the message"),
        mark("Send again later, without emoji and special characters if it fails again."),
    ),
    (
        Cause.NETWORK_FAILED,
        mark("The recipient's network failed"),
        mark("Send again later. If it lasts, ask whoever runs this gateway."),
    ),
    (
        Cause.NETWORK_REFUSED,
        mark("The recipient's network refused the message"),
        mark("Sending the same again fails, too. Ask whoever runs this gateway."),
    ),
    (
        Cause.CARRIER_GAVE_UP,
        mark("The carrier gave up: the phone was not reached in time"),
        mark("The phone was off for long. Send again later."),
    ),
    (
        Cause.BLOCKLISTED,
        mark("The recipient takes no such messages"),
        mark("The number is on a list of those who want none. Take it off yours."),
    ),
    (
        Cause.SENDER_REFUSED,
        mark("The sender is not allowed there"),
        mark("Use another sender, or have this one registered for the country."),
    ),
    (
        Cause.CONTENT_REFUSED,
        mark("The text is not allowed"),
        mark("A filter took it for spam. Change the text: links and repetition weigh most."),
    ),
    (
        Cause.NO_ROUTE,
        mark("No way leads to this number"),
        mark("Check the number and its country. Ask whoever runs this gateway for a route."),
    ),
    (
        Cause.NO_CREDIT,
        mark("The gateway's own credit at the carrier is used up"),
        mark("It is not your credit. Tell whoever runs this gateway."),
    ),
    (
        Cause.REPORTED,
        mark("Not delivered, and the carrier does not say why"),
        mark("Check some of these numbers. Ask whoever runs this gateway if there are many."),
    ),
    (
        Cause.REFUSED,
        mark("The carrier refused the message"),
        mark("Look at one of these messages to see the carrier's words."),
    ),
    (
        Cause.TRIED_TOO_OFTEN,
        mark("The carrier did not take the message after several tries"),
        mark("Send again later. If it lasts, ask whoever runs this gateway."),
    ),
    (
        Cause.NOT_TAKEN,
        mark("No carrier took the message within 48 hours"),
        mark("The carrier was away for long. Tell whoever runs this gateway."),
    ),
    (
        Cause.NOT_REPORTED,
        mark("Sent, and the carrier never told what became of it"),
        mark("It may have arrived. Ask before you send it again."),
    ),
    (
        Cause.FORBIDDEN_WORDS,
        mark("The text or the sender holds forbidden words"),
        mark("The account is blocked until whoever runs this gateway lifts it: ask them."),
    ),
    (
        Cause.NOT_ALLOWED,
        mark("Your account may not send to this country"),
        mark("Have the country allowed by whoever runs this gateway."),
    ),
    (
        Cause.SENDER_NOT_APPROVED,
        mark("The sender is not approved for this country"),
        mark("Have it approved, or use an approved one."),
    ),
    (
        Cause.TOO_LONG,
        mark("The text is too long"),
        mark("Shorten it, or what is filled into it for each recipient."),
    ),
    (
        Cause.EMPTY,
        mark("Nothing was left of the text"),
        mark("What is filled in for this recipient is empty: check the fields."),
    ),
)

WORDS: Final[Mapping[Cause, str]] = MappingProxyType({cause: words for cause, words, _ in _ROWS})
ADVICE: Final[Mapping[Cause, str]] = MappingProxyType({cause: advice for cause, _, advice in _ROWS})
