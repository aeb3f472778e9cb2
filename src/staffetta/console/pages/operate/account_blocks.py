"""The blocks of an account: why it may not send, what it paid for it, and letting it send again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from litestar import Response, get, post
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath

from staffetta.accounts.audit import Entry, EntryFilter, list_entries, record
from staffetta.compliance.blocklist import Block, lift_block, read_history
from staffetta.compliance.errors import InvalidReason
from staffetta.console.acting import actor_of
from staffetta.console.forms import lead_to, read_form
from staffetta.console.guards import for_operators
from staffetta.console.languages import mark
from staffetta.console.pages.operate.account_place import (
    NO_TROUBLE,
    Trouble,
    operated_place,
    tab_page,
)
from staffetta.console.parts import ConsoleParts
from staffetta.console.rendering import PageRequest
from staffetta.messaging.charges import read_charges

_BLOCKS: Final = "/operate/accounts/{account_id:int}/blocks"
TAB: Final = "/blocks"
_SHOWN_MAX: Final = 100
_DONE: Final = {
    "lifted": mark("The account may send again."),
    "free": mark("It was not blocked there."),
}


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """One block, what its message cost, and who lifted it."""

    block: Block
    charged_micro: int | None  # None: not known any more
    lifted_by: str


def account_block_pages(parts: ConsoleParts) -> list[HTTPRouteHandler]:
    """The pages."""

    @get(_BLOCKS, guards=[for_operators])
    async def blocks(request: PageRequest, account_id: FromPath[int]) -> Response[Any]:
        """Every block it had."""
        return await _page(parts, request, account_id)

    @post(f"{_BLOCKS}/{{environment:str}}/lift", guards=[for_operators], status_code=200)
    async def lift(
        request: PageRequest, account_id: FromPath[int], environment: FromPath[str]
    ) -> Response[Any]:
        """Let it send again, for a reason."""
        reason = (await read_form(request)).text("reason")
        now = parts.clock.now()
        try:
            async with parts.database.transaction() as connection:
                place = await operated_place(connection, parts, account_id, environment)
                space = place.facts.space
                lifted = await lift_block(connection, space.space_id, reason, now)
                if lifted:
                    actor, details = actor_of(request), {"reason": reason}
                    await record(connection, actor, "blocklist.lift", space, details, now)
        except InvalidReason as error:
            trouble = Trouble({environment: reason}, {environment: str(error)})
            return await _page(parts, request, account_id, trouble)
        return lead_to(place.path(TAB), "lifted" if lifted else "free")

    return [blocks, lift]


async def _page(
    parts: ConsoleParts, request: PageRequest, account_id: int, trouble: Trouble = NO_TROUBLE
) -> Response[Any]:
    async with parts.database.acquire() as connection:
        place = await operated_place(connection, parts, account_id)
        blocks = await read_history(connection, place.account.email, _SHOWN_MAX)
        liftings = await list_entries(
            connection,
            EntryFilter(account_id=account_id, action="blocklist.lift"),
            _SHOWN_MAX,
        )
        asked = [(one.space_id, one.message_id) for one in blocks if one.message_id is not None]
        charges = await read_charges(connection, asked)
    who = {(one.environment, one.at): _named(one) for one in liftings}
    return tab_page(
        request,
        place,
        TAB,
        "operate/account_blocks.html",
        trouble=trouble,
        done=_DONE,
        blocks=[_shown(one, charges, who) for one in blocks],
    )


def _shown(
    block: Block, charges: Mapping[tuple[int, bytes], int], who: Mapping[Any, str]
) -> ShownBlock:
    charged = None
    if block.message_id is not None:
        charged = charges.get((block.space_id, block.message_id))
    return ShownBlock(block, charged, who.get((block.environment, block.lifted_at), ""))


def _named(entry: Entry) -> str:
    return entry.actor if entry.address is None else f"{entry.actor}, {entry.address}"
