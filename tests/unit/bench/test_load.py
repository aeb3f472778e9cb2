"""The load generator sends requests that the gateway takes, and reads whole answers."""

import json
from itertools import islice

import pytest
from bench.load import body_of_whole_answer
from bench.messages import RECIPIENTS_COUNT, Requests
from bench.posting import by_second
from bench.profiling import hottest

from staffetta.domain.environments import Market
from staffetta.domain.phones import parse_mobile, require_country
from staffetta.domain.segments import segment_text


def bodies(first_number: int, count: int) -> list[dict[str, str]]:
    requests = Requests(first_number)
    made = [requests.next(b"") for _ in range(count)]
    assert len({len(body) for body in made}) == 1, "Content-Length is written once"
    return [json.loads(body) for body in made]


@pytest.mark.parametrize("first_number", [0, 197_999, RECIPIENTS_COUNT - 1_000])
def test_requests_are_valid_distinct_and_plain(first_number: int) -> None:
    made = bodies(first_number, 1_000)
    assert len({body["recipient"] for body in made}) == 1_000
    assert len({body["message"] for body in made}) == 1_000
    for body in made:
        require_country(parse_mobile(body["recipient"]), Market.ITALY)
        assert not body["recipient"][-4:].startswith("99"), "the simulated network's own endings"
        assert len(segment_text(body["message"]).parts) == 1


def test_a_request_says_how_long_its_body_is() -> None:
    requests = Requests(0)
    head = requests.head("/v2/IT-messages", "127.0.0.1", 8080, "a" * 24)
    request = requests.next(head)
    front, body = request.split(b"\r\n\r\n")
    assert f"Content-Length: {len(body)}".encode() in front.split(b"\r\n")


ANSWER = b"HTTP/1.1 201 Created\r\ncontent-length: 5\r\nserver: x\r\n\r\nhello"


def test_the_body_of_a_whole_answer_is_found() -> None:
    assert ANSWER[body_of_whole_answer(ANSWER) :] == b"hello"


@pytest.mark.parametrize("length", list(range(len(ANSWER))))
def test_an_answer_is_awaited_until_it_is_whole(length: int) -> None:
    assert body_of_whole_answer(ANSWER[:length]) == -1


def test_moments_are_counted_by_second() -> None:
    assert by_second([0.1, 0.9, 2.0]) == [2, 0, 1]
    assert by_second([]) == []


def test_a_profile_is_read_by_own_and_by_whole_shares() -> None:
    lines = ["main;serve (/x/src/a.py:1);parse 30", "main;serve (/x/src/a.py:1) 60", "main 10"]
    shares = {hot.function: (hot.own_percent, hot.total_percent) for hot in hottest(lines)}
    assert shares == {
        "serve (a.py:1)": (60.0, 90.0),
        "parse": (30.0, 30.0),
        "main": (10.0, 100.0),
    }


def test_the_numbers_of_loads_do_not_repeat_within_a_run_of_the_benchmarks() -> None:
    first = {body["recipient"] for body in islice(bodies(0, 100), 100)}
    second = {body["recipient"] for body in islice(bodies(2_000_000, 100), 100)}
    assert not first & second
