"""The guides: each command runs as it stands, and prints what the page shows."""

from pathlib import Path

import pytest
from guide_blocks import GUIDES, blocks_of
from guide_shell import run_page, typing
from guide_site import GuideSite

PAGES = [
    "first-message.md",
    "callbacks.md",
    "otp.md",
    "bulk.md",
    "numbers.md",
    "errors.md",
    "from-v1-to-v2.md",
]


@pytest.mark.parametrize("page", PAGES)
def test_what_the_page_shows_is_what_happens(page: str, site: GuideSite, tmp_path: Path) -> None:
    with typing(site, tmp_path / "shell") as shell:
        run_page(shell, blocks_of(GUIDES / page))
