"""What only somebody with the phone in hand can say after a certification, and what that sets.

Pure. It is asked when everything is over, and may be answered later, or never.
"""

from collections.abc import Iterator
from typing import Final

from staffetta.connectors.smpp.certification.conclude import outcome_of
from staffetta.connectors.smpp.certification.findings import AlphabetFinding, Findings
from staffetta.connectors.smpp.certification.learn_alphabet import alphabet_settings
from staffetta.connectors.smpp.certification.script import ALPHABET_QUESTION
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.domain.writing import LongMessages
from staffetta.routing.checks import CheckChoice, CheckQuestion

WHICH_IS_WHOLE: Final = (
    "The phone should show long messages ending in '1234567890 end.', one for each form below, in"
    " this order. Which is the first that came as one message, whole?"
)
NOT_SEEN: Final = "nothing, or I cannot see it"


def questions_of(findings: Findings, settings: SmppSettings) -> tuple[CheckQuestion, ...]:
    """The questions that are left open."""
    return (*_of_alphabet(findings, settings), *_of_long_texts(findings, settings))


def _of_alphabet(findings: Findings, settings: SmppSettings) -> Iterator[CheckQuestion]:
    if findings.alphabet is not AlphabetFinding.UNKNOWN or not _is_taken(findings, "alphabet"):
        return
    configured = settings.texts.alphabet
    choices = tuple(
        CheckChoice(words, alphabet_settings(AlphabetFinding(meaning), configured))
        for meaning, words in ALPHABET_QUESTION.choices
    )
    yield CheckQuestion(ALPHABET_QUESTION.name, ALPHABET_QUESTION.text, choices)


def _of_long_texts(findings: Findings, settings: SmppSettings) -> Iterator[CheckQuestion]:
    configured = settings.texts.long_messages
    forms = [configured, *(form for form in LongMessages if form is not configured)]
    taken = [form for form in forms if _is_taken(findings, f"long_{form}")]
    if not taken:
        return
    choices = [
        CheckChoice(form.value, {} if form is configured else {"long_messages": form.value})
        for form in taken
    ]
    yield CheckQuestion("long", WHICH_IS_WHOLE, (*choices, CheckChoice(NOT_SEEN, {})))


def _is_taken(findings: Findings, step: str) -> bool:
    outcome = outcome_of(findings.observed, step)
    return outcome is not None and outcome[0]
