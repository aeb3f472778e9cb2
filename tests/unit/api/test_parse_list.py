"""Queries of lists: what is read, and what each refusal says."""

import pytest

from staffetta.api.v2.errors import InvalidField
from staffetta.api.v2.parse_list import Page, parse_page


@pytest.mark.parametrize(
    ("query", "page"),
    [
        (b"", Page(0, 100)),
        (b"skip=5&limit=10", Page(5, 10)),
        (b"limit=1000", Page(0, 1000)),
        (b"skip=&limit=", Page(0, 100)),
        (b"unknown=1&skip=0", Page(0, 100)),
    ],
)
def test_a_page_is_read(query: bytes, page: Page):
    assert parse_page(query) == page


@pytest.mark.parametrize(
    ("query", "says"),
    [
        (b"limit=0", "limit must be a whole number from 1 to 1000"),
        (b"limit=1001", "limit must be"),
        (b"limit=ten", "limit must be"),
        (b"limit=1.5", "limit must be"),
        (b"limit=%D9%A3", "limit must be"),
        (b"skip=-1", "skip must be a whole number from 0 to 1000000"),
        (b"skip=" + b"9" * 5000, "skip must be"),
        (b"&".join([b"a=1"] * 60), "more than 50 parameters"),
    ],
)
def test_a_page_that_is_wrong_is_refused(query: bytes, says: str):
    with pytest.raises(InvalidField, match=says):
        parse_page(query)
