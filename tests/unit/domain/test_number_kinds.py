"""What a number is, whether or not it can receive an SMS."""

import pytest

from staffetta.domain.number_kinds import NumberFacts, NumberKind, describe_number


@pytest.mark.parametrize(
    ("raw", "country", "kind"),
    [
        ("+393331234567", "IT", NumberKind.MOBILE),
        ("+390612345678", "IT", NumberKind.FIXED),
        ("+12025550123", "US", NumberKind.FIXED_OR_MOBILE),
        ("+39800123456", "IT", NumberKind.TOLL_FREE),
        ("+39899123456", "IT", NumberKind.PREMIUM),
        ("+393331", None, NumberKind.INVALID),
    ],
)
def test_each_number_has_its_kind(raw: str, country: str | None, kind: NumberKind) -> None:
    facts = describe_number(raw)
    assert facts is not None
    assert (facts.country, facts.kind) == (country, kind)


def test_it_is_written_as_carriers_write_it() -> None:
    expected = NumberFacts("+442071234567", "44", "GB", NumberKind.FIXED)
    assert describe_number("+44 (0)20 7123 4567") == expected


@pytest.mark.parametrize("raw", ["", "hello", "12", "+", "+999123456789", "9" * 1000])
def test_what_is_no_number_is_none(raw: str) -> None:
    assert describe_number(raw) is None
