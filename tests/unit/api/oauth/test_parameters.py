"""What a request asks, however old clients write it."""

import json
from datetime import UTC, datetime

import pytest

from staffetta.accounts.create_token import LIFETIME_SECONDS_MAX
from staffetta.api.oauth.errors import InvalidParameter, UnreadableBody
from staffetta.api.oauth.parameters import (
    count_of,
    lifetime_of,
    read_body_parameters,
    read_query,
    texts_of,
    whole_number_of,
)

NOW = datetime(2026, 3, 14, 9, 26, 53, 500_000, tzinfo=UTC)
SECOND = int(NOW.timestamp())
SCOPES = ["POST:a/b", "GET:c/d"]


@pytest.mark.parametrize(
    "body",
    [
        json.dumps({"scopes": SCOPES}).encode(),
        b' \n{"scopes":["POST:a\\/b","\\u0047ET:c/d"]}\n',
        json.dumps({"scopes": {"0": SCOPES[0], "2": SCOPES[1]}}).encode(),
        b"scopes[]=POST:a/b&scopes[]=GET:c/d",
        b"scopes%5B%5D=POST%3Aa%2Fb&scopes%5B%5D=GET%3Ac%2Fd",
        b"scopes[0]=POST:a/b&scopes[1]=GET:c/d",
    ],
    ids=["JSON", "escapes", "a PHP array with holes", "a form", "an encoded form", "numbered"],
)
def test_a_list_is_read_however_it_is_written(body: bytes) -> None:
    assert texts_of(read_body_parameters(body), "scopes") == tuple(SCOPES)


@pytest.mark.parametrize("body", [b"", b"  ", b"{}", b"[]", b"null", b"7", b'"x"', b"scopes="])
def test_a_body_without_fields_has_none(body: bytes) -> None:
    assert texts_of(read_body_parameters(body), "scopes") is None


@pytest.mark.parametrize("body", [b"{", b'{"scopes":', b"[1,", b"{'a': 1}", b'{"a":"\xff"}'])
def test_broken_json_is_not_taken_for_a_form(body: bytes) -> None:
    with pytest.raises(UnreadableBody, match="not JSON"):
        read_body_parameters(body)


def test_json_nested_too_deeply_is_refused() -> None:
    with pytest.raises(UnreadableBody, match="nested"):
        read_body_parameters(b'{"a":' + b"[" * 100_000)


@pytest.mark.parametrize(
    "body",
    [
        rb'{"scopes":["a\u0000"]}',
        rb'{"scopes":["\ud800"]}',
        rb'{"custom":[{"deep":{"\udc00":1}}]}',
        b"scopes[]=a%00",
        rb'["\u0000"]',
    ],
)
def test_nul_and_half_a_surrogate_pair_are_refused_anywhere(body: bytes) -> None:
    with pytest.raises(InvalidParameter, match="a field holds"):
        read_body_parameters(body)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (b"", None),
        (b"scope=", None),
        (b"scope=a", ("a",)),
        (b"scope[]=a", ("a",)),
        (b"scope[]=a&scope[]=b", ("a", "b")),
        (b"scope%5B%5D=a&scope%5B%5D=b", ("a", "b")),
    ],
)
def test_a_filter_is_one_text_or_several(query: bytes, expected: tuple[str, ...] | None) -> None:
    assert texts_of(read_query(query), "scope") == expected


def test_too_many_parameters_are_refused() -> None:
    with pytest.raises(InvalidParameter, match="more than"):
        read_query(b"&".join([b"a=1"] * 1001))


@pytest.mark.parametrize("value", [7, ["a", 7], [["a"]], True])
def test_a_list_of_something_else_is_refused(value: object) -> None:
    with pytest.raises(InvalidParameter, match="scopes must be a list of texts"):
        texts_of({"scopes": value}, "scopes")


@pytest.mark.parametrize(
    ("value", "expected"),
    [(60, 60), ("60", 60), (" 60 ", 60), (60.0, 60), ("60.0", 60), ("", None), (None, None)],
)
def test_a_number_may_be_a_text(value: object, expected: int | None) -> None:
    assert whole_number_of({"ttl": value}, "ttl") == expected


@pytest.mark.parametrize("value", ["x", "1.5", 1.5, True, [1], {}, float("nan"), "9" * 30, "٣"])
def test_what_is_no_whole_number_is_refused(value: object) -> None:
    with pytest.raises(InvalidParameter, match="ttl must be a whole number"):
        whole_number_of({"ttl": value}, "ttl")


def test_a_count_has_bounds() -> None:
    assert count_of({}, "limit", 5, 10) == 5
    assert count_of({"limit": "10"}, "limit", 5, 10) == 10
    for wrong in ("11", "-1", "x"):
        with pytest.raises(InvalidParameter, match="limit"):
            count_of({"limit": wrong}, "limit", 5, 10)


@pytest.mark.parametrize(
    ("given", "seconds"),
    [
        ({}, None),
        ({"ttl": 3600}, 3600),
        ({"ttl": "3600"}, 3600),
        ({"ttl": 0}, LIFETIME_SECONDS_MAX),
        ({"ttl": -1}, LIFETIME_SECONDS_MAX),
        ({"ttl": LIFETIME_SECONDS_MAX + 1}, LIFETIME_SECONDS_MAX),
        ({"expire": SECOND + 3600}, 3600),
        ({"expire": 31_536_000}, LIFETIME_SECONDS_MAX),
        ({"expire": 600}, 600),
        ({"expire": SECOND}, 1),
        ({"expire": SECOND + 2 * LIFETIME_SECONDS_MAX}, LIFETIME_SECONDS_MAX),
        ({"expire": SECOND - 1}, LIFETIME_SECONDS_MAX),  # a very long duration
        ({"expire": 0}, LIFETIME_SECONDS_MAX),
        ({"expire": -5}, LIFETIME_SECONDS_MAX),
        ({"ttl": 60, "expire": 600}, 60),
        ({"ttl": 0, "expire": 600}, 600),
    ],
)
def test_ttl_and_expire_say_how_long_a_token_lives(given, seconds: int | None) -> None:
    assert lifetime_of(given, NOW) == seconds
