"""Who acts on a page, for the audit trail, and forms that are obeyed once."""

import re
import secrets
from typing import Final

from staffetta.accounts.audit import Actor
from staffetta.console.forms import Form
from staffetta.console.languages import mark
from staffetta.console.refused import Refused
from staffetta.console.rendering import PageRequest

ONCE_FIELD: Final = "once"
_NUMBER_BYTES: Final = 12
_NUMBER: Final = re.compile(r"[0-9a-f]{24}", re.ASCII)


def actor_of(request: PageRequest) -> Actor:
    """Who signed in, and where from; the page's guard has seen to it that somebody did."""
    person = request.user.person
    assert person is not None, "a page that changes something has a guard"
    address = request.client.host if request.client else None
    return Actor(person.email, person.person_id, address)


def new_form_number() -> str:
    """The number of a form that must be obeyed once, however often it is sent."""
    return secrets.token_hex(_NUMBER_BYTES)


def form_number_of(form: Form) -> str | None:
    """The number that a form was sent with; None: it has none, and may not be obeyed."""
    number = form.text(ONCE_FIELD)
    return number if _NUMBER.fullmatch(number) else None


def number_of_once(form: Form) -> str:
    """The number of a form that is obeyed once; raises Refused."""
    number = form_number_of(form)
    if number is None:
        raise Refused("", mark("This form cannot be obeyed twice: load the page again."))
    return number
