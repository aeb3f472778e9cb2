"""Why v2 refuses its calls: each reason with the error that says its number and sentence."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Final

import msgspec

from staffetta.api.asgi import Answer
from staffetta.api.json_bodies import read_object
from staffetta.api.openapi.calls import Call, Refusal
from staffetta.api.openapi.general import ENVELOPE, body_too_large, token_refusals
from staffetta.api.openapi.sends import MESSAGE_ID, OUTCOME_UNKNOWN
from staffetta.api.openapi.tree import Named
from staffetta.api.openapi.v2.objects import NUMBER, REFUSAL
from staffetta.api.openapi.v2.provoked import (
    BRITISH,
    NOW,
    refused_credit,
    refused_otp,
    refused_send,
    refused_words,
)
from staffetta.api.openapi.words import words
from staffetta.api.v2.dialect import V2
from staffetta.api.v2.errors import NoSenders, NoSuchMessage
from staffetta.api.v2.parse import parse_send
from staffetta.api.v2.parse_list import LIST_LIMIT_MAX, parse_list
from staffetta.api.v2.parse_otp import parse_code, parse_otp
from staffetta.api.v2.parse_sender import parse_application
from staffetta.callbacks.target import parse_callback
from staffetta.compliance.errors import TooManySenders
from staffetta.compliance.register_sender import SENDERS_MAX
from staffetta.domain import errors
from staffetta.domain.environments import Market
from staffetta.domain.phones import parse_mobile, require_country
from staffetta.domain.senders import SENDER_LENGTH_MAX, SENDER_LENGTH_MIN, parse_sender
from staffetta.messaging.commit import result_of_taken_key
from staffetta.messaging.inspection import SEGMENTS_MAX
from staffetta.otp.codes import LENGTH_MAX, LENGTH_MIN
from staffetta.otp.errors import UnknownOtp
from staffetta.otp.send import CACHE_SECONDS_MAX
from staffetta.otp.verify import TRIES_MAX, VALID

_SPANISH: Final = "+34612345678"


def _of(body: bytes, parse: Callable[[bytes], object]) -> Callable[[], object]:
    """Parse a body that is wrong."""
    return lambda: parse(body)


def _send(body: bytes) -> object:
    return parse_send(body, Market.ITALY, "/IT-messages", {}, NOW)


def _otp(body: bytes) -> object:
    return parse_otp(body, "/otp", {})


NOT_JSON: Final = Refusal(
    words("The body is not JSON, or not an object, or took too long to come."),
    _of(b"hello", read_object),
)
_FIELD_WORDS: Final = words(
    "A field is missing, of the wrong type, or holds text that cannot be kept; the message names"
    " it. A header or parameter that cannot be read is refused so, too."
)
KEY_TAKEN: Final = Refusal(
    words("The Idempotency-Key came before, with another body."),
    lambda: result_of_taken_key(b"one", b"another", b""),
)
BLOCKLISTED: Final = Refusal(
    words("The account is blocklisted in this environment, until an operator lifts the block."),
    errors.AccountBlocklisted,
)
RECIPIENT: Final = Refusal(
    words("The recipient is not a mobile number in E.164."), partial(parse_mobile, NUMBER[1:])
)
SENDER: Final = Refusal(
    words(
        "The sender is not of {shortest} to {longest} unaccented letters, digits and spaces.",
        shortest=SENDER_LENGTH_MIN,
        longest=SENDER_LENGTH_MAX,
    ),
    partial(parse_sender, "Caffè"),
)
NUMERIC_SENDER: Final = Refusal(
    words("The sender is made of digits alone."), partial(parse_sender, "12345")
)
NOT_APPROVED: Final = Refusal(
    words("The sender needs an operator's approval in the recipient's country, and has none."),
    partial(refused_send, errors.SenderNotApproved, recipient=BRITISH),
)
ONE_SEGMENT: Final = Refusal(
    words("The text needs several segments, and `failOnMultipleMessages` allows one."),
    partial(refused_send, errors.TooManySegments, text="x" * 161, fail_on_multiple_segments=True),
)
TEXT: Final = Refusal(
    words("The text is empty, or needs more than {most} segments (as shipped).", most=SEGMENTS_MAX),
    partial(refused_send, errors.InvalidText, text=""),
)
GUARD: Final = Refusal(
    words(
        "A guard of the account: the country is not allowed, or the daily spending cap is reached;"
        " the message says which."
    ),
    partial(refused_send, errors.GuardRefused, recipient=BRITISH),
)
OTP_GUARD: Final = Refusal(
    words("Too many one-time passwords to this number, to its range, or of this account."),
    refused_otp,
)
CALLBACK: Final = Refusal(
    words("The callback cannot be made: its url, method, field, retry, headers or custom."),
    partial(parse_callback, {"url": "ftp://example.com"}),
)
CREDIT: Final = Refusal(
    words("The credit is too low, or this token may not spend so much."),
    refused_credit,
)
NO_ROUTE: Final = Refusal(
    words("No route leads to the recipient's country; nothing was charged."),
    partial(refused_send, errors.NoRoute),
)


def forbidden_words(*, charged_at_once: bool) -> Refusal:
    """Forbidden words: in a call that charges at once, and in one that does not."""
    said = (
        words(
            "Forbidden words in text or sender. The account is blocklisted, and charged what the"
            " message costs."
        )
        if charged_at_once
        else words(
            "Forbidden words in text or sender. In a dry run nothing follows; else the account is"
            " blocklisted, and charged 1 EUR a segment where the price is not fixed."
        )
    )
    market = Market.ITALY if charged_at_once else Market.WORLD
    return Refusal(said, partial(refused_words, market))


def wrong_country(market: Market) -> Refusal:
    """A number of elsewhere, in a call for one country."""
    number = _SPANISH if market is Market.ITALY else NUMBER
    return Refusal(
        words("The recipient's number is of another country than the call's."),
        lambda: require_country(parse_mobile(number), market),
    )


SEND_FIELD: Final = Refusal(_FIELD_WORDS, _of(b"{}", _send))
OTP_FIELD: Final = Refusal(_FIELD_WORDS, _of(b"{}", _otp))
CODE_FIELD: Final = Refusal(_FIELD_WORDS, _of(b'{"code": 50318}', parse_code))
ALIAS_FIELD: Final = Refusal(_FIELD_WORDS, _of(b'{"countryCode": "IT"}', parse_application))
QUERY: Final = Refusal(
    words("A parameter cannot be read; the message names it."),
    partial(parse_list, {"limit": str(LIST_LIMIT_MAX + 1)}),
)
OTP_LENGTH: Final = Refusal(
    words("The length is not {least} to {most}.", least=LENGTH_MIN, most=LENGTH_MAX),
    _of(b'{"recipient": "", "length": 11}', _otp),
)
CACHE: Final = Refusal(
    words("cacheSeconds is not 0 to {most}.", most=CACHE_SECONDS_MAX),
    _of(b'{"recipient": "", "cacheSeconds": 601}', _otp),
)
OTP_OVER: Final = Refusal(
    words(
        "The code was used, had its {tries} wrong tries, or is older than {minutes} minutes.",
        tries=TRIES_MAX,
        minutes=VALID // timedelta(minutes=1),
    ),
    lambda: errors.OtpOver("the code was used already: it is good once"),
)
NO_MESSAGE: Final = Refusal(
    words("The account has no such message in this environment."),
    lambda: NoSuchMessage(f"there is no message {MESSAGE_ID}"),
)
NO_OTP: Final = Refusal(
    words("The account has no such one-time password in this environment."),
    lambda: UnknownOtp(f"there is no one-time password {MESSAGE_ID}"),
)
NOT_WAITING: Final = Refusal(
    words("The message waits no longer: its time has come, or it has ended."),
    lambda: errors.NotWaiting(
        "the message waits no longer: only one whose sendAt has not come can be cancelled"
    ),
)
NO_SENDERS: Final = Refusal(
    words("The account has asked for no sender yet."), lambda: NoSenders("No senders found")
)
TOO_MANY_SENDERS: Final = Refusal(
    words("The account has {most} senders, which are the most.", most=f"{SENDERS_MAX:,}"),
    lambda: TooManySenders(
        f"the account has {SENDERS_MAX} senders, and {SENDERS_MAX} are the most"
    ),
)

SENDING: Final = (
    NOT_JSON,
    KEY_TAKEN,
    CREDIT,
    BLOCKLISTED,
    RECIPIENT,
    ONE_SEGMENT,
    TEXT,
    GUARD,
    CALLBACK,
    NO_ROUTE,
    OUTCOME_UNKNOWN,
)


def refusals_of(call: Call) -> tuple[Refusal, ...]:
    """What any call of v2 may be refused for."""
    general = token_refusals(V2, call)
    return general if call.body is None else (*general, body_too_large())


def refusal_body(answer: Answer) -> Named:
    """The platform's envelope for what concerns the token, v2's own shape for the rest."""
    return ENVELOPE if "success" in msgspec.json.decode(answer.body) else REFUSAL
