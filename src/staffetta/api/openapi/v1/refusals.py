"""Why v1 refuses its calls: each reason with the error that says its number and sentence."""

from datetime import date
from typing import Any, Final

import msgspec

from staffetta.api.json_bodies import read_object
from staffetta.api.openapi.calls import Call, Refusal, Shown
from staffetta.api.openapi.general import body_too_large, token_refusals
from staffetta.api.openapi.sends import HOUR
from staffetta.api.openapi.v1.recipients import NUMBER
from staffetta.api.openapi.v2.provoked import NOW, found_words, refused_credit
from staffetta.api.openapi.words import Words, words
from staffetta.api.v1.dialect import V1
from staffetta.api.v1.errors import (
    CANCELLING,
    CHANGING,
    READING,
    Numbers,
    credit_insufficient,
    credit_not_enough,
    id_required,
    invalid_id,
    not_found,
)
from staffetta.api.v1.parse import PATH, PRIORITY_MAX, parse_post, parse_put
from staffetta.api.v1.query import page_of
from staffetta.api.v1.rules import V1Rules
from staffetta.api.v2.parse import parse_key
from staffetta.callbacks.addresses import PUBLIC_ONLY
from staffetta.domain import errors
from staffetta.ledger.book import Wallet
from staffetta.messaging.bulk import rows
from staffetta.messaging.bulk.accept import (
    RECIPIENTS_MAX,
    parse_bulk_callback,
    refusal_of_test,
)
from staffetta.messaging.bulk.errors import (
    AlreadySending,
    RealtimeTooSoon,
    TransactionClosed,
)
from staffetta.messaging.bulk.lanes import BEING_CHANGED, BUSY_READING, BUSY_STORING
from staffetta.messaging.bulk.request import TRANSACTION_KEPT
from staffetta.messaging.commit import result_of_taken_key
from staffetta.messaging.till import refusal_of_cap

_GOOD: Final = {"sender": "ACME", "body": "hello", "recipients": NUMBER}


def _post(**changed: Any) -> Shown:
    """Parse a POST that is wrong."""
    body = msgspec.json.encode({**_GOOD, **changed})
    return lambda: parse_post(body, {}, V1Rules(), NOW)


def _put(**asked: Any) -> Shown:
    """Parse a PUT that is wrong."""
    body = msgspec.json.encode(asked)
    return lambda: parse_put(body, NOW)


def _nobody(refused_as: str) -> Shown:
    """A message that nobody can get, for this reason."""
    return lambda: rows.require_sendable(0, {refused_as}, None)


def _short() -> errors.CreditTooLow:
    short = refused_credit()
    assert isinstance(short, errors.CreditTooLow), "its wallet is nearly empty"
    return short


def _capped() -> object:
    wallet = Wallet(1, balance_micro=10**9, held_micro=0, floor_micro=0, sequence=1)
    wallet.day_spend_max_micro, wallet.spend_day = 0, date(2026, 3, 14)
    return refusal_of_cap(wallet, 45_000, NOW)


