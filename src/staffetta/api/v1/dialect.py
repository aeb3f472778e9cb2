"""How v1 speaks."""

from typing import Final

from staffetta.api.dialect import Dialect
from staffetta.api.doors import Room
from staffetta.api.v1.errors import refusal
from staffetta.domain.scopes import Service

V1: Final = Dialect(Room.V1, Service.V1, wrong_token=125, wrong_scope=126, refusal=refusal)
