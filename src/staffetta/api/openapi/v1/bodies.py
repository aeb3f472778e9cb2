"""What v1's calls are asked. They are tolerant, and nothing is forbidden here that they take."""

from collections.abc import Mapping
from typing import Any, Final

from staffetta.api.openapi.schemas import Field, asked, either, optional, text
from staffetta.api.openapi.sends import HOUR
from staffetta.api.openapi.tree import Named
from staffetta.api.openapi.v1.objects import CALLBACK_URL, TEXT
from staffetta.api.openapi.v1.recipients import NUMBER
from staffetta.api.openapi.words import Text, Words, paragraphs, words
from staffetta.api.v1.parse import PRIORITY_MAX
from staffetta.api.v1.rules import V1Rules
from staffetta.callbacks.target import CUSTOM_BYTES_MAX, FIELD_CHARACTERS_MAX, URL_CHARACTERS_MAX
from staffetta.domain.senders import SENDER_DIGITS_MAX, SENDER_LENGTH_MAX, SENDER_LENGTH_MIN
from staffetta.messaging.bulk.accept import RECIPIENTS_MAX
from staffetta.messaging.bulk.request import THOUSAND, TRANSACTION_KEPT
from staffetta.messaging.bulk.rows import FIELDS_BYTES_MAX
from staffetta.messaging.inspection import SEGMENTS_MAX

_TIMESTAMP_DIGITS_MAX: Final = 15
_SENDER_PATTERN: Final = (
    f"^\\s*([!-~][ -~]{{{SENDER_LENGTH_MIN - 2},{SENDER_LENGTH_MAX - 2}}}[!-~]"
    f"|\\+?[0-9]{{{SENDER_LENGTH_MIN},{SENDER_DIGITS_MAX}}})\\s*$"
)
_ANYTHING: Final = {"description": words("Anything else is listed as invalid, and refuses nobody.")}
_FIELD_VALUES: Final = {"name": "Anna"}
_TO_ANNA: Final = {"number": "+39-3331234568", "fields": _FIELD_VALUES}


def _loose(said: Text, example: Any, **expected: Any) -> Field:
    """Of a kind, but nothing else is refused."""
    schema = {"anyOf": [expected, _ANYTHING], "description": said, "examples": [example]}
    return Field(schema, example, required=False)


def _switch(said: Text, *, default: bool = False) -> Field:
    """True or false; 1 and 0 are taken as well."""
    kinds = ("boolean", "integer", "null")
    return optional(either(said, default, kinds, minimum=0, maximum=1, default=default))


RECIPIENT_ASKED: Final = asked(
    "RecipientRequest",
    words("A recipient, with what the text is filled in with."),
    {
        "number": _loose(
            words(
                "The number, which is needed: a plus, the calling code, a hyphen, digits. Anything"
                " else is listed as invalid."
            ),
            NUMBER,
            type="string",
            pattern="^\\s*\\+[1-9][0-9]{0,2}-[0-9]{1,14}\\s*$",
        ),
        "fields": _loose(
            words(
                "What stands for each `{{{{name}}}}` of the text: at most {bytes} bytes as JSON.",
                bytes=f"{FIELDS_BYTES_MAX:,}",
            ),
            _FIELD_VALUES,
            type="object",
            additionalProperties=True,
        ),
    },
)


def _recipients(said: Text) -> Field:
    items = {"anyOf": [{"type": "string"}, RECIPIENT_ASKED, _ANYTHING]}
    array = {"type": "array", "items": items, "maxItems": RECIPIENTS_MAX}
    schema = {
        "anyOf": [{"type": "string"}, RECIPIENT_ASKED, array],
        "description": said,
        "examples": [NUMBER, [NUMBER, _TO_ANNA], _TO_ANNA],
    }
    return Field(schema, [NUMBER, _TO_ANNA])


def _or_null(field: Field, *more: Mapping[str, Any]) -> Field:
    """A field that may be absent or null, or one of `more`."""
    described = {key: field.schema[key] for key in ("description", "examples")}
    rest = {key: value for key, value in field.schema.items() if key not in described}
    kinds = rest.get("anyOf", [rest])
    return Field(
        {"anyOf": [*kinds, *more, {"type": "null"}], **described}, field.example, required=False
    )


_SEND_TIME: Final = either(
    paragraphs(
        words(
            "When to send. A date, `2026-12-25` or `25-12-2026`, is midnight in Rome; a number, or"
            " its digits as text, is milliseconds since 1970; anything else is ISO 8601 with an"
            " offset."
        ),
        words("What is past means now. At most a hundred years ahead."),
    ),
    "2026-12-25",
    ("string", "integer", "null"),
    minLength=1,
    minimum=0,
    maximum=10**_TIMESTAMP_DIGITS_MAX - 1,
)
_OPTIONS: Final = asked(
    "SendOptions",
    words("Options of a send."),
    {
        "flash": _switch(words("Phones show it at once, and do not keep it (class 0).")),
        "realtime": _switch(
            words(
                "Before everything else that waits, as one-time passwords. Once a minute for each"
                " account, and {factor} times as dear as shipped.",
                factor=V1Rules().realtime_factor / THOUSAND,
            )
        ),
        "bulk": _switch(words("Shown as it is given; it changes nothing.")),
        "timestamp_send": optional(_SEND_TIME),
        "custom": optional(
            either(
                words(
                    "Any JSON, up to {bytes} bytes: it comes back in every answer and callback.",
                    bytes=f"{CUSTOM_BYTES_MAX:,}",
                ),
                {"order": "A-1027"},
                ("object", "array", "string", "number", "boolean", "null"),
            )
        ),
        "callback_url": optional(
            either(
                words(
                    "Where to tell of changes: http or https, to a public address unless an"
                    " operator allows other networks. No user name in it."
                ),
                CALLBACK_URL,
                ("string", "null"),
                format="uri",
                maxLength=URL_CHARACTERS_MAX,
            )
        ),
        "callback_field": optional(
            either(
                words(
                    "Callbacks come as a form, with the JSON in the field of this name, 1 to {most}"
                    " characters. Unless given, the JSON is the body.",
                    most=FIELD_CHARACTERS_MAX,
                ),
                "data",
                ("string", "null"),
            )
        ),
    },
)
_NEW_OPTIONS: Final = asked(
    "ChangedOptions",
    words("The option that can be changed."),
    {"timestamp_send": optional(_SEND_TIME)},
)


