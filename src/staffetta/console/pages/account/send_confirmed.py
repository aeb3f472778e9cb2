"""What the page that asks before it sends has shown: it is sent for that, and for nothing else."""

from dataclasses import dataclass

from staffetta.console.asked import number_of
from staffetta.console.forms import Form


@dataclass(frozen=True, slots=True)
class Confirmed:
    """What somebody was shown and said yes to."""

    price_micro: int
    recipient_count: int
    sender: str

    def fields(self) -> dict[str, str]:
        """By the names of the form."""
        return {
            "shown_price": str(self.price_micro),
            "shown_count": str(self.recipient_count),
            "shown_sender": self.sender,
        }


def read_confirmed(form: Form) -> Confirmed | None:
    """What was said yes to; None where nobody did, and where it is not told what was shown."""
    if not form.is_ticked("confirmed"):
        return None
    try:
        price_micro, count = (number_of(form.text(name)) for name in ("shown_price", "shown_count"))
    except ValueError:
        return None
    if price_micro is None or count is None:
        return None
    return Confirmed(price_micro, count, form.text("shown_sender"))
