"""The guide to errors has every number that the code answers, and no other."""

import ast
import re
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path

import pytest
from guide_blocks import GUIDES

from staffetta.api import v1
from staffetta.api.dialect import Dialect
from staffetta.api.oauth.v1.errors import OAUTH_V1
from staffetta.api.oauth.v2.errors import REFUSALS
from staffetta.api.refusals import (
    BAD_REQUEST,
    BODY_TOO_LARGE,
    FAULT,
    NO_SUCH_PATH,
    NOT_NOW,
    TOO_MANY_REQUESTS,
    WRONG_METHOD,
)
from staffetta.api.v1.dialect import V1
from staffetta.api.v1.errors import CANCELLING, CHANGING, NUMBERS, READING, invalid_id, not_found
from staffetta.api.v1.errors import CODES as V1_CODES
from staffetta.api.v2.dialect import V2
from staffetta.api.v2.errors import CODES as V2_CODES
from staffetta.api.v2.errors import code_of
from staffetta.domain.errors import ForbiddenWords

Refusal = tuple[int, float]
GENERAL = (NO_SUCH_PATH, WRONG_METHOD, BODY_TOO_LARGE, TOO_MANY_REQUESTS, FAULT, NOT_NOW)
_TABLE = r"<!-- errors: {} -->\n(.*?)\n\n"
_ROW = re.compile(r"^\| ([\d, ]+) \| ([\d.]+|the same) \|", re.MULTILINE)


def told(service: str) -> list[Refusal]:
    """What the page says, one row after the other."""
    table = re.search(_TABLE.format(service), (GUIDES / "errors.md").read_text(), re.DOTALL)
    assert table is not None
    return [
        (int(status), float(status if number == "the same" else number))
        for statuses, number in _ROW.findall(table[1])
        for status in statuses.split(",")
    ]


def of_tokens(dialect: Dialect) -> set[Refusal]:
    """What a token is refused with."""
    scope, address = dialect.wrong_scope, dialect.wrong_address
    return {(401, dialect.wrong_token), (403, scope), (403, address)}


def answered_by_v2() -> set[Refusal]:
    words = {code_of(ForbiddenWords("", charged_at_once=at_once)) for at_once in (True, False)}
    general = {(one.status, one.code) for one in GENERAL}
    return {*V2_CODES.values(), *words, *general, *of_tokens(V2)}


def answered_by_v1() -> set[Refusal]:
    of_bodies = {(422, number) for number in NUMBERS.values()}
    general = {(one.status, one.status) for one in GENERAL}
    return {*V1_CODES.values(), *of_bodies, *written_in_v1(), *general, *of_tokens(V1)}


def written_in_v1() -> Iterator[Refusal]:
    """Numbers that stand where they are raised, and those of messages that are none."""
    for path in Path(v1.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            match node:
                case ast.Call(
                    ast.Name("Refused"), [ast.Constant(status), ast.Constant(int(number)), *_]
                ):
                    yield status, number
    for numbers in (READING, CHANGING, CANCELLING):
        for refused in (invalid_id(numbers), not_found(numbers)):
            yield refused.status, refused.number


def answered_by_oauth(numbers: Mapping[type, Refusal], by_call: Mapping[str, Mapping]) -> set:
    general = {(one.status, one.status) for one in (*GENERAL, BAD_REQUEST)}
    of_calls = chain.from_iterable(rows.values() for rows in by_call.values())
    return {*numbers.values(), *of_calls, *general}


ANSWERED = {
    "v1": answered_by_v1(),
    "v2": answered_by_v2(),
    "oauth-v1": answered_by_oauth(OAUTH_V1.refusals._numbers, OAUTH_V1.refusals._by_call),
    "oauth-v2": answered_by_oauth(REFUSALS._numbers, REFUSALS._by_call),
}


@pytest.mark.parametrize("service", ANSWERED)
def test_the_page_has_every_number_once_and_no_other(service: str) -> None:
    assert sorted(told(service)) == sorted(ANSWERED[service])


def test_faults_of_both_generations_are_numbers_of_each() -> None:
    page = (GUIDES / "from-v1-to-v2.md").read_text()
    pairs = re.findall(r"\| (\d+) / ([\d.]+) \| (\d+) / ([\d.]+) \|", page)
    assert len(pairs) > 10
    for v1_status, v1_number, v2_status, v2_number in pairs:
        assert (int(v1_status), float(v1_number)) in ANSWERED["v1"]
        assert (int(v2_status), float(v2_number)) in ANSWERED["v2"]
