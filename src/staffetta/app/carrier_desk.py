"""What is known of connectors to those who may not import them: settings, their check, the costs.

Owns nothing: it puts the connectors' own functions behind plain values.
"""

from collections.abc import Sequence
from functools import partial
from typing import Final

import msgspec

from staffetta.connectors.smpp.certification.certify import Plan
from staffetta.connectors.smpp.options import OPTIONS, settings_of
from staffetta.connectors.smpp.settings import SmppSettings
from staffetta.connectors.smpp.shown import shown_settings, typed
from staffetta.connectors.smpp.tls import make_context
from staffetta.connectors.smpp.typed_values import read_value
from staffetta.console.carrier_desk import CarrierDesk, SettingLine
from staffetta.routing.carriers import Carrier
from staffetta.routing.change_connector import SIMULATED, OpenSecrets, StoredConnector
from staffetta.routing.checks import AskedCheck
from staffetta.routing.told_changes import told
from staffetta.smpp.timings import Timings

NETWORK_ANYWHERE: Final = ("localhost", 1)


def make_carrier_desk(response_seconds: float, default_sender: str) -> CarrierDesk:
    """The desk of an installation: how long links wait for answers, and who sends by default."""

    def settings_in(stored: StoredConnector, secrets: OpenSecrets) -> SmppSettings:
        return connector_settings(stored, secrets, response_seconds)

    def shown(stored: StoredConnector, secrets: OpenSecrets) -> Sequence[SettingLine]:
        settings = settings_in(stored, secrets)
        return [
            SettingLine(one.key, typed(told(one.value)), one.is_default)
            for one in shown_settings(settings, stored.settings)
        ]

    def segments(
        stored: StoredConnector, secrets: OpenSecrets, asked: AskedCheck
    ) -> tuple[int, int]:
        settings, sender = settings_in(stored, secrets), asked.sender or default_sender
        return Plan.of(settings, sender, asked.numbers, asked.burst_count, 0).segment_counts()

    return CarrierDesk(
        keys=tuple(sorted(OPTIONS)),
        read_value=read_value,
        check=partial(check_connector, response_seconds=response_seconds),
        shown=shown,
        segments=segments,
    )


def connector_settings(
    stored: Carrier | StoredConnector,
    secrets: OpenSecrets,
    response_seconds: float,
    network_address: tuple[str, int] = NETWORK_ANYWHERE,
) -> SmppSettings:
    """What the links of a connector would run with; raises InvalidSmppSettings.

    The simulated network is wherever it listens, which those who run its links know.
    """
    row = msgspec.structs.asdict(stored)
    if stored.kind == SIMULATED:
        host, port = network_address
        row |= {"host": host, "port": port, "system_id": "sandbox"}
    timings = Timings(response_seconds=response_seconds)
    return settings_of(row, secrets.password, timings, secrets.tls_key)


def check_connector(
    stored: StoredConnector, secrets: OpenSecrets, *, response_seconds: float
) -> None:
    """Refuse what the links could not run with: settings, and certificates that do not fit.

    Raises InvalidSmppSettings and InvalidTls.
    """
    tls = connector_settings(stored, secrets, response_seconds).tls
    if tls.is_on:
        make_context(tls)
