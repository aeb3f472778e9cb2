"""What a request is checked for, and what is left alone once it was refused."""

import pytest

from staffetta.accounts.terms import Terms
from staffetta.callbacks.addresses import AllowedNetworks
from staffetta.compliance.entries import make_entry
from staffetta.compliance.senders import SenderRules
from staffetta.compliance.words import ForbiddenList
from staffetta.domain.environments import Environment, Market
from staffetta.domain.errors import ForbiddenWords, InvalidText, NoRoute
from staffetta.messaging.inspection import (
    Circumstances,
    Inspection,
    SendRequest,
    Space,
    inspect,
)
from staffetta.routing.table import RouteTable

_WORD = "casino "


def _inspected(text: str) -> Inspection:
    request = SendRequest(
        market=Market.WORLD,
        recipient="+393331234567",
        text=text,
        sender="MyCompany",
        dry_run=False,
        fail_on_multiple_segments=False,
        callback=None,
        idempotency=None,
    )
    circumstances = Circumstances(
        table=RouteTable(()),
        words=ForbiddenList.of([make_entry("word", "casino")]),
        senders=SenderRules((), ()),
        networks=AllowedNetworks(),
        segments_max=10,
    )
    return inspect(request, Space(1, Environment.PRODUCTION, Terms()), circumstances)


def test_words_are_looked_for_in_the_longest_text_there_may_be():
    found = _inspected((_WORD * 300)[: 10 * 153])
    assert [type(refusal) for refusal in found.refusals] == [ForbiddenWords, NoRoute]


@pytest.mark.parametrize("length", [10 * 153 + 1, 255 * 153 + 1, 1_000_000])
def test_they_are_not_looked_for_in_a_text_that_is_refused_as_too_long(length: int):
    found = _inspected((_WORD * 150_000)[:length])
    assert found.finding is None
    assert [type(refusal) for refusal in found.refusals] == [InvalidText, NoRoute]
