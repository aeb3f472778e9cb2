"""Changing an account's terms: checked here, stored as what differs from the defaults."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType

from staffetta.accounts.errors import InvalidTerms
from staffetta.accounts.sql import accounts as sql
from staffetta.accounts.terms import DEFAULT_TERMS, Allowance, Terms, parse_terms
from staffetta.db.pool import Connection
from staffetta.domain.countries import COUNTRIES

CALLBACK_RETRY_MAX: Final = 5
ALLOWANCE_COUNT_MAX: Final = 1_000_000
ALLOWANCE_SECONDS_MAX: Final = 86_400
_ALLOWANCES: Final = ("otp_per_recipient", "otp_per_prefix", "otp_per_account")


class TermsChanges(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is to change, by the names of `Terms`. Raises InvalidTerms.

    The alert's URL is checked by whoever can: the rules of callbacks are not known here.
    """

    callback_retry: int | UnsetType = UNSET
    alert_url: str | UnsetType | None = UNSET
    countries_allowed: frozenset[str] | UnsetType | None = UNSET
    otp_per_recipient: Allowance | UnsetType = UNSET
    otp_per_prefix: Allowance | UnsetType = UNSET
    otp_per_account: Allowance | UnsetType = UNSET

    def __post_init__(self) -> None:
        """Check every field that is to change."""
        for fault in (*self._callback_faults(), *self._country_faults(), *self._rate_faults()):
            raise InvalidTerms(fault)

    def _callback_faults(self) -> Iterable[str]:
        retry = self.callback_retry
        if isinstance(retry, int) and not 0 <= retry <= CALLBACK_RETRY_MAX:
            yield f"a callback is repeated 0 to {CALLBACK_RETRY_MAX} times, not {retry}"

    def _country_faults(self) -> Iterable[str]:
        countries = self.countries_allowed
        if not isinstance(countries, frozenset):
            return
        if not countries:
            yield "no country is named: write ISO 3166 codes like IT,FR, or all"
        for country in sorted(countries - COUNTRIES):
            yield f"{country!r} is not a country: write ISO 3166 codes like IT,FR, or all"

    def _rate_faults(self) -> Iterable[str]:
        for name in _ALLOWANCES:
            allowance = getattr(self, name)
            if allowance is UNSET:
                continue
            if not 0 <= allowance.count <= ALLOWANCE_COUNT_MAX:
                yield f"a rate allows 0 (all) to {ALLOWANCE_COUNT_MAX:,}, not {allowance.count:,}"
            if not 1 <= allowance.seconds <= ALLOWANCE_SECONDS_MAX:
                yield (
                    f"a rate counts over 1 to {ALLOWANCE_SECONDS_MAX:,} seconds,"
                    f" not {allowance.seconds:,}"
                )


DEFAULTS_AGAIN: Final = TermsChanges(**msgspec.structs.asdict(DEFAULT_TERMS))


def settings_after(stored: Mapping[str, Any], changes: TermsChanges) -> dict[str, Any]:
    """What is stored after a change: only what differs from the defaults.

    Settings of other owners stay as they are.
    """
    after = dict(stored)
    for name, value in msgspec.structs.asdict(changes).items():
        if value is UNSET:
            continue
        if value == getattr(DEFAULT_TERMS, name):
            after.pop(name, None)
        else:
            after[name] = _stored(value)
    return after


def _stored(value: object) -> object:
    """In an order that does not change by itself: settings are read by people too."""
    plain = sorted(value) if isinstance(value, frozenset) else value
    return msgspec.to_builtins(plain)


async def read_terms(connection: Connection, space_id: int) -> Terms:
    """A space's terms; raises LookupError for a space that does not exist."""
    return parse_terms(await _read(connection, sql.READ_SETTINGS, space_id))


async def set_terms(connection: Connection, space_id: int, changes: TermsChanges) -> Terms:
    """Change a space's terms; answers them. Every process obeys within about a second."""
    stored = await _read(connection, sql.LOCK_SETTINGS, space_id)
    after = settings_after(stored, changes)
    terms = parse_terms(after)
    await connection.execute(sql.WRITE_SETTINGS, space_id, after)
    return terms


async def _read(connection: Connection, statement: str, space_id: int) -> Mapping[str, Any]:
    row = await connection.fetchrow(statement, space_id)
    if row is None:
        raise LookupError(f"there is no space {space_id}")
    settings: Mapping[str, Any] = row["settings"]
    return settings
