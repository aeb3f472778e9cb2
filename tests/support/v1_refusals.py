"""What a body alone is refused for in v1, as rows: the body, the number, words of the sentence."""

from dataclasses import dataclass
from typing import Any, Final

from v1_account import ABSENT

_ITALIAN: Final = "+39-3331234567"
_URL: Final = "https://example.com/sms"


@dataclass(frozen=True)
class Row:
    """What is changed in a good body, and how it must be refused."""

    changed: dict[str, Any]
    status: int
    number: int
    words: str


# 400/300: malformed JSON.
MALFORMED: Final = {
    "nothing": b"",
    "a bracket": b"[",
    "a list": b"[]",
    "a string": b'"x"',
    "null": b"null",
    "a number": b"1",
    "a form": b"sender=alberto&body=x&recipients=%2B39-3331234567",
    "no value of JSON": b'{"priority": NaN}',
    "cut off": b'{"sender": "alberto", "body": "te',
    "not UTF-8": b'{"sender": "\xff"}',
    "a raw NUL": b'{"sender": "a\x00b"}',
    "half a pair in UTF-8": b'{"body": "\xed\xa0\x80"}',
    "too deep": b'{"options": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "an endless number": b'{"priority": ' + b"1" * 5000 + b"}",
}

_FIELDS: Final[dict[int, dict[str, list[tuple[Any, str]]]]] = {
    301: {
        "sender": [
            (ABSENT, "missing 'sender' parameter"),
            (None, "missing 'sender' parameter"),
            ("", "missing 'sender' parameter"),
            ("ab", "3 to 11"),
            ("twelve chars", "3 to 11"),
            ("  a  ", "3 to 11"),
            ("123456789012345", "3 to 14 digits"),
            (12, "3 to 11"),
            (123456789012345, "3 to 14 digits"),
            ("Caffè", "ASCII"),
            ("a\tbc", "ASCII"),
            (True, "wrong 'sender' parameter"),
            (12.5, "wrong 'sender' parameter"),
            (["alberto"], "wrong 'sender' parameter"),
            ({}, "wrong 'sender' parameter"),
        ]
    },
    302: {
        "body": [
            (ABSENT, "missing 'body' parameter"),
            (None, "missing 'body' parameter"),
            ("", "missing 'body' parameter"),
            (7, "wrong 'body' parameter"),
            (["x"], "wrong 'body' parameter"),
            ("x" * 1531, "segments"),
            ("ж" * 671, "segments"),
            ("x" * 45_000, "segments"),
            ("{{nobody}}", "empty"),
        ]
    },
    303: {
        "recipients": [
            (ABSENT, "missing 'recipients' parameter"),
            (None, "missing 'recipients' parameter"),
            ("", "valid number"),
            (7, "wrong 'recipients' parameter"),
            (True, "wrong 'recipients' parameter"),
            ([], "valid number"),
            ({}, "valid number"),
            ({"number": 393331234567}, "valid number"),
            ({"fields": {"name": "x"}}, "valid number"),
            ({"number": _ITALIAN, "fields": "x"}, "valid number"),
            ({"number": _ITALIAN, "fields": {"a": "x" * 5000}}, "valid number"),
            ([[_ITALIAN]], "valid number"),
            ("3331234567", "like +39-3331234567"),
            ("+393331234567", "like +39-3331234567"),
            ("39-3331234567", "valid number"),
            ("0039-3331234567", "valid number"),
            ("+39 3331234567", "valid number"),
            ("+39-333 1234567", "valid number"),
            ("+3-93331234567", "valid number"),
            ("+393-331234567", "valid number"),
            ("+39-33", "valid number"),
            ("+39-333123456789012", "valid number"),
            ("+999-1234567", "valid number"),
            ("+39-٣٣٣١٢٣٤٥٦٧", "valid number"),
            (["nobody"] * 300, "valid number"),
        ]
    },
    304: {
        "priority": [
            *((one, "priority") for one in ("x", "", 0.5, 0.999, -1, 10.01, 11, 10**30, "nan")),
            *((one, "priority") for one in (True, False, [], {})),
        ]
    },
    306: {"transaction": [(one, "transaction") for one in ("yes", "true", 2, [], {})]},
    307: {"test": [(one, "test") for one in ("yes", "false", 2, -1, [], {})]},
    305: {
        "options": [
            *((one, "options") for one in (7, "x", [1], True)),
            *(({name: "yes"}, name) for name in ("flash", "realtime", "bulk")),
            *(({name: 2}, name) for name in ("flash", "realtime", "bulk")),
            *(
                ({"timestamp_send": one}, "timestamp_send")
                for one in (
                    *("", "tomorrow", "2026-02-30", "31-04-2026", "2026-13-01", "2026/12/25"),
                    *("2030-01-01T00:00:00", -1, 1.5, True, [], {}, "2190-01-01"),
                )
            ),
            ({"callback_url": 7}, "url"),
            ({"callback_url": "example.com"}, "url"),
            ({"callback_url": "ftp://example.com/"}, "url"),
            ({"callback_url": "http://10.0.0.1/"}, "STAFFETTA_CALLBACKS_ALLOW_NETWORKS"),
            ({"callback_url": _URL, "callback_field": 7}, "field"),
            ({"callback_url": _URL, "callback_field": ""}, "field"),
            ({"callback_field": 7}, "callback_field"),
        ]
    },
}
# Several things wrong: the contract's order of checks on a send (section 2).
_ORDER: Final = {
    "all": Row({"sender": "x", "body": "", "recipients": "nobody"}, 422, 303, "number"),
    "sender, text": Row({"sender": "x", "body": ""}, 422, 301, "sender"),
    "text, callback": Row(
        {"body": "x" * 1531, "options": {"callback_url": "ftp://example.com/"}}, 422, 302, "body"
    ),
}

# From a name of the row, with the number first, to the row.
REFUSED: Final = {
    f"{number} {name} {ascii(value)[:40]}": Row({name: value}, 422, number, words)
    for number, fields in _FIELDS.items()
    for name, rows in fields.items()
    for value, words in rows
} | {f"order: {name}": row for name, row in _ORDER.items()}