NOT_JSON: Final = Refusal(
    words(
        "The body is not JSON, or not an object, took too long to come, or holds text that cannot"
        " be kept."
    ),
    lambda: read_object(b"hello"),
)
NO_KEY: Final = Refusal(
    words("The Idempotency-Key is empty or too long."), lambda: parse_key(b"", PATH, b"")
)
QUERY: Final = Refusal(
    words("`skip` or `limit` is no number."), lambda: page_of(b"limit=many", 1, 1)
)
NO_ID: Final = Refusal(words("The id is missing."), id_required)
_CREDIT: Final = words("The credit is too low, or this token may not spend so much.")
SEND_CREDIT: Final = Refusal(_CREDIT, lambda: credit_not_enough(_short()))
CLOSE_CREDIT: Final = Refusal(_CREDIT, lambda: credit_insufficient(_short()))
CAP: Final = Refusal(words("The daily spending cap of the account is reached."), _capped)
BLOCKLISTED: Final = Refusal(
    words(
        "The account is blocklisted in this environment until an operator lifts the block; or it"
        " has just been, for forbidden words in text or sender. Nothing is stored or charged."
    ),
    errors.AccountBlocklisted,
)
SENDER: Final = Refusal(words("`sender` is missing or cannot be used."), _post(sender="Caffè"))
NOT_APPROVED: Final = Refusal(
    words("`sender` is approved in no country of the recipients, where it has to be."),
    _nobody(rows.SENDER_NOT_APPROVED),
)
BODY: Final = Refusal(words("`body` is missing, empty or no text."), _post(body=""))
TOO_LONG: Final = Refusal(
    words("The text, filled in, is too long for every recipient."), _nobody(rows.TOO_LONG)
)
EMPTY: Final = Refusal(words("The text comes out empty for the recipients."), _nobody(rows.EMPTY))
TEST_OF_WORDS: Final = Refusal(
    words("A `test` of a text or sender with forbidden words. It blocks nobody."),
    lambda: refusal_of_test(found_words()),
)
RECIPIENTS: Final = Refusal(
    words("`recipients` is missing, or holds no valid number."), _post(recipients="3331234567")
)
WRONG_RECIPIENTS: Final = Refusal(
    words("`recipients` is neither text nor an object nor an array."), _put(recipients=7)
)
NO_NUMBER: Final = Refusal(
    words("A transaction without a valid number is closed."),
    lambda: rows.require_sendable(0, frozenset(), None),
)
NOT_ALLOWED: Final = Refusal(
    words("The account may not send to the countries of the recipients."), _nobody(rows.NOT_ALLOWED)
)
TOO_MANY: Final = Refusal(
    words(
        "More recipients than a message may have: {most} as shipped, with those of its PUTs.",
        most=f"{RECIPIENTS_MAX:,}",
    ),
    lambda: rows.too_many(RECIPIENTS_MAX),
)
PRIORITY: Final = Refusal(
    words("`priority` is not 1.00 to {most}.", most=PRIORITY_MAX), _post(priority=0.5)
)
_OPTIONS: Final = words("`options`, or one of them, cannot be read; the message names it.")
SEND_OPTIONS: Final = Refusal(_OPTIONS, _post(options={"flash": "yes"}))
CHANGE_OPTIONS: Final = Refusal(_OPTIONS, _put(options={"timestamp_send": "tomorrow"}))
CALLBACK: Final = Refusal(
    words("The callback cannot be made: its URL or its field."),
    lambda: parse_bulk_callback({"url": "ftp://example.com"}, PUBLIC_ONLY),
)
REALTIME: Final = Refusal(
    words("Another realtime message of the account goes within a minute of it."),
    lambda: RealtimeTooSoon(
        "'options.realtime' may be used once a minute: send it without, or later"
    ),
)
_TRANSACTION: Final = words("`transaction` is not true or false.")
SEND_TRANSACTION: Final = Refusal(_TRANSACTION, _post(transaction="yes"))
CHANGE_TRANSACTION: Final = Refusal(_TRANSACTION, _put(transaction="yes"))
TEST: Final = Refusal(words("`test` is not true or false."), _post(test="yes"))
KEY_TAKEN: Final = Refusal(
    words("The Idempotency-Key came before, with another body."),
    lambda: result_of_taken_key(b"one", b"another", b""),
)
NO_ROUTE: Final = Refusal(
    words("No route leads to any of the recipients; nothing was charged."), _nobody(rows.NO_ROUTE)
)
CLOSED: Final = Refusal(
    words(
        "The message was closed, cancelled or discarded ({hours} hours after it was opened). While"
        " it waits for its time, that alone can be changed.",
        hours=TRANSACTION_KEPT // HOUR,
    ),
    lambda: TransactionClosed("Transaction already closed"),
)
SENDING: Final = Refusal(
    words("Its time has come, or it was cancelled before."),
    lambda: AlreadySending("message already scheduled for sending"),
)
STORING_BUSY: Final = Refusal(
    words("Large messages are being stored, and nothing was kept: send the request again."),
    lambda: errors.NotAcceptingNow(BUSY_STORING),
)
CHANGED_BUSY: Final = Refusal(
    words("Another request is changing the message: send the request again."),
    lambda: errors.NotAcceptingNow(BEING_CHANGED),
)
READING_BUSY: Final = Refusal(
    words("Too much is being read: try again, or ask for less at a time."),
    lambda: errors.NotAcceptingNow(BUSY_READING),
)


def _of_message(said: Words, numbers: Numbers) -> tuple[Refusal, Refusal]:
    return (
        Refusal(words("The id is not 24 hexadecimal digits."), lambda: invalid_id(numbers)),
        Refusal(said, lambda: not_found(numbers)),
    )


_NO_MESSAGE: Final = words("The account has no such message in this environment.")
TO_READ: Final = _of_message(_NO_MESSAGE, READING)
TO_CHANGE: Final = _of_message(_NO_MESSAGE, CHANGING)
TO_CANCEL: Final = _of_message(_NO_MESSAGE, CANCELLING)
TO_READ_RECIPIENTS: Final = _of_message(
    words("There is no such message, no such recipient of it, or none on this page."), READING
)
NOTHING_LISTED: Final = Refusal(
    words("There is no message, or none on this page."), lambda: not_found(READING)
)


def refusals_of(call: Call) -> tuple[Refusal, ...]:
    """What any call of v1 may be refused for."""
    general = token_refusals(V1, call)
    return general if call.body is None else (*general, body_too_large())
