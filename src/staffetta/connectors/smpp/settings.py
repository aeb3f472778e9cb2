"""What one SMPP connector is set to: frozen values, and what holds where nothing is said.

Owns the values alone; how a row is read into them is `options`'.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, tzinfo
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from staffetta.connectors.smpp.backoff import Pauses
from staffetta.connectors.smpp.credit import CreditProbes
from staffetta.connectors.smpp.rate import Throttling
from staffetta.connectors.smpp.tls import TlsSettings
from staffetta.domain.errors import StaffettaError
from staffetta.domain.text_rules import TextRules
from staffetta.smpp.addresses import AddressRules
from staffetta.smpp.constants import INTERFACE_VERSION, DataCoding, RegisteredDelivery
from staffetta.smpp.message_ids import IdForm
from staffetta.smpp.network_errors import ErrorReason
from staffetta.smpp.pdus import Tlvs
from staffetta.smpp.statuses import StatusClass
from staffetta.smpp.timings import Timings

_NO_REASONS: Final[Mapping[str, ErrorReason]] = MappingProxyType({})
_NO_CLASSES: Final[Mapping[int, StatusClass]] = MappingProxyType({})


class InvalidSmppSettings(StaffettaError):
    """A connector's settings hold a key or a value that means nothing; the text names it."""


class BindKind(StrEnum):
    """How a link is bound."""

    TRANSCEIVER = "transceiver"
    PAIR = "pair"  # a transmitter and a receiver: two connections, one link


class Validity(StrEnum):
    """How a carrier is told when a message expires."""

    ABSOLUTE = "absolute"
    RELATIVE = "relative"
    NONE = "none"  # the carrier's own default


class Flash(StrEnum):
    """How a text is marked that is shown at once and not stored."""

    DATA_CODING = "data_coding"  # by its class
    SUBUNIT = "subunit"  # by the TLV dest_addr_subunit: for the display alone


@dataclass(frozen=True, slots=True)
class SubmitFields:
    """What stands in each submit_sm to this carrier, whatever its text."""

    service_type: str = ""
    protocol_id: int = 0
    tlvs: Tlvs = ()
    flash: Flash = Flash.DATA_CODING


@dataclass(frozen=True, slots=True)
class Codings:
    """The data_coding of each kind of text (3.4 section 5.2.19)."""

    gsm7: int = DataCoding.SMSC_DEFAULT
    # None: class 0 of the default alphabet, which is GSM-7 whatever the SMSC's is (TS 23.038
    # section 4). Where that is another, such a flash is told by the TLV instead.
    gsm7_flash: int | None = None
    ucs2: int = DataCoding.UCS2
    ucs2_flash: int = DataCoding.FLASH_UCS2


@dataclass(frozen=True, slots=True, kw_only=True)
class SmppSettings:
    """One connector. Rates are of the whole connector, windows of one link."""

    connector_id: int
    name: str
    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    window_max: int = 10
    rate_per_second: int = 10  # 0: unlimited
    link_count: int = 1
    bind: BindKind = BindKind.TRANSCEIVER
    interface_version: int = INTERFACE_VERSION
    long_password: bool = False  # longer than the 8 octets of the specification
    tls: TlsSettings = field(default_factory=TlsSettings)
    system_type: str = ""
    address_range: str = ""
    timings: Timings = field(default_factory=Timings)
    pauses: Pauses = field(default_factory=Pauses)
    throttling: Throttling = field(default_factory=Throttling)
    credit: CreditProbes = field(default_factory=CreditProbes)
    addresses: AddressRules = field(default_factory=AddressRules)
    codings: Codings = Codings()
    texts: TextRules = field(default_factory=TextRules)
    fields: SubmitFields = SubmitFields()
    submit_ids: IdForm = IdForm.AS_IS  # how submit_sm_resp writes ids
    report_ids: IdForm | None = None  # how reports write them; None: it is learned
    # Absolute by default: it is the same on every try and however long a segment waits for its
    # turn, it is what Kannel sends, and fewer carriers refuse it than the relative form.
    validity: Validity = Validity.ABSOLUTE
    registered_delivery: int = RegisteredDelivery.SUCCESS_AND_FAILURE
    sniffs_reports: bool = True  # reports that esm_class does not mark are known by their text
    report_zone: tzinfo = UTC  # of the dates in reports
    accepted_is_final: bool = False  # ACCEPTD is the carrier's last word, and means delivered
    unknown_is_final: bool = False  # nothing follows UNKNOWN
    error_meanings: Mapping[str, ErrorReason] = field(default_factory=lambda: _NO_REASONS)
    # The carrier's own meanings.
    status_classes: Mapping[int, StatusClass] = field(default_factory=lambda: _NO_CLASSES)
