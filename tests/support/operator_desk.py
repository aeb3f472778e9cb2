"""An operator at the console, for tests of the operators' pages."""

import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import httpx
from console_browser import browser_of, let_in, open_console, sign_in
from hand_gateway import Gateway
from people_desk import OLGA

from staffetta.accounts.create_account import NewAccount, create_account
from staffetta.accounts.email import Email
from staffetta.accounts.people import Role
from staffetta.ledger.topup import grant

OPERATE: Final = "/console/operate"
_HIDDEN: Final = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)">')


@dataclass(frozen=True, slots=True)
class Desk:
    """Olga, an operator who signed in, and the gateway that she runs."""

    gateway: Gateway
    browser: httpx.AsyncClient

    async def see(self, path: str, **asked: str) -> str:
        """A page that is there."""
        answer = await self.browser.get(f"{OPERATE}{path}", params=asked)
        assert answer.status_code == 200, answer.text
        return answer.text

    async def send(self, path: str, fields: Mapping[str, Any], page: str = "") -> httpx.Response:
        """Fill in the form of a page that sends to a path, and send it."""
        form = hidden_fields(await self.see(page or path), f"{OPERATE}{path}")
        return await self.browser.post(f"{OPERATE}{path}", data={**form, **fields})

    async def audited(self) -> list[tuple[str, str, dict[str, Any]]]:
        """What the audit trail says Olga did: action, account and details, the newest first."""
        rows = await self.gateway.rows(
            "SELECT action, email, details FROM audit_entry"
            " LEFT JOIN account ON account.id = account_id"
            " WHERE actor = $1 ORDER BY audit_entry.id DESC",
            OLGA.text,
        )
        return [
            (
                row["action"],
                row["email"],
                {k: v for k, v in row["details"].items() if k not in {"address", "form"}},
            )
            for row in rows
        ]


def hidden_fields(page: str, action: str) -> dict[str, str]:
    """What the form that sends to an address holds beside what is typed."""
    start = page.index(f'method="post" action="{action}"')
    return dict(_HIDDEN.findall(page[start : page.index("</form>", start)]))


@asynccontextmanager
async def operating(gateway: Gateway) -> AsyncIterator[Desk]:
    """Olga signs in as an operator."""
    await let_in(gateway.database, gateway.clock, OLGA, Role.OPERATOR)
    async with open_console(gateway) as console, browser_of(console)() as browser:
        await sign_in(browser, OLGA)
        yield Desk(gateway, browser)


async def make_account(gateway: Gateway, email: str = "anna@example.com") -> NewAccount:
    """An account as operators make it, with both its spaces."""
    async with gateway.database.transaction() as connection:
        return await create_account(
            connection, Email.parse(email), "EUR", grant, gateway.clock.now()
        )
