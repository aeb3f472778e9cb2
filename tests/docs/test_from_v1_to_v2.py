"""The guide from v1 to v2 pairs what the code pairs."""

import re
from collections import defaultdict

from guide_blocks import GUIDES

from staffetta.api.v1.statuses import GROUP_OF_STATE
from staffetta.api.v2.render import shown_state

PAGE = (GUIDES / "from-v1-to-v2.md").read_text()
V1_STATES = {group.name for group in GROUP_OF_STATE.values()}
V2_STATE = re.compile(r"\b(NEW|PENDING|DELIVERED|UNDELIVERABLE|REJECTED|EXPIRED)\b")


def test_states_of_one_generation_are_those_of_the_other() -> None:
    pairs: dict[str, set[str]] = defaultdict(set)
    for state, group in GROUP_OF_STATE.items():
        pairs[group.name].add(shown_state(state, again=False))
    section = PAGE.partition("## States")[2].partition("## Callbacks")[0]
    rows = re.findall(r"^\| ([A-Z]+) \| ([^|]+) \|", section, re.MULTILINE)
    assert {v1: set(V2_STATE.findall(v2)) for v1, v2 in rows} == pairs
    assert V1_STATES == {v1 for v1, _ in rows}
