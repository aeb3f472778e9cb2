"""What a certification sends, step by step: each a message, and what its answer is to teach.

Pure. A step may stand in for an earlier one that was refused; what makes a carrier take it is then
kept for the steps behind it, and is one of the settings to apply.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from msgspec import Struct

from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.encodings import EXTENSION_CHARACTERS
from staffetta.domain.text_rules import CHARACTERS_OF
from staffetta.domain.writing import Alphabet, LongMessages

NUMBERS_MAX: Final = 10
RECIPIENT: Final = ""  # as a step's sender: the recipient's own number, which is a valid one

# What every refusal of a kind of thing is told with (3.4 section 5.1.3).
_OF_SENDER: Final = frozenset({0x0A, 0x48, 0x49})
_OF_VALIDITY: Final = frozenset({0x61, 0x62})
_NO_CHANGES: Final[Mapping[str, object]] = MappingProxyType({})

# These first: a report quotes the beginning. Each is another character in Latin-1, or none.
TELLING: Final = "@£$¥¡¤§ÄÖà_"
UCS2_TEXT: Final = "Staffetta: Grüße, Привет, 你好, שלום, 😀👍🏽"
_SENTENCE: Final = "Staffetta long text: it must arrive whole and in order. "
LONG_TEXT: Final = _SENTENCE * 5 + "1234567890 end."


class Question(Struct, frozen=True):
    """What only somebody with the phone in hand can say."""

    name: str
    text: str
    choices: tuple[tuple[str, str], ...]  # each with what it means to us


class Step(Struct, frozen=True):
    """One message of the script."""

    name: str
    title: str  # for people
    text: str
    sender: str | None = None  # None: the sender of the whole run
    flash: bool = False
    changes: Mapping[str, object] = _NO_CHANGES  # settings that it alone is sent with
    instead_of: str = ""  # the step that must have been refused
    when: frozenset[int] | None = None  # with one of these; None: with any status
    is_kept: bool = False  # accepted, its changes and sender hold for all that follows
    question: Question | None = None


ALPHABET_QUESTION: Final = Question(
    "alphabet",
    "The phone should show a message that begins with @£$¥¡¤§ÄÖà_. What does it show?",
    (
        ("as_sent", "exactly that"),
        ("read_as_latin_1", "blanks, boxes or question marks, then @$ where ¡¤ should be"),
        ("read_as_gsm_7", "¡ where @ should be, and ¤ where $ should be"),
        ("lost", "something else"),
        ("unknown", "nothing, or I cannot see it"),
    ),
)


def long_question(form: str) -> Question:
    """How a long text that was sent in one form arrived."""
    return Question(
        f"long_{form}",
        f"The phone should show one long message ending in '1234567890 end.' ({form})."
        " What does it show?",
        (
            ("whole", "one message, whole"),
            ("parts", "several messages"),
            ("broken", "a broken or incomplete message"),
            ("unknown", "nothing, or I cannot see it"),
        ),
    )


def alphabet_text(alphabet: Alphabet) -> str:
    """Every character of an alphabet that phones have, in one segment."""
    held = CHARACTERS_OF[alphabet]
    first = "".join(character for character in TELLING if character in held)
    rest = sorted(held - set(first), key=lambda one: (one in EXTENSION_CHARACTERS, one))
    return first + "".join(rest)


def script_for(settings: SmppSettings) -> tuple[Step, ...]:
    """The steps for a connector, in their order."""
    return (
        Step("plain", "plain text, sender with letters", "Staffetta check: plain text."),
        *_instead_of_plain(),
        Step(
            "alphabet",
            f"every character of {settings.texts.alphabet.value}",
            alphabet_text(settings.texts.alphabet),
            question=ALPHABET_QUESTION,
        ),
        Step("ucs2", "UCS-2 with emoji", UCS2_TEXT),
        *_long_steps(settings),
        Step("flash", "flash", "Staffetta check: flash.", flash=True),
        Step(
            "flash_general",
            "flash, with data_coding 0x10",
            "Staffetta check: flash (0x10).",
            flash=True,
            changes={"gsm7_flash_data_coding": 0x10},
            instead_of="flash",
        ),
        Step(
            "flash_subunit",
            "flash, by dest_addr_subunit",
            "Staffetta check: flash (TLV).",
            flash=True,
            changes={"flash": "subunit"},
            instead_of="flash_general",
        ),
        Step("numeric", "a number as sender", "Staffetta check: number as sender.", RECIPIENT),
    )


def _instead_of_plain() -> Sequence[Step]:
    """What to try where not even a plain text is taken."""
    return (
        Step(
            "plain_relative",
            "plain text, validity relative",
            "Staffetta check: plain text.",
            changes={"validity": "relative"},
            instead_of="plain",
            when=_OF_VALIDITY,
            is_kept=True,
        ),
        Step(
            "plain_no_validity",
            "plain text, no validity",
            "Staffetta check: plain text.",
            changes={"validity": "none"},
            instead_of="plain_relative",
            when=_OF_VALIDITY,
            is_kept=True,
        ),
        Step(
            "plain_numeric",
            "plain text, a number as sender",
            "Staffetta check: plain text.",
            RECIPIENT,
            instead_of="plain",
            when=_OF_SENDER,
            is_kept=True,
        ),
    )


def _long_steps(settings: SmppSettings) -> Sequence[Step]:
    """The form that is set, then the others."""
    configured = settings.texts.long_messages
    forms = [configured, *(form for form in LongMessages if form is not configured)]
    return [
        Step(
            f"long_{form}",
            f"long text as {form}{', as set' if form is configured else ''}",
            LONG_TEXT,
            changes={"long_messages": form.value},
            question=long_question(form),
        )
        for form in forms
    ]


def is_due(step: Step, refused: Mapping[str, int | None]) -> bool:
    """Whether a step is to be sent, given the statuses of the steps that were refused so far."""
    if not step.instead_of:
        return True
    if step.instead_of not in refused:
        return False
    return step.when is None or refused[step.instead_of] in step.when
