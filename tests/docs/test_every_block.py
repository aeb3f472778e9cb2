"""No block of code in a guide escapes the tests, and no link of the pages leads nowhere.

Those of the README are counted in test_readme.py.
"""

import re
from pathlib import Path

import pytest
from guide_blocks import GUIDES, ROOT, Block, Mark, blocks_of

PAGES = sorted(GUIDES.glob("*.md"))
LINKED = [ROOT / "README.md", *PAGES]
# Each line of this page is compared with the command there.
BY_ITSELF = {"carriers.md": "tests/unit/connectors/test_carriers_guide.py"}
# Besides the pages that are typed from top to bottom.
RUN_BY = {"running.md": "tests/docs/test_running.py"}
_LINK = re.compile(r"\[[^\]]+\]\((?!https?://)([^)#\s]*)(?:#([^)\s]+))?\)")


def typed_pages() -> set[str]:
    source = (Path(__file__).parent / "test_guides.py").read_text()
    return set(re.findall(r'"([a-z0-9-]+\.md)"', source))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_guide_is_run(page: Path) -> None:
    has_blocks = bool(blocks_of(page)) or "```" in page.read_text()
    others = {**BY_ITSELF, **RUN_BY}
    assert not has_blocks or page.name in typed_pages() | set(others)
    if page.name in others:
        assert page.name in (ROOT / others[page.name]).read_text()


@pytest.mark.parametrize(
    "page", [one for one in PAGES if one.name not in BY_ITSELF], ids=lambda page: page.name
)
def test_every_block_is_run_or_says_why_not(page: Path) -> None:
    blocks = blocks_of(page)
    assert len(blocks) == page.read_text().count("\n```") / 2, "a fence that is not read"
    for before, block in zip([None, *blocks], blocks, strict=False):
        assert is_tested(before, block), str(block)


def is_tested(before: Block | None, block: Block) -> bool:
    """Whether something is done with it: a file, a command, or the answer to one."""
    match block.mark:
        case Mark.FILE:
            return bool(block.language)
        case Mark.SERVER | Mark.NOT_RUN:
            return block.is_command
    if block.is_answer:
        return before is not None and before.is_command and before.mark is None
    return block.is_command


def test_files_of_guides_are_used_by_their_commands() -> None:
    for page in PAGES:
        blocks = blocks_of(page)
        commands = "".join(block.text for block in blocks if block.is_command)
        rest = (ROOT / RUN_BY[page.name]).read_text() if page.name in RUN_BY else ""
        for block in blocks:
            if block.mark is Mark.FILE:
                assert block.word in commands + rest, str(block)


@pytest.mark.parametrize("page", LINKED, ids=lambda page: page.name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for path, heading in _LINK.findall(page.read_text()):
        target = (page.parent / path) if path else page
        assert target.exists(), path
        if heading:
            assert heading in headings_of(target), f"{path}#{heading}"


def headings_of(page: Path) -> set[str]:
    """Where links may lead within a page, as its readers' browsers have it."""
    found = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", one.lower()).replace(" ", "-") for one in found}


def test_the_index_has_every_guide() -> None:
    listed = set(re.findall(r"\(([a-z0-9-]+\.md)\)", (GUIDES / "README.md").read_text()))
    assert listed == {page.name for page in PAGES} - {"README.md"}
