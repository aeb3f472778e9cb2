"""The choice of a route, as tables."""

from staffetta.domain.environments import Environment
from staffetta.routing.table import Quote, Route, RouteTable

LIVE = Environment.PRODUCTION


def route(connector_id: int, country: str, price_micro: int, rank: int = 100) -> Route:
    return Route(LIVE, country, connector_id, rank, price_micro)


def test_without_a_route_there_is_no_quote() -> None:
    table = RouteTable([route(1, "IT", 30_000)])
    assert table.quote(LIVE, "ES") is None
    assert table.quote(Environment.SANDBOX, "IT") is None


def test_a_country_of_its_own_comes_before_any_country() -> None:
    table = RouteTable([route(1, "*", 10_000), route(2, "IT", 30_000)])
    assert table.quote(LIVE, "IT") == Quote(2, 30_000, 30_000)
    assert table.quote(LIVE, "FR") == Quote(1, 10_000, 10_000)


def test_rank_comes_before_price_and_the_highest_price_is_over_all_candidates() -> None:
    table = RouteTable([route(1, "IT", 50_000, rank=1), route(2, "IT", 20_000)])
    assert table.quote(LIVE, "IT") == Quote(1, 50_000, 50_000)
    cheaper_first = RouteTable([route(1, "IT", 50_000), route(2, "IT", 20_000)])
    assert cheaper_first.quote(LIVE, "IT") == Quote(2, 20_000, 50_000)


def test_a_connectors_own_country_replaces_its_any_route() -> None:
    table = RouteTable([route(1, "*", 90_000), route(1, "IT", 30_000)])
    assert table.candidates(LIVE, "IT") == [route(1, "IT", 30_000)]
