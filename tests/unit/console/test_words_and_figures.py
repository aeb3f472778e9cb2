"""What pages write for people: figures, browsers, causes, periods, and what forms mean."""

from datetime import UTC, date, datetime

import pytest

from staffetta.accounts.people import Role
from staffetta.accounts.usage import RequestError
from staffetta.console.browsers import browser_name
from staffetta.console.causes import ADVICE, WORDS
from staffetta.console.figures import Figures
from staffetta.console.languages import Language
from staffetta.console.pages.account.credit_words import (
    KIND_WORDS,
    NO_ADDRESS,
    NO_AMOUNT,
    months_of,
    read_alert,
    read_month,
    read_period,
)
from staffetta.console.pages.account.overview_reasons import LISTED_MAX, reasons_of, refusals_of
from staffetta.console.pages.person.me import ROLE_WORDS
from staffetta.ledger.book import EntryKind
from staffetta.ledger.errors import InvalidPeriod
from staffetta.ledger.period import Period
from staffetta.messaging.failures import Cause
from staffetta.messaging.traffic import Trouble

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"
EDGE = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
    " Chrome/120.0 Safari/537.36 Edg/120.0"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15"
    " (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1"
)


@pytest.mark.parametrize(
    ("share", "shown"),
    [
        (0.0, "0%"),
        (0.00001, "< 0.1%"),
        (0.5, "50%"),
        (0.9876, "98.8%"),
        (0.99999, "> 99.9%"),
        (1.0, "100%"),
    ],
)
def test_a_share_is_all_or_nothing_only_when_it_is(share: float, shown: str) -> None:
    assert Figures(Language.ENGLISH).share(share) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.04, "0 sec"), (2.34, "2.3 sec"), (45.2, "45 sec"), (90, "1.5 min"), (9000, "2.5 hr")],
)
def test_a_duration_has_the_digits_that_matter(seconds: float, shown: str) -> None:
    assert Figures(Language.ENGLISH).seconds(seconds) == shown


def test_figures_are_written_in_the_readers_language() -> None:
    italian = Figures(Language.ITALIAN)
    assert (italian.share(0.9876), italian.seconds(2.34)) == ("98,8%", "2,3 s")
    assert (italian.country("FR"), italian.country("001")) == ("Francia", "Numeri internazionali")
    assert italian.country("XQ") == "XQ"


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        (FIREFOX, "Firefox, Linux"),
        (EDGE, "Edge, Windows"),
        (IPHONE, "Safari, iPhone"),
        ("curl/8.5", "curl"),
        ("something else", "something else"),
        ("", ""),
    ],
    ids=["firefox", "edge", "iphone", "curl", "unknown", "silent"],
)
def test_a_browser_is_called_as_people_call_it(user_agent: str, name: str) -> None:
    assert browser_name(user_agent) == name


def test_everything_that_is_shown_has_words() -> None:
    assert set(WORDS) == set(ADVICE) == set(Cause)
    assert set(KIND_WORDS) == set(EntryKind)
    assert set(ROLE_WORDS) == set(Role)


def test_a_cause_is_told_once_with_the_most_frequent_words_of_carriers() -> None:
    troubles = [Trouble(Cause.OUT_OF_REACH, f"words {number}", 9) for number in range(5)]
    reasons = reasons_of([*troubles, Trouble(Cause.EMPTY, "", 50)])
    assert [(one.cause, one.count) for one in reasons] == [
        (Cause.EMPTY, 50),
        (Cause.OUT_OF_REACH, 45),
    ]


def test_refusals_that_say_the_same_are_one_line() -> None:
    errors = [
        RequestError(b"", NOW, "POST:/IT-messages", "sms", 422, 2011 + number % 2, "no", "::1")
        for number in range(5)
    ]
    assert [(one.code, one.count) for one in refusals_of(errors)] == [("2011", 3), ("2012", 2)]
    many = [
        RequestError(b"", NOW, "POST:/x", "sms", 422, 2011, f"sentence {number}", "::1")
        for number in range(LISTED_MAX + 1)
    ]
    assert len(refusals_of(many)) == LISTED_MAX


@pytest.mark.parametrize(
    ("below", "url", "micro", "problems"),
    [
        ("", "", None, {}),
        ("5", "https://example.com/low", 5_000_000, {}),
        ("0,50", "", 500_000, {}),
        ("0", "", 0, {"below": NO_AMOUNT}),
        ("-1", "", -1_000_000, {"below": NO_AMOUNT}),
        ("five", "", None, {"below": NO_AMOUNT}),
        ("1.2345678", "", None, {"below": NO_AMOUNT}),
        ("5", "javascript:alert(1)", 5_000_000, {"url": NO_ADDRESS}),
        ("5", "https://user@example.com", 5_000_000, {"url": NO_ADDRESS}),
        ("5", f"https://example.com/{'x' * 1000}", 5_000_000, {"url": NO_ADDRESS}),
    ],
)
def test_the_form_of_the_alert_is_read_or_says_what_is_wrong(
    below: str, url: str, micro: int | None, problems: dict[str, str]
) -> None:
    read = read_alert(below, url)
    assert (read.below_micro, read.problems) == (micro, problems)
    assert (read.below, read.url) == (below, url)


def test_a_period_has_both_its_days() -> None:
    assert read_period("2026-03-01", "2026-03-01") == Period(date(2026, 3, 1), date(2026, 3, 2))


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("", ""),
        ("2026-03-02", "2026-03-01"),
        ("yesterday", "today"),
        ("0001-01-01", "9999-12-31"),
        ("2026-03-01", "2200-01-01"),
    ],
)
def test_what_is_no_period_is_refused(first: str, last: str) -> None:
    with pytest.raises(InvalidPeriod):
        read_period(first, last)


@pytest.mark.parametrize(
    ("text", "begin"),
    [
        ("2026-03", date(2026, 3, 1)),
        ("2026-13", None),
        ("2026-3", None),
        ("", None),
        ("9999-12", None),
        ("1900-01", None),
    ],
)
def test_a_month_is_read_or_is_none(text: str, begin: date | None) -> None:
    period = read_month(text)
    assert (period and period.begin) == begin


def test_months_to_choose_from_go_back_to_the_first() -> None:
    since = datetime(2025, 12, 31, tzinfo=UTC)
    assert months_of(since, NOW, Language.FRENCH) == [
        ("2026-03", "mars 2026"),
        ("2026-02", "février 2026"),
        ("2026-01", "janvier 2026"),
        ("2025-12", "décembre 2025"),
    ]
    assert len(months_of(datetime(1990, 1, 1, tzinfo=UTC), NOW, Language.ENGLISH)) == 36
