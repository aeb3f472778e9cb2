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
_MAY_BE_LONG: Final = " (where the carrier gave it so, long_password allows it)"
WINDOW_DEFAULT: Final = 10
WINDOW_MAX: Final = 10_000
RATE_PER_SECOND_DEFAULT: Final = 10
RATE_PER_SECOND_MAX: Final = 1_000_000
PORT_MAX: Final = 65_535
LINKS_DEFAULT: Final = 1
LINKS_MAX: Final = 64
RANK_MAX: Final = 1_000_000
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
    enabled: bool = True  # whether it runs from the first

    def __post_init__(self) -> None:
        """Check every field."""
        for wrong in self._faults():
            raise InvalidConnector(wrong)

    def _faults(self) -> Iterable[str]:
        if self.environment is Environment.SANDBOX:
            yield "the sandbox never reaches a carrier: a connector belongs to production"
        if _NAME.fullmatch(self.name) is None:
            yield (
                f"{self.name!r} cannot name a connector: 1 to 40 letters, digits, dots, hyphens"
                " and underscores, beginning with a letter or digit"
            )
        yield from host_faults(self.host)
        yield from port_faults(self.port)
        yield from system_id_faults(self.system_id)
        yield from password_faults(self.password, long_allowed=self.long_password)
        yield from window_faults(self.window_max)
        yield from rate_faults(self.rate_per_second)
        yield from price_faults(self.price_micro)
        # One that does not run yet may be told later where it leads.
        if self.enabled or self.countries:
            yield from country_faults(self.countries)


def split_countries(text: str) -> tuple[str, ...]:
    """The codes in a list such as "IT,ES", in capitals, each once."""
    codes = (code.strip().upper() for code in text.split(","))
    return tuple(dict.fromkeys(code for code in codes if code))


def host_faults(host: str) -> Iterable[str]:
    """What is wrong with a host, in sentences."""
    if len(host) > HOST_CHARACTERS_MAX or _HOST.fullmatch(host) is None:
        yield f"{host!r} is not a host: write a name like smsc.example.com or an address"


def port_faults(port: int) -> Iterable[str]:
    """What is wrong with a port."""
    return _out_of_range("port", port, 1, PORT_MAX)


def system_id_faults(system_id: str) -> Iterable[str]:
    """What is wrong with a system id."""
    yield from _unfit("system id", system_id, SYSTEM_ID_CHARACTERS_MAX, shown=True)
    if not system_id:
        yield "the system id is missing: the carrier tells it together with the password"


def password_faults(password: str, *, long_allowed: bool) -> Iterable[str]:
    """What is wrong with a password, which is never quoted."""
    longest = LONG_PASSWORD_CHARACTERS_MAX if long_allowed else PASSWORD_CHARACTERS_MAX
    can_be_allowed = not long_allowed and len(password) <= LONG_PASSWORD_CHARACTERS_MAX
    return _unfit(
        "password", password, longest, shown=False, hint=_MAY_BE_LONG if can_be_allowed else ""
    )


def window_faults(window_max: int) -> Iterable[str]:
    """What is wrong with a window."""
    return _out_of_range("window", window_max, 1, WINDOW_MAX)


def rate_faults(rate_per_second: int) -> Iterable[str]:
    """What is wrong with a rate."""
    return _out_of_range("rate", rate_per_second, 0, RATE_PER_SECOND_MAX)


def links_faults(link_count: int) -> Iterable[str]:
    """What is wrong with a number of links."""
    return _out_of_range("number of links", link_count, 1, LINKS_MAX)


def rank_faults(rank: int) -> Iterable[str]:
    """What is wrong with a rank."""
    return _out_of_range("rank", rank, 0, RANK_MAX)


def price_faults(price_micro: int) -> Iterable[str]:
    """What is wrong with a price."""
    if price_micro < 0:
        yield f"a price is not negative, and this one is {format_amount(price_micro)}"


def country_faults(countries: Iterable[str]) -> Iterable[str]:
    """What is wrong with a list of countries."""
    countries = tuple(countries)
    if not countries:
        yield "no country is named: write codes like IT,ES, or * for all"
    for country in countries:
        if country not in _COUNTRIES:
            yield f"{country!r} is not a country: write ISO 3166 codes like IT,ES, or * for all"


def _out_of_range(what: str, value: int, low: int, high: int) -> Iterable[str]:
    if not low <= value <= high:
        yield f"the {what} is {value}: it lies between {low} and {high}"


def _unfit(
    what: str, text: str, characters_max: int, *, shown: bool, hint: str = ""
) -> Iterable[str]:
    if not (text.isascii() and text.isprintable()):
        yield f"the {what} has characters other than printable ASCII"
    elif len(text) > characters_max:
        yield (
            f"the {what}{f' {text!r}' if shown else ''} has {len(text)} characters:"
            f" SMPP has room for {characters_max}{hint}"
        )
