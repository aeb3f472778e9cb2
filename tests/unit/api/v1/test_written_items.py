"""Where the items of a list end, whatever they hold, and that none is made before its turn."""

import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as some

from staffetta.api.v1.written_items import ITEM_OCTETS_MAX, ItemTooLong, split_list

VALUES = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(alphabet='a"\\,[]{}: \n✓'),
    lambda inner: some.lists(inner, max_size=4) | some.dictionaries(some.text(), inner, max_size=4),
    max_leaves=20,
)


def items_of(text: str | bytes) -> list[bytes]:
    written = text if isinstance(text, bytes) else text.encode()
    return [bytes(one) for one in split_list(memoryview(written))]


@given(some.lists(VALUES, max_size=6), some.sampled_from([None, 2]), some.booleans())
def test_items_are_those_of_the_list(values: list[object], indent: int | None, is_ascii: bool):
    text = json.dumps(values, indent=indent, ensure_ascii=is_ascii)
    assert [json.loads(one) for one in items_of(text)] == values


@pytest.mark.parametrize("nested", ["[", '{"a":'])
def test_an_item_may_be_nested_deeply(nested: str):
    depth = 500
    item = nested * depth + "1" + ("]" if nested == "[" else "}") * depth
    assert items_of(f"[{item} , 2]") == [item.encode(), b"2"]


@pytest.mark.parametrize(
    "item",
    ['"' + "x" * ITEM_OCTETS_MAX + '"', "[" + "[],1," * 20_000 + "1]", " " * ITEM_OCTETS_MAX + "1"],
    ids=["text", "list", "blanks"],
)
def test_an_item_that_is_too_long_is_refused_without_looking_to_its_end(item: str):
    with pytest.raises(ItemTooLong):
        items_of(f"[1,{item},2]")


@pytest.mark.parametrize("text", [b"[1", b'["a', b"[1,", b"[1 2]", b"[{]", b"[,]"])
def test_what_is_no_list_ends_in_an_error(text: bytes):
    with pytest.raises(ValueError, match="the list does not end"):
        items_of(text)


def test_tiny_items_take_no_room():
    written = memoryview(b"[" + b"0," * 500_000 + b"0]")
    tracemalloc.start()
    try:
        assert sum(1 for _ in split_list(written)) == 500_001
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 100_000
