"""What OAuth v2 is asked: windows, filters of scopes, dates, bodies."""

from datetime import UTC, date, datetime

import pytest

from staffetta.api.oauth.errors import InvalidParameter, MissingScopes
from staffetta.api.oauth.parameters import read_query
from staffetta.api.oauth.v2.dates import parse_date
from staffetta.api.oauth.v2.parse_query import Window, parse_scopes, parse_window
from staffetta.api.oauth.v2.parse_token import parse_change, parse_terms
from staffetta.api.oauth.v2.scope_catalogue import CATALOGUES, scope_detail
from staffetta.domain.environments import Environment
from staffetta.domain.scopes import all_scopes
from staffetta.routing.table import Route, RouteTable

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
TODAY = NOW.date()
SCOPE = "GET:sms.openapi.com/messages"


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("2024-02-29", date(2024, 2, 29), date(2024, 2, 29)),
        (None, date(1970, 1, 1), date(2026, 3, 15)),
    ],
)
def test_a_date_is_the_days_it_means(text: str | None, first: date, last: date):
    assert parse_date(text, TODAY) == (first, last)


@pytest.mark.parametrize(
    "text",
    [
        *("", "x", "26", "2026-13", "2026-00", "2026-02-29", "2026-02-30", "2026-1", "2026-01-1"),
        *("2026-01-01 ", " 2026", "2026\n", "٢٠٢٦", "0000", "1969", "2106", "2026-01-01-01"),
        "+2026",
    ],
)
def test_anything_else_is_no_date(text: str):
    with pytest.raises(InvalidParameter, match="2026-03-14"):
        parse_date(text, TODAY)


def test_a_window_is_the_newest_hundred_unless_asked_for():
    assert parse_window({}) == Window(0, 100)
    assert parse_window({"skip": "5", "limit": "1"}) == Window(5, 1)


@pytest.mark.parametrize(
    ("query", "scopes"),
    [
        ("", None),
        ("scopes=", None),
        ("scopes=,", None),
        (f"scopes={SCOPE}", (SCOPE,)),
        (f"scopes={SCOPE},{SCOPE}", (SCOPE,)),
        (f"scopes={SCOPE}, POST:sms.openapi.com/otp", (SCOPE, "POST:sms.openapi.com/otp")),
        (
            f"scopes[]={SCOPE}&scopes[]=POST:sms.openapi.com/otp",
            (SCOPE, "POST:sms.openapi.com/otp"),
        ),
        ("scopes=GET:sms.openapi.com/messages/", (SCOPE,)),
        ("scopes=DELETE:oauth.openapi.com/tokens", ("DELETE:oauth.openapi.com/tokens",)),
    ],
)
def test_scopes_are_separated_by_commas(query: str, scopes: tuple[str, ...] | None):
    assert parse_scopes(read_query(query.encode()), Environment.PRODUCTION) == scopes


def test_wildcards_in_a_filter_are_expanded():
    given = {"scopes": "*:*/*"}
    assert parse_scopes(given, Environment.SANDBOX) == all_scopes(Environment.SANDBOX)


@pytest.mark.parametrize("text", ["http://x/", "a/b/c", "x" * 301, f"{SCOPE},:", "GET:a/b," * 101])
def test_what_is_no_scope_is_refused(text: str):
    with pytest.raises(InvalidParameter, match="scopes"):
        parse_scopes({"scopes": text}, Environment.PRODUCTION)


def test_limits_are_taken_away_by_null_and_kept_when_absent():
    assert parse_change({"limits": None}, NOW).limits is not None
    assert parse_change({}, NOW).limits is None


def test_scopes_are_needed_to_make_and_may_be_absent_to_change():
    with pytest.raises(MissingScopes):
        parse_terms({}, NOW)
    assert parse_change({}, NOW).scopes is None
    with pytest.raises(InvalidParameter):
        parse_change({"scopes": []}, NOW)


class TestCatalogue:
    def test_it_has_every_scope_once(self):
        for environment in Environment:
            catalogue = CATALOGUES[environment]
            assert tuple(str(one.scope) for one in catalogue.values()) == all_scopes(environment)
        production, sandbox = (set(CATALOGUES[environment]) for environment in Environment)
        assert not production & sandbox

    def detail(self, endpoint: str, routes: RouteTable, per_minute_max: int = 10) -> dict:
        one = next(
            one
            for one in CATALOGUES[Environment.PRODUCTION].values()
            if str(one.scope) == f"POST:sms.openapi.com/{endpoint}"
        )
        return scope_detail(one, routes, Environment.PRODUCTION, per_minute_max)

    def test_a_price_is_what_the_best_route_asks(self):
        routes = RouteTable(
            [
                Route(Environment.PRODUCTION, "FR", 1, 100, 70_000),
                Route(Environment.PRODUCTION, "FR", 2, 50, 80_000),
                Route(Environment.SANDBOX, "DE", 3, 1, 1),
            ]
        )
        assert self.detail("WW-messages", routes)["prices"] == {"ww-messages-fr": 0.08}
        assert self.detail("IT-messages", routes)["prices"] == {}

    def test_no_rate_is_false(self):
        assert self.detail("otp", RouteTable([]), 0)["rateLimit"] is False
        assert self.detail("otp", RouteTable([]), 600)["rateLimit"] == "600/minute"
