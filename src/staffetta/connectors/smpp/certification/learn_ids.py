"""How a carrier names messages in reports, learned from the answers of the same run.

Pure. It uses the very ways in which reports of live traffic are read, so that what is found here is
what will happen there.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from staffetta.connectors.smpp.certification.findings import IdFinding
from staffetta.connectors.smpp.certification.observed import Heard, Sent
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.smpp import pdus
from staffetta.smpp.constants import DataCoding
from staffetta.smpp.message_ids import (
    IdForm,
    Source,
    Spelling,
    Way,
    candidate_keys,
    key_by,
    message_id_key,
)
from staffetta.smpp.report_text import read_report_text
from staffetta.smpp.reports import ReportPdu
from staffetta.smpp.tlvs import Tag, find, find_text

_UCS2: Final = frozenset({int(DataCoding.UCS2), int(DataCoding.FLASH_UCS2)})
# What a spelling is called in the settings: of answers, and of reports.
_FORMS: Final[Mapping[Spelling, tuple[IdForm, IdForm]]] = MappingProxyType(
    {
        Spelling.DECIMAL: (IdForm.HEXADECIMAL, IdForm.DECIMAL),
        Spelling.HEXADECIMAL: (IdForm.DECIMAL, IdForm.HEXADECIMAL),
    }
)


def text_of(pdu: ReportPdu) -> str:
    """The text of a report, as its data_coding has it; "" for one that speaks in TLVs alone."""
    octets = pdu.short_message if isinstance(pdu, pdus.DeliverSm) else b""
    octets = octets or find(pdu.tlvs, Tag.MESSAGE_PAYLOAD) or b""
    if pdu.data_coding in _UCS2:
        return octets.decode("utf-16-be", "replace")
    return octets.decode("latin-1")


def ids_of(pdu: ReportPdu) -> tuple[str, str]:
    """The id in the TLV and the id in the text, "" for none."""
    octets = find_text(pdu.tlvs, Tag.RECEIPTED_MESSAGE_ID) or b""
    return octets.decode("latin-1").strip(), read_report_text(text_of(pdu)).message_id


def learn_ids(sent: Sequence[Sent], heard: Sequence[Heard]) -> IdFinding | None:
    """The way that matches most reports of ours to answers; None when there are none of either."""
    answered = _answers_by_key(sent)
    ours = [one for one in heard if one.is_ours]
    if not answered or not ours:
        return None
    counts: Counter[Way] = Counter()
    for one in ours:
        keys = candidate_keys(*_both(one.pdu))
        counts.update(way for way, key in keys.items() if key in answered)
    # Of ways that match as many, the one that is tried first.
    way = max(counts, key=lambda way: counts[way]) if counts else None
    if way is not None and not any(ids_of(one.pdu)[0] for one in ours):
        way = Way(Source.TEXT, way.spelling)  # an id that stands alone counts for both places
    matched = list(match_reports(sent, heard, way))
    first_answer = matched[0][0].answer.message_id if matched else next(iter(answered.values()))
    first_report = matched[0][1].pdu if matched else ours[0].pdu
    example = next((one for one in ids_of(first_report) if one), "")
    return IdFinding(way, len(ours), len(matched), first_answer, example)


def match_reports(
    sent: Sequence[Sent], heard: Sequence[Heard], way: Way | None
) -> Iterator[tuple[Sent, Heard]]:
    """Each report of ours with what it speaks of."""
    if way is None:
        return
    by_key = {message_id_key(one.answer.message_id): one for one in sent if one.answer.message_id}
    for report in heard:
        found = by_key.get(key_by(way, *_both(report.pdu)))
        if report.is_ours and found is not None:
            yield found, report


def id_settings(finding: IdFinding | None, settings: SmppSettings) -> dict[str, object]:
    """What must be set for reports to be matched for certain; nothing where they are already."""
    if finding is None or finding.way is None:
        return {}
    # Where nothing is set, a spelling is learned from live reports too; another one than the
    # answers' is better known from the first.
    now_set = (settings.submit_ids, settings.report_ids or IdForm.AS_IS)
    forms = _FORMS.get(finding.way.spelling, (IdForm.AS_IS, IdForm.AS_IS))
    if forms == now_set:
        return {}
    return {"submit_ids": forms[0].value, "report_ids": forms[1].value}


def _both(pdu: ReportPdu) -> tuple[str, str]:
    tlv_id, text_id = ids_of(pdu)
    return (tlv_id, text_id) if tlv_id else (text_id, "")


def _answers_by_key(sent: Sequence[Sent]) -> dict[str, str]:
    ids = [one.answer.message_id for one in sent if one.answer.is_accepted]
    return {message_id_key(one): one for one in ids if one}
