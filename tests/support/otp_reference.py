"""The tables of docs/reference/otp.md, made from the code that they describe.

`python tests/support/otp_reference.py` writes them into the page; a test fails when they differ.
"""

from collections import defaultdict
from pathlib import Path

from babel import Locale
from babel.core import get_global

from staffetta.domain.segments import segment_text
from staffetta.otp.codes import LENGTH_DEFAULT
from staffetta.otp.languages import CHOSEN, language_of
from staffetta.otp.texts import TEXTS, write_text

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "otp.md"
BEGIN = "<!-- made by tests/support/otp_reference.py: begin -->\n"
END = "<!-- made by tests/support/otp_reference.py: end -->\n"
_SAMPLE = "12345"
assert len(_SAMPLE) == LENGTH_DEFAULT


def tables() -> str:
    """What stands between the marks."""
    return "\n".join((*_texts(), "", *_choices(), ""))


def write() -> None:
    """Put the tables into the page."""
    before, _, rest = PAGE.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}{tables()}{END}{after}")


def known_countries() -> list[str]:
    """Every country that CLDR knows the languages of."""
    return sorted(get_global("territory_languages"))


def written() -> str:
    """The tables as the page has them."""
    return PAGE.read_text().partition(BEGIN)[2].partition(END)[0]


def _texts() -> list[str]:
    countries: dict[str, list[str]] = defaultdict(list)
    for country in known_countries():
        if country != "ZZ":  # CLDR's unknown country
            countries[language_of(country)].append(country)
    lines = [
        "| language | countries | text | encoding | characters | segments |",
        "|---|---|---|---|---|---|",
    ]
    for language in TEXTS:
        text = write_text(language, _SAMPLE)
        cut = segment_text(text)
        where = " ".join(countries[language]) or "none"
        if language == "en":
            where = f"{where}, and every other number"
        lines.append(
            f"| {_name(language)} | {where} | {text} "
            f"| {cut.encoding} | {cut.characters_count} | {len(cut.parts)} |"
        )
    return lines


def _choices() -> list[str]:
    lines = ["| country | language | why |", "|---|---|---|"]
    for country, (language, why) in CHOSEN.items():
        territory = Locale("en").territories[country]
        lines.append(f"| {country} {territory} | {_name(language)} | {why} |")
    return lines


def _name(language: str) -> str:
    name = Locale.parse(language).get_display_name("en")
    assert name is not None
    return name


if __name__ == "__main__":
    write()
