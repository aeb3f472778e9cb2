"""One account as operators see it: found by its number, shown under tabs, one for each task.

An operator's page names the account and the environment in its address, so that two windows may
show two accounts, and nothing is done to one that was meant for the other.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from litestar.exceptions import NotFoundException
from litestar.response import Template

from staffetta.accounts.email import Email
from staffetta.accounts.read_account import Account, SpaceFacts, read_account, read_spaces
from staffetta.console.acting import new_form_number
from staffetta.console.forms import Form
from staffetta.console.languages import mark, say_in
from staffetta.console.navigation import OPERATE
from staffetta.console.pages.operate.accounts import SECTION
from staffetta.console.parts import ConsoleParts
from staffetta.console.places import operator_page
from staffetta.console.refused import Refused
from staffetta.console.rendering import PageRequest
from staffetta.db.pool import Connection
from staffetta.domain.environments import Environment


@dataclass(frozen=True, slots=True)
class Tab:
    """One task of an account's."""

    path: str
    title: str  # English; translated when it is shown
    of_environment: bool  # money and traffic are of one environment, people of both


TABS: Final = (
    Tab("", mark("Account"), of_environment=False),
    Tab("/money", mark("Money"), of_environment=True),
    Tab("/guards", mark("Guards"), of_environment=True),
    Tab("/access", mark("Keys and tokens"), of_environment=True),
    Tab("/people", mark("People"), of_environment=False),
    Tab("/senders", mark("Senders"), of_environment=False),
    Tab("/blocks", mark("Blocks"), of_environment=False),
)


@dataclass(frozen=True, slots=True)
class OperatedPlace:
    """An account with its spaces; `environment` where the page is about one of them."""

    account: Account
    spaces: Mapping[Environment, SpaceFacts]
    environment: Environment | None = None

    @property
    def facts(self) -> SpaceFacts:
        """The space that the page is about."""
        assert self.environment is not None, "the page's address names an environment"
        return self.spaces[self.environment]

    @property
    def email(self) -> Email:
        """The account's address."""
        return Email.parse(self.account.email)

    def path(self, tab: str = "") -> str:
        """The address of a tab, in the environment of this page or in production."""
        base = f"{OPERATE}{SECTION}/{self.account.account_id}"
        known = {one.path: one for one in TABS}.get(tab)
        if known is None or not known.of_environment:
            return f"{base}{tab}"
        return f"{base}{tab}/{(self.environment or Environment.PRODUCTION).value}"


async def operated_place(
    connection: Connection, parts: ConsoleParts, account_id: int, environment: str | None = None
) -> OperatedPlace:
    """The account with this number, in an environment if the page is about one; else 404."""
    account = await read_account(connection, account_id)
    if account is None:
        raise NotFoundException(f"there is no account {account_id}")
    spaces = await read_spaces(connection, account, parts.clock.now())
    if environment is None:
        return OperatedPlace(account, spaces)
    if environment not in set(Environment) or Environment(environment) not in spaces:
        raise NotFoundException(f"the account has no environment {environment}")
    return OperatedPlace(account, spaces, Environment(environment))


_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Trouble:
    """A form that was not obeyed: what was typed in it, and what is wrong, by field.

    What concerns no field stands under "".
    """

    typed: Mapping[str, str] = field(default_factory=dict)
    problems: Mapping[str, str] = field(default_factory=dict)


NO_TROUBLE: Final = Trouble()


class _Typed(dict[str, str]):
    """What was typed; a field that nothing was typed in is empty."""

    def __missing__(self, _name: str) -> str:
        return ""


def trouble_of(form: Form, names: Iterable[str], refused: Refused) -> Trouble:
    """A form that was refused, with what was typed in some of its fields."""
    return Trouble({name: form.text(name) for name in names}, {refused.field: str(refused)})


def tab_page(
    request: PageRequest,
    place: OperatedPlace,
    tab: str,
    template: str,
    *,
    trouble: Trouble = NO_TROUBLE,
    done: Mapping[str, str] = _NOTHING,
    once: str = "",
    **values: Any,
) -> Template:
    """A tab of an account; `done` are the sentences for what was done, by their words.

    `once` is the number of its form, where the form before it had one already.
    """
    say = say_in(request.user.language)
    told = done.get(request.query_params.get("done", ""), "")
    return operator_page(
        request,
        template,
        section=SECTION,
        status=422 if trouble.problems else 200,
        place=place,
        tab=tab,
        tabs=[(one, place.path(one.path), say(one.title)) for one in TABS],
        of_environment=any(one.path == tab and one.of_environment for one in TABS),
        typed=_Typed(trouble.typed),
        problems={name: say(sentence) for name, sentence in trouble.problems.items()},
        told=say(told) if told else "",
        once=once or new_form_number(),
        new_form_number=new_form_number,
        **values,
    )
