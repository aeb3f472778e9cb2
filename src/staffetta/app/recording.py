"""What the settings say of recording PDUs, as the flight recorder takes it."""

from types import MappingProxyType
from typing import Final

from staffetta.config import Settings
from staffetta.domain.environments import Environment
from staffetta.messaging.recordings import RecordingPolicy

_KEEPS_TEXT: Final = MappingProxyType(
    {
        "never": frozenset[Environment](),
        "sandbox": frozenset({Environment.SANDBOX}),
        "always": frozenset(Environment),
    }
)


def recording_policy(settings: Settings) -> RecordingPolicy:
    """The policy of a process that has links."""
    return RecordingPolicy(
        ring_octets_max=settings.trace_ring_bytes,
        sample=settings.trace_sample,
        keeps_text=_KEEPS_TEXT[settings.trace_text],
    )
