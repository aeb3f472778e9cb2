"""A running installation as people see it in the console: an account in use, another without
anything, and the people of both, each of whom signs in once.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import httpx
from browsing import WIDE, Watched, watched
from contract_receiver import CallbackReceiver, receiving
from contract_site import UNDER_WAY, Customer, Site, serving
from hostile_texts import HOSTILE, SCRIPT
from installation import wait_for
from playwright.sync_api import Browser, BrowserContext

OWNER: Final = "olga@example.com"
MEMBER: Final = "mario@example.com"
OPERATOR: Final = "root@example.com"
NEWCOMER: Final = "nina@example.com"  # owns an account without anything
# Numbers that end so are not delivered; what the others say is in docs/reference.
_FAILING: Final = ("9901", "9902", "9903")


@dataclass(frozen=True)
class Person:
    """Somebody who signs in."""

    email: str
    url: str
    password: str = field(repr=False)

    @cached_property
    def cookies(self) -> dict[str, str]:
        """Those of a session of theirs: signing in costs a second, so it is done once."""
        with httpx.Client(base_url=self.url, timeout=60) as client:
            form = {"email": self.email, "password": self.password}
            answer = client.post("/console/sign-in", data=form)
            assert answer.status_code == 303, answer.text
            return dict(client.cookies)


@dataclass(frozen=True)
class ConsoleSite:
    """The installation and its people."""

    site: Site
    customer: Customer
    receiver: CallbackReceiver
    people: dict[str, Person]

    @property
    def url(self) -> str:
        """Where it answers."""
        return self.site.installation.url

    def wait(self, look: Callable[[], bool], what: str) -> None:
        """Until it is so."""
        wait_for(look, 60, what)

    def add_person(self, email: str, role: str, account: str = "") -> Person:
        """Let somebody in."""
        whose = ("--account", account) if account else ()
        made = self.site.run("person", "add", email, "--role", role, *whose, "--generate")
        person = Person(email, self.url, made["password"])
        self.people[email] = person
        return person

    def context(
        self, browser: Browser, email: str = "", language: str = "en", **options: Any
    ) -> BrowserContext:
        """A browser of somebody's own; of nobody who signed in unless an e-mail is given."""
        context = browser.new_context(
            base_url=self.url, locale=language, **{"viewport": WIDE, **options}
        )
        if email:
            host = {"domain": "127.0.0.1", "path": "/console"}
            cookies = self.people[email].cookies
            context.add_cookies(
                [{"name": name, "value": value, **host} for name, value in cookies.items()]
            )
        return context

    @contextmanager
    def visit(
        self, browser: Browser, email: str = "", language: str = "en", **options: Any
    ) -> Iterator[Watched]:
        """A page for somebody; at the end nothing may have gone wrong."""
        context = self.context(browser, email, language, **options)
        try:
            with watched(context) as one:
                yield one
                assert not one.troubles, "\n".join(one.troubles)
        finally:
            context.close()


@contextmanager
def console_site(directory: Path) -> Iterator[ConsoleSite]:
    """An installation with something of everything that its pages show."""
    with receiving() as receiver, serving(directory) as site:
        anna, _ = site.customers("anna", "empty")
        wanted = (
            (OWNER, "owner", anna.email),
            (MEMBER, "member", anna.email),
            (OPERATOR, "operator", ""),
            (NEWCOMER, "owner", "empty@example.com"),
        )
        one = ConsoleSite(site, anna, receiver, {})
        for person in wanted:
            one.add_person(*person)
        _use(one)
        yield one


def _use(one: ConsoleSite) -> None:
    """Messages of every kind, callbacks that fail, money, words, a carrier out of reach."""
    anna = one.customer
    one.site.connector("unreachable", 1, "IT,FR", "0.03")
    sent = [anna.send(message=text)["id"] for text in ("Il tuo pacco arriva oggi.", "Ciao! " * 60)]
    sent += [anna.send(message=text[:600])["id"] for text in HOSTILE]
    sent += [anna.send(recipient=f"+39333123{digits}")["id"] for digits in _FAILING]
    one.receiver.answers(500)
    callback = {"url": f"{one.receiver.url}?{SCRIPT[:8]}", "retry": 0}
    sent.append(anna.send(message="called back", callback=callback)["id"])
    one.site.run_all(
        ("topup", "--email", anna.email, "--environment", "production", "--amount", "12.50"),
        ("words", "add", "jackpot"),
    )
    for message_id in sent:
        wait_for(lambda of=message_id: anna.read(of)["state"] not in UNDER_WAY, what="final")
    wait_for(lambda: one.site.run("callbacks", "list", "--status", "dead"), what="a dead letter")
