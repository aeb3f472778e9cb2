"""How v2 speaks."""

from typing import Final

from staffetta.api.dialect import Dialect
from staffetta.api.doors import Room
from staffetta.api.v2.errors import refusal
from staffetta.domain.scopes import Service

V2: Final = Dialect(
    Room.V2,
    Service.V2,
    wrong_token=125.22,
    wrong_scope=125.23,
    refusal=refusal,
    wrong_address=125.24,
)
