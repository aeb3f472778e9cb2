"""Where a sender needs approval, and what a refusal says."""

import pytest

from staffetta.compliance.senders import ApprovedSender, SenderRules

ANNA, BOB = 1, 2
RULES = SenderRules(
    ["SG", "IT"], [ApprovedSender(ANNA, "SG", "ACME"), ApprovedSender(ANNA, "IT", "Acme Roma")]
)


@pytest.mark.parametrize(
    ("space_id", "country", "sender"),
    [
        (ANNA, "FR", "anything"),
        (BOB, "ES", "ACME"),
        (ANNA, "SG", "ACME"),
        (ANNA, "IT", "Acme Roma"),
    ],
)
def test_a_sender_may_be_used_where_it_is_approved_or_needs_no_approval(space_id, country, sender):
    assert RULES.refusal(space_id, country, sender) is None


@pytest.mark.parametrize(
    ("space_id", "country", "sender"),
    [
        (ANNA, "SG", "OTHER"),
        (ANNA, "SG", "Acme Roma"),  # approved elsewhere
        (BOB, "SG", "ACME"),  # approved for somebody else
        (ANNA, "SG", "ACME "),
    ],
)
def test_any_other_sender_is_refused_in_the_words_of_the_contract(space_id, country, sender):
    sentence = RULES.refusal(space_id, country, sender)
    assert sentence == (
        f"the sender {sender} is not approved for country SG: "
        "register it with POST /senders/alias, and use it when an operator has approved it"
    )


def test_capitals_count_and_the_refusal_says_how_it_was_approved():
    assert RULES.refusal(ANNA, "SG", "acme") == (
        "the sender acme is not approved for country SG: approved is ACME, and capitals count"
    )


def test_without_rules_everything_may_be_used():
    assert SenderRules().refusal(ANNA, "SG", "ACME") is None
