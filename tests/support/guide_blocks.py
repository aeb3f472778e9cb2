"""The blocks of code in a page of the documentation, and what a comment above them says.

A comment right above a block tells how it is tested, and readers of the page do not see it:

- `<!-- file: NAME -->`: it is saved under that name, for the commands below it
- `<!-- server: PORT -->`: a command that goes on running; it is there once the port answers
- `<!-- not run: REASON -->`: it cannot be run by a test, and its syntax is checked alone
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
GUIDES: Final = ROOT / "docs" / "guides"
_BLOCK: Final = re.compile(
    r"(?:^<!-- (?P<mark>[a-z ]+): (?P<word>[^\n]+?) -->\n)?"
    r"^```(?P<language>\w*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Mark(StrEnum):
    """What a comment above a block may say."""

    FILE = "file"
    SERVER = "server"
    NOT_RUN = "not run"


@dataclass(frozen=True)
class Block:
    """One block, and where it stands."""

    page: str
    line: int
    language: str
    text: str
    mark: Mark | None
    word: str  # what the mark names

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"

    @property
    def is_command(self) -> bool:
        """Whether it is typed into a shell."""
        return self.language == "sh"

    @property
    def is_answer(self) -> bool:
        """Whether it shows what a command printed."""
        return self.language in {"json", "text"} and self.mark is None


def blocks_of(page: Path) -> list[Block]:
    """The blocks of a page, from top to bottom."""
    whole = page.read_text(encoding="utf-8")
    return [
        Block(
            page.name,
            1 + whole.count("\n", 0, found.start()),
            found["language"],
            found["text"],
            Mark(found["mark"]) if found["mark"] else None,
            found["word"] or "",
        )
        for found in _BLOCK.finditer(whole)
    ]
