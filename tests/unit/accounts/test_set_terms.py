"""An account's terms: what may be set, and what is stored of it."""

from typing import Any

import msgspec
import pytest

from staffetta.accounts.errors import InvalidTerms
from staffetta.accounts.set_terms import DEFAULTS_AGAIN, TermsChanges, settings_after
from staffetta.accounts.terms import DEFAULT_TERMS, Allowance, Terms, parse_terms

ITALY_AND_FRANCE = frozenset({"IT", "FR"})


@pytest.mark.parametrize(
    ("stored", "changes", "after"),
    [
        ({}, TermsChanges(), {}),
        (
            {},
            TermsChanges(countries_allowed=ITALY_AND_FRANCE),
            {"countries_allowed": ["FR", "IT"]},
        ),
        ({"countries_allowed": ["FR"]}, TermsChanges(countries_allowed=None), {}),
        ({"callback_retry": 2}, TermsChanges(callback_retry=5), {}),  # the default
        ({"callback_retry": 2}, TermsChanges(callback_retry=0), {"callback_retry": 0}),
        (
            {"callback_retry": 2},
            TermsChanges(alert_url="https://example.com/"),
            {"callback_retry": 2, "alert_url": "https://example.com/"},
        ),
        (
            {},
            TermsChanges(otp_per_prefix=Allowance(0, 1)),
            {"otp_per_prefix": {"count": 0, "seconds": 1}},
        ),
        ({"callback_retry": 2, "of others": [1]}, DEFAULTS_AGAIN, {"of others": [1]}),
    ],
)
def test_only_what_differs_from_the_defaults_is_stored(
    stored: dict[str, Any], changes: TermsChanges, after: dict[str, Any]
) -> None:
    assert settings_after(stored, changes) == after


def test_what_is_stored_is_read_as_it_was_set() -> None:
    terms = Terms(
        callback_retry=1,
        alert_url="https://example.com/",
        countries_allowed=ITALY_AND_FRANCE,
        otp_per_recipient=Allowance(1, 2),
        otp_per_prefix=Allowance(3, 4),
        otp_per_account=Allowance(0, 6),
    )
    changes = TermsChanges(**msgspec.structs.asdict(terms))
    stored = msgspec.json.decode(msgspec.json.encode(settings_after({}, changes)))
    assert parse_terms(stored) == terms
    assert parse_terms(settings_after(stored, DEFAULTS_AGAIN)) == DEFAULT_TERMS


def test_every_term_can_be_changed() -> None:
    assert TermsChanges.__struct_fields__ == Terms.__struct_fields__


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"callback_retry": 6}, "0 to 5 times, not 6"),
        ({"callback_retry": -1}, "0 to 5 times, not -1"),
        ({"countries_allowed": frozenset()}, "no country is named"),
        ({"countries_allowed": frozenset({"IT", "XX"})}, "'XX' is not a country"),
        ({"countries_allowed": frozenset({"it"})}, "'it' is not a country"),
        ({"otp_per_recipient": Allowance(1_000_001, 60)}, "1,000,000, not 1,000,001"),
        ({"otp_per_prefix": Allowance(-1, 60)}, "not -1"),
        ({"otp_per_account": Allowance(5, 0)}, "1 to 86,400 seconds, not 0"),
        ({"otp_per_account": Allowance(5, 86_401)}, "not 86,401"),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(change: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InvalidTerms, match=sentence):
        TermsChanges(**change)