def _options_of(said: Text, named: Named) -> Field:
    """An object; an empty array is one too, as PHP writes it."""
    empty = {"type": "array", "maxItems": 0}
    schema = {"anyOf": [named, empty, {"type": "null"}], "description": said}
    return Field(schema, named.example, required=False)


SEND: Final = asked(
    "SendRequest",
    words("A text, and whom it goes to."),
    {
        "sender": either(
            words(
                "The sender: {shortest} to {digits} digits, or {shortest} to {longest} other"
                " printable ASCII characters. A number is taken as its digits. An operator can have"
                " longer ones cut, and not refused.",
                shortest=SENDER_LENGTH_MIN,
                longest=SENDER_LENGTH_MAX,
                digits=SENDER_DIGITS_MAX,
            ),
            "ACME",
            ("string", "integer"),
            pattern=_SENDER_PATTERN,
            maximum=10**SENDER_DIGITS_MAX - 1,
        ),
        "body": text(
            paragraphs(
                words(
                    "The text, at most {segments} segments as shipped once it is filled in.",
                    segments=SEGMENTS_MAX,
                ),
                words(
                    "`{{name}}` is replaced by each recipient's `fields.name`, or by nothing where"
                    " that is missing. Nothing is evaluated."
                ),
            ),
            "Ciao {{name}}, your order is on its way.",
            minLength=1,
        ),
        "recipients": _recipients(
            words(
                "A number as text, an object with `number` and `fields`, or an array of both, up to"
                " {most} as shipped. A number that comes again is left out; what is no number is"
                " listed in the answer. One valid number is needed, unless a transaction is begun.",
                most=f"{RECIPIENTS_MAX:,}",
            )
        ),
        "priority": optional(
            either(
                words(
                    "1.00 to {most}, a number or one as text; 0 counts as 1. Higher goes first, and"
                    " costs as many times: 1.01 passes a thousand that wait at 1.00.",
                    most=PRIORITY_MAX,
                ),
                1,
                ("number", "string", "null"),
                minimum=0,
                maximum=PRIORITY_MAX,
                default=1,
            )
        ),
        "options": _options_of(words("Options. An empty array counts as none given."), _OPTIONS),
        "transaction": _switch(
            words(
                "Begin a transaction: the message is stored, and takes recipients until a PUT with"
                " `transaction` false closes it, {hours} hours at most.",
                hours=TRANSACTION_KEPT // HOUR,
            )
        ),
        "test": _switch(
            words("Only try it out: nothing is sent or charged, and it ends delivered.")
        ),
    },
)
CHANGE: Final = asked(
    "ChangeRequest",
    words("What is to change of a message."),
    {
        "recipients": _or_null(
            _recipients(
                words(
                    "Recipients to add, as in POST. Numbers that the message has already are left"
                    " out."
                )
            )
        ),
        "transaction": _switch(
            words("False closes the transaction: the message is charged, and sent."), default=True
        ),
        "options": _options_of(
            words("When to send it; nothing else can be changed."), _NEW_OPTIONS
        ),
    },
)

_LEAST: Final = {"sender": "ACME", "body": TEXT, "recipients": NUMBER}
SENDS: Final[Mapping[str, tuple[Words, Any]]] = {
    "least": (words("Only what is needed"), _LEAST),
    "several": (
        words("Several recipients, the text filled in for one of them"),
        {
            "sender": "ACME",
            "body": "Ciao {{name}}, your order is on its way.",
            "recipients": [NUMBER, _TO_ANNA],
        },
    ),
    "object": (words("One recipient, the text filled in"), {**_LEAST, "recipients": _TO_ANNA}),
    "transaction": (
        words("Begin a transaction"),
        {**_LEAST, "recipients": [NUMBER], "transaction": True},
    ),
    "later": (
        words("Send later"),
        {**_LEAST, "options": {"timestamp_send": "2030-12-25T09:00:00+01:00"}},
    ),
    "first": (words("Before all others"), {**_LEAST, "priority": 2, "options": {"realtime": True}}),
    "flash": (words("Shown at once, not kept"), {**_LEAST, "options": {"flash": True}}),
}
CHANGES: Final[Mapping[str, tuple[Words, Any]]] = {
    "least": (words("Close the transaction"), {"transaction": False}),
    "more": (words("Add recipients"), {"recipients": ["+39-3331234569", _TO_ANNA]}),
    "time": (words("Change when it goes"), {"options": {"timestamp_send": "25-12-2030"}}),
}
