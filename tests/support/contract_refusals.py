"""The refusals of the contract that a body alone provokes, as rows: the words quote the contract.

Each row is a path, a body, and what the message must say besides. `test_contract_v2` sends them to
an account that lacks nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

ITALIAN, SPANISH, FRENCH, GERMAN = "+393331234567", "+34612345678", "+33612345678", "+4915112345678"
UNKNOWN: Final = "0123456789abcdef01234567"
_RECIPIENTS: Final = {"/IT-messages": ITALIAN, "/ES-messages": SPANISH, "/WW-messages": FRENCH}


@dataclass(frozen=True)
class Row:
    """What is sent, and how it must be refused."""

    code: int
    status: int
    path: str
    body: Mapping[str, Any]
    words: tuple[str, ...]


def _send(changed: Mapping[str, Any], path: str = "/IT-messages") -> Mapping[str, Any]:
    """A good body with some fields changed; ABSENT leaves one out."""
    body = {"recipient": _RECIPIENTS.get(path, FRENCH), "message": "hello", **changed}
    if path.startswith("/otp"):
        del body["message"]
    return {name: value for name, value in body.items() if value is not ABSENT}


ABSENT: Final = type("Absent", (), {"__repr__": lambda _: "absent"})()
_CODE: Final = f"/otp/{UNKNOWN}/verify"

# 1001: "a field is missing or of the wrong type (the message names it)".
_FIELDS: Final = [
    ("/IT-messages", {"recipient": ABSENT}, "recipient"),
    ("/IT-messages", {"recipient": None}, "recipient"),
    ("/IT-messages", {"recipient": 393331234567}, "recipient"),
    ("/ES-messages", {"message": ABSENT}, "message"),
    ("/WW-messages", {"message": ["x"]}, "message"),
    ("/IT-messages", {"sender": 12345}, "sender"),
    ("/IT-messages", {"options": []}, "options"),
    ("/IT-messages", {"options": {"dryRun": "yes"}}, "dryRun"),
    ("/IT-messages", {"options": {"failOnMultipleMessages": 1}}, "failOnMultipleMessages"),
    ("/IT-messages", {"callback": "https://example.com"}, "callback"),
    ("/IT-messages", {"sendAt": 1}, "sendAt"),
    ("/IT-messages", {"sendAt": "2030-01-01T00:00:00"}, "sendAt"),
    ("/IT-messages", {"sendAt": "tomorrow"}, "sendAt"),
    ("/IT-messages", {"sendAt": "2090-01-01T00:00:00Z"}, "sendAt"),
    ("/otp", {"recipient": ABSENT}, "recipient"),
    ("/otp", {"length": "5"}, "length"),
    ("/otp", {"length": 5.5}, "length"),
    ("/otp", {"alphanumeric": 1}, "alphanumeric"),
    ("/otp", {"cacheSeconds": True}, "cacheSeconds"),
    ("/otp", {"options": {"dryRun": 1}}, "dryRun"),
    (_CODE, {}, "code"),
    (_CODE, {"code": 12345}, "code"),
]
# 1020: "OTP length not 4-10", 1021: "cacheSeconds not 0-600".
_RANGES: Final = [
    *((1020, {"length": length}, ("length", "4", "10")) for length in (3, 11, 0, -5, 10**9)),
    *((1021, {"cacheSeconds": one}, ("cacheSeconds", "0", "600")) for one in (-1, 601, 10**9)),
]
# 2011: "recipient is not a valid mobile number in E.164 (a plus, digits only, at most 15; MOBILE,
# FIXED_LINE_OR_MOBILE or PERSONAL_NUMBER)".
_NO_MOBILES: Final = {
    "no plus": ("393331234567", "plus"),
    "two zeros": ("00393331234567", "plus"),
    "national": ("3331234567", "plus"),
    "spaces": ("+39 333 1234567", "digits"),
    "a hyphen": ("+39-3331234567", "digits"),
    "letters": ("+39333CALLNOW", "digits"),
    "digits of another script": ("+٣٩٣٣٣١٢٣٤٥٦٧", "digits"),
    "a line's end": ("+393331234567\n", "digits"),
    "sixteen digits": ("+3933312345678901", "15"),
    "empty": ("", "empty"),
    "a plus alone": ("+", "digits"),
    "too short": ("+39333", "valid"),
    "a calling code of nobody": ("+9991234567", "country"),
    "a fixed line": ("+390612345678", "mobile"),
    "a free number": ("+39800123456", "mobile"),
    "a fixed line of Spain": ("+34911234567", "mobile"),
}
# 2013: "recipient is not of the endpoint's country (IT) / (ES)".
_FOREIGN: Final = {
    "/IT-messages": [SPANISH, FRENCH, GERMAN, "+37866661212"],
    "/ES-messages": [ITALIAN, FRENCH, "+351912345678"],
}
_COUNTRIES: Final = {"/IT-messages": "Italy", "/ES-messages": "Spain"}
# 2021: "sender not 3-11 ASCII letters, digits and spaces", 2024: "purely numeric".
_SENDERS: Final = {
    2021: [
        "ab",
        "twelve chars",
        "A",
        "Caffè",
        "a-b-c",
        "a.b",
        "a_b",
        "a+b",
        "abc\t",
        "abc\n",
        "🙂🙂🙂",
    ],
    2024: ["12345", "123", "12345678901"],
}
# 2030, 2031.
_TEXTS: Final = [
    (2030, {"message": "x" * 161}, ("2 segments", "failOnMultipleMessages")),
    (2030, {"message": "€" * 81}, ("2 segments", "failOnMultipleMessages")),
    (2030, {"message": "ж" * 71}, ("2 segments", "failOnMultipleMessages")),
    (2031, {"message": ""}, ("empty",)),
    (2031, {"message": "x" * 1531}, ("11 segments", "10")),
    (2031, {"message": "ж" * 671}, ("11 segments", "10")),
    (2031, {"message": "x" * 50_000}, ("segments",)),
]
_URL: Final = "https://example.com/sms"
_ALLOW: Final = "STAFFETTA_CALLBACKS_ALLOW_NETWORKS"
# 2060: "callback not valid (url, method, field, retry 0-5, headers)"; "a URL with a literal
# private, link-local or metadata address is refused, naming the setting".
_CALLBACKS: Final = [
    ({}, "url"),
    ({"url": None}, "url"),
    ({"url": ""}, "url"),
    ({"url": 7}, "url"),
    ({"url": "example.com/sms"}, "url"),
    ({"url": "/sms"}, "url"),
    ({"url": "ftp://example.com/sms"}, "url"),
    ({"url": "https://"}, "url"),
    ({"url": "https://anna:secret@example.com/"}, "url"),
    ({"url": "https://example.com:99999/"}, "url"),
    ({"url": "https://example.com/a b"}, "url"),
    ({"url": "https://example.com/" + "a" * 3000}, "url"),
    *(
        ({"url": f"http://{address}/"}, _ALLOW)
        for address in (
            *("10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
            *("[fe80::1]", "[fc00::1]", "[::ffff:10.0.0.1]", "[64:ff9b::a00:1]", "224.0.0.1"),
        )
    ),
    ({"url": "http://2130706433/"}, "url"),
    ({"url": "http://0x7f.1/"}, "url"),
    ({"url": _URL, "method": "GET"}, "method"),
    ({"url": _URL, "method": 1}, "method"),
    ({"url": _URL, "field": ""}, "field"),
    ({"url": _URL, "field": 1}, "field"),
    ({"url": _URL, "retry": -1}, "retry"),
    ({"url": _URL, "retry": 6}, "retry"),
    ({"url": _URL, "retry": "1"}, "retry"),
    ({"url": _URL, "retry": 1.5}, "retry"),
    ({"url": _URL, "retry": True}, "retry"),
    ({"url": _URL, "headers": ["a"]}, "headers"),
    ({"url": _URL, "headers": {"a b": "c"}}, "headers"),
    ({"url": _URL, "headers": {"X-A": "b\r\nX-C: d"}}, "headers"),
    ({"url": _URL, "headers": {"X-A": 1}}, "headers"),
    ({"url": _URL, "headers": {"Host": "example.org"}}, "headers"),
    ({"url": _URL, "headers": {"webhook-id": "1"}}, "headers"),
    ({"url": _URL, "custom": "text"}, "custom"),
]


def _rows() -> Iterator[tuple[str, Row]]:
    for path, changed, named in _FIELDS:
        yield f"{path} {changed}", Row(1001, 422, path, _send(changed, path), (named,))
    for code, changed, words in _RANGES:
        yield f"OTP {changed}", Row(code, 422, "/otp", _send(changed, "/otp"), words)
    for code, changed, words in _TEXTS:
        options = {"options": {"failOnMultipleMessages": code == 2030}}
        what = f"text {changed['message'][:1]!r} * {len(changed['message'])}"
        yield what, Row(code, 422, *_of({**changed, **options}), words)
    for callback, word in _CALLBACKS:
        for path in ("/IT-messages", "/otp"):
            body = _send({"callback": callback}, path)
            yield f"{path} {callback}", Row(2060, 422, path, body, ("callback", word))


def _numbers_and_senders() -> Iterator[tuple[str, Row]]:
    for what, (number, word) in _NO_MOBILES.items():
        for path in (*_RECIPIENTS, "/otp"):
            body = _send({"recipient": number}, path)
            yield f"{path} {what}", Row(2011, 422, path, body, (word,))
    for path, numbers in _FOREIGN.items():
        for number in numbers:
            body = _send({"recipient": number}, path)
            yield f"{number} {path}", Row(2013, 422, path, body, (_COUNTRIES[path],))
    for code, word in ((2021, "3 to 11"), (2024, "numeric")):
        for sender in _SENDERS[code]:
            yield f"sender {sender!r}", Row(code, 422, *_of({"sender": sender}), ("sender", word))


def _of(changed: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    return "/IT-messages", _send(changed)


# From a name of the row, with the code first, to the row.
REFUSED_BODIES: Final = {
    f"{row.code} {what[:70]}": row for what, row in (*_rows(), *_numbers_and_senders())
}
