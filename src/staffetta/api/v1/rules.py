"""The settings that v1 obeys."""

import msgspec


class V1Rules(msgspec.Struct, frozen=True):
    """The settings that v1 obeys."""

    cuts_senders: bool = False
    realtime_factor: int = 1200  # thousandths
