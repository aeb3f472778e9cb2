"""How a simulated network behaves as a whole: one frozen value, given when it is made.

Owns the defaults and the limits. What single recipients do is in `behaviours`.
"""

from dataclasses import dataclass, field

from staffetta.connectors.simulated.decoding import SmscAlphabet
from staffetta.connectors.simulated.spellings import IdSpelling, ReportForm
from staffetta.smpp.timings import Timings


@dataclass(frozen=True, slots=True)
class NetworkSettings:
    """Durations are seconds of the event loop's clock."""

    name: bytes = b"STAFFETTA"  # the system_id it answers binds with
    system_id: str | None = None  # the only one that may bind; None: any
    password: str | None = field(default=None, repr=False)  # None: any
    alphabet: SmscAlphabet = field(default_factory=SmscAlphabet)
    delivery_seconds: float = 1.0  # from the submit to the handset and the report
    late_report_seconds: float = 60.0
    throttle_seconds: float = 3.0  # for which a throttled number refuses
    redelivery_seconds: float = 5.0  # until a refused or unanswered report is brought again
    report_keep_seconds: float = 3600.0  # after which a report that nobody took is dropped
    window_size: int = 500  # deliver_sm without an answer, on one bind
    links_max: int = 1000  # connections; more are closed at once
    # Messages that wait for delivery, and reports that wait for their ESME. At either limit
    # submit_sm is answered with ESME_RMSGQFUL, and nothing is kept of it.
    pending_max: int = 100_000
    pending_of_system_id_max: int = 50_000
    handset_segments_max: int = 500  # the newest ones, for whoever looks at the phone
    ids: IdSpelling = IdSpelling.HEXADECIMAL
    first_id: int | None = None  # the number of the first message; None: of the time of the start
    report_form: ReportForm = ReportForm.BOTH
    timings: Timings = field(default_factory=Timings)
