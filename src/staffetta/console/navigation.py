"""Which pages there are, for whom, and under which heading: one table."""

from dataclasses import dataclass
from typing import Final

from staffetta.accounts.people import Role
from staffetta.console.languages import Say, mark
from staffetta.console.visitors import PATH
from staffetta.domain.environments import Environment

OPERATE: Final = f"{PATH}/operate"
_ACCOUNTS: Final = frozenset({Role.OWNER, Role.MEMBER})


@dataclass(frozen=True, slots=True)
class Link:
    """A page in the list of pages."""

    path: str
    title: str  # English; translated when it is shown


# Below /console/{environment}.
ACCOUNT_LINKS: Final[tuple[Link, ...]] = (
    Link("/overview", mark("Overview")),
    Link("/send", mark("Send")),
    Link("/messages", mark("Messages")),
    Link("/phone", mark("Phone")),
    Link("/tokens", mark("Tokens")),
    Link("/callbacks", mark("Callbacks")),
    Link("/credit", mark("Credit")),
    Link("/documentation", mark("Documentation")),
)
# Below /console/operate.
OPERATOR_LINKS: Final[tuple[Link, ...]] = (
    Link("/connectors", mark("Connectors")),
    Link("/numbers", mark("Numbers")),
    Link("/messages", mark("Messages")),
    Link("/accounts", mark("Accounts")),
    Link("/words", mark("Words")),
    Link("/dead-letters", mark("Dead letters")),
    Link("/audit", mark("Audit")),
)


@dataclass(frozen=True, slots=True)
class ShownLink:
    """A page in the list, as one visitor sees it."""

    path: str
    title: str
    is_current: bool


def links_for(
    role: Role, environment: Environment | None, current: str, say: Say
) -> list[ShownLink]:
    """The pages that somebody may go to from where they are."""
    if role in _ACCOUNTS:
        base, links = f"{PATH}/{environment or Environment.SANDBOX}", ACCOUNT_LINKS
    else:
        base, links = OPERATE, OPERATOR_LINKS
    return [
        ShownLink(f"{base}{link.path}", say(link.title), current.startswith(f"{base}{link.path}"))
        for link in links
    ]
