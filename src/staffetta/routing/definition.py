"""What an operator says of an SMPP connector: every field checked once, then frozen.

Pure. Lengths are those of SMPP 3.4, section 4.1.1, without the final NUL.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import phonenumbers

from staffetta.domain.environments import Environment
from staffetta.domain.money import format_amount
from staffetta.routing.errors import InvalidConnector
from staffetta.routing.table import ANY_COUNTRY

SYSTEM_ID_CHARACTERS_MAX: Final = 15
PASSWORD_CHARACTERS_MAX: Final = 8
# Some carriers hand out longer ones than the specification has room for.
LONG_PASSWORD_CHARACTERS_MAX: Final = 64
WINDOW_DEFAULT: Final = 10
WINDOW_MAX: Final = 10_000
RATE_PER_SECOND_DEFAULT: Final = 10
RATE_PER_SECOND_MAX: Final = 1_000_000
PORT_MAX: Final = 65_535
HOST_CHARACTERS_MAX: Final = 253

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}", re.ASCII)
_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+", re.ASCII)
_COUNTRIES: Final = frozenset(phonenumbers.SUPPORTED_REGIONS) | {
    phonenumbers.REGION_CODE_FOR_NON_GEO_ENTITY,
    ANY_COUNTRY,
}


@dataclass(frozen=True, slots=True)
class ConnectorDefinition:
    """A connector to be, with one route to each of its countries at one price.

    Raises InvalidConnector when made of what breaks a rule.
    """

    environment: Environment
    name: str
    host: str
    port: int
    system_id: str
    password: str = field(repr=False)
    countries: tuple[str, ...]
    price_micro: int  # per segment
    window_max: int = WINDOW_DEFAULT
    rate_per_second: int = RATE_PER_SECOND_DEFAULT  # segments; 0: unlimited
    long_password: bool = False

    def __post_init__(self) -> None:
        """Check every field."""
        for wrong in self._faults():
            raise InvalidConnector(wrong)

    def _faults(self) -> Iterable[str]:
        password_max = (
            LONG_PASSWORD_CHARACTERS_MAX if self.long_password else PASSWORD_CHARACTERS_MAX
        )
        if self.environment is Environment.SANDBOX:
            yield "the sandbox never reaches a carrier: a connector belongs to production"
        if _NAME.fullmatch(self.name) is None:
            yield (
                f"{self.name!r} cannot name a connector: 1 to 40 letters, digits, dots, hyphens"
                " and underscores, beginning with a letter or digit"
            )
        if len(self.host) > HOST_CHARACTERS_MAX or _HOST.fullmatch(self.host) is None:
            yield f"{self.host!r} is not a host: write a name like smsc.example.com or an address"
        yield from _out_of_range("port", self.port, 1, PORT_MAX)
        yield from _unfit("system id", self.system_id, SYSTEM_ID_CHARACTERS_MAX, shown=True)
        if not self.system_id:
            yield "the system id is missing: the carrier tells it together with the password"
        yield from _unfit("password", self.password, password_max, shown=False)
        yield from _out_of_range("window", self.window_max, 1, WINDOW_MAX)
        yield from _out_of_range("rate", self.rate_per_second, 0, RATE_PER_SECOND_MAX)
        if self.price_micro < 0:
            yield f"a price is not negative, and this one is {format_amount(self.price_micro)}"
        yield from _country_faults(self.countries)


def split_countries(text: str) -> tuple[str, ...]:
    """The codes in a list such as "IT,ES", in capitals, each once."""
    codes = (code.strip().upper() for code in text.split(","))
    return tuple(dict.fromkeys(code for code in codes if code))


def _country_faults(countries: tuple[str, ...]) -> Iterable[str]:
    if not countries:
        yield "no country is named: write codes like IT,ES, or * for all"
    for country in countries:
        if country not in _COUNTRIES:
            yield f"{country!r} is not a country: write ISO 3166 codes like IT,ES, or * for all"


def _out_of_range(what: str, value: int, low: int, high: int) -> Iterable[str]:
    if not low <= value <= high:
        yield f"the {what} is {value}: it lies between {low} and {high}"


def _unfit(what: str, text: str, characters_max: int, *, shown: bool) -> Iterable[str]:
    if not (text.isascii() and text.isprintable()):
        yield f"the {what} has characters other than printable ASCII"
    elif len(text) > characters_max:
        yield (
            f"the {what}{f' {text!r}' if shown else ''} has {len(text)} characters:"
            f" SMPP has room for {characters_max}"
        )
