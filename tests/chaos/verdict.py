"""The verdict: what was promised, what the gateway says, what the carrier got; and the books.

Pure: it compares three lists and names every disagreement.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sender import Sent

from staffetta.connectors.simulated.journal import JournalEntry

_SHOWN_MAX = 5
_TRY_AGAIN = 2081
Message = Mapping[str, Any]  # as the API shows it


@dataclass
class Verdict:
    """Counts for people, and the faults: empty when every promise was kept."""

    counts: dict[str, int] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    examples: dict[str, list[str]] = field(default_factory=dict)

    def fault(self, kind: str, found: Iterable[object]) -> None:
        """Note a kind of fault with everything that shows it; nothing found is no fault."""
        shown = [str(one) for one in found]
        if shown:
            self.faults[kind] = len(shown)
            self.examples[kind] = shown[:_SHOWN_MAX]


def judge(
    sent: Sequence[Sent], messages: Sequence[Message], journal: Sequence[JournalEntry]
) -> Verdict:
    """Compare the sender's record with the API's messages and the carrier's journal."""
    verdict = Verdict()
    by_id = {message["id"]: message for message in messages}
    by_recipient: dict[str, list[Message]] = defaultdict(list)
    for message in messages:
        by_recipient[message["recipient"]].append(message)
    _promises(verdict, sent, by_id)
    _requests(verdict, sent, by_recipient)
    _arrivals(verdict, messages, journal)
    return verdict


def _promises(verdict: Verdict, sent: Sequence[Sent], by_id: Mapping[str, Message]) -> None:
    """Every 201 stands for a message that exists, says what was sent, and was delivered."""
    accepted = [one for one in sent if one.accepted]
    verdict.counts["accepted"] = len(accepted)
    verdict.fault("accepted, then lost", (one for one in accepted if not one.ids <= by_id.keys()))
    kept = [one for one in accepted if one.ids <= by_id.keys()]
    verdict.fault(
        "accepted, not delivered",
        (
            (one.number, by_id[identifier]["state"])
            for one in kept
            for identifier in one.ids
            if by_id[identifier]["state"] != "DELIVERED"
        ),
    )
    verdict.fault(
        "accepted, kept otherwise",
        (
            one
            for one in kept
            for identifier in one.ids
            if (by_id[identifier]["recipient"], by_id[identifier]["message"])
            != (one.recipient, one.text)
        ),
    )


def _requests(
    verdict: Verdict, sent: Sequence[Sent], by_recipient: Mapping[str, Sequence[Message]]
) -> None:
    """A request made one message, or none where no 201 was heard; nobody else made any."""
    unheard = [one for one in sent if not one.accepted]
    unanswered = [one for one in unheard if one.unanswered]
    verdict.counts["requests"] = len(sent)
    verdict.counts["without an answer"] = len(unanswered)
    verdict.counts["of these kept"] = sum(one.recipient in by_recipient for one in unanswered)
    verdict.counts["repeated with a key"] = sum(bool(one.key) and one.tries > 1 for one in sent)
    verdict.counts["refused with 503"] = sum(bool(one.refused) for one in sent)
    verdict.fault(
        "refused with 503, and kept",
        (
            one
            for one in unheard
            if one.refused and not one.unanswered and one.recipient in by_recipient
        ),
    )
    verdict.fault("refused for another reason", _other_refusals(sent))
    verdict.fault("answered oddly", (odd for one in sent for odd in one.odd))
    verdict.fault("two ids for one request", (one for one in sent if len(one.ids) > 1))
    verdict.fault(
        "two messages for one request",
        (one for one in sent if len(by_recipient.get(one.recipient, ())) > 1),
    )
    verdict.fault(
        "kept, not delivered",
        (
            (one.number, message["state"])
            for one in unheard
            for message in by_recipient.get(one.recipient, ())
            if message["state"] != "DELIVERED"
        ),
    )
    known = {one.recipient for one in sent}
    verdict.fault(
        "messages nobody asked for", (there for there in by_recipient if there not in known)
    )


def _other_refusals(sent: Sequence[Sent]) -> list[tuple[int, int]]:
    """503s that do not say "not kept, try again": a missing route, say, that is not missing."""
    return [(one.number, code) for one in sent for code in one.refused if code != _TRY_AGAIN]


def _arrivals(
    verdict: Verdict, messages: Sequence[Message], journal: Sequence[JournalEntry]
) -> None:
    """Every text arrived whole; what arrived twice is flagged; nothing else arrived."""
    texts: dict[str, dict[int, str]] = defaultdict(dict)
    times: Counter[tuple[str, int]] = Counter()
    totals: dict[str, set[int]] = defaultdict(set)
    for entry in journal:
        recipient = f"+{entry.destination}"
        texts[recipient][entry.part] = entry.text
        totals[recipient].add(entry.parts)
        times[recipient, entry.part] += 1
    duplicated = {recipient for (recipient, _), count in times.items() if count > 1}
    known = {message["recipient"] for message in messages}
    flagged = {one["recipient"] for one in messages if one.get("possiblyDuplicate")}
    verdict.counts["messages"] = len(messages)
    verdict.counts["segments at the carrier"] = len(journal)
    verdict.counts["flagged"] = len(flagged)
    verdict.counts["arrived twice"] = len(duplicated)
    verdict.fault("arrived twice, not flagged", sorted(duplicated - flagged))
    verdict.fault(
        "arrived more than twice", sorted(key[0] for key, count in times.items() if count > 2)
    )
    verdict.fault("arrived, unknown to the gateway", sorted(texts.keys() - known))
    verdict.fault(
        "never arrived whole",
        (
            (one["recipient"], one["state"])
            for one in messages
            if _joined(texts.get(one["recipient"], {})) != one["message"]
            or totals[one["recipient"]] != {one["messageCount"]}
        ),
    )


def _joined(parts: Mapping[int, str]) -> str:
    return "".join(parts[number] for number in sorted(parts))
