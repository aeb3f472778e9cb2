"""Forms as pages read them: texts of limited length, and nothing else.

What a form says is what somebody typed. What it means is read by the page that has the form.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from litestar.datastructures import FormMultiDict, UploadFile
from litestar.response import Redirect

from staffetta.console.rendering import PageRequest

CHARACTERS_MAX: Final = 1024  # of a field


@dataclass(frozen=True, slots=True)
class Form:
    """What was sent."""

    fields: FormMultiDict

    def text(self, name: str, characters_max: int = CHARACTERS_MAX) -> str:
        """A field, without blanks around it; "" when it was left out, cut when it is too long.

        No text of a database holds a NUL: it becomes the mark of what cannot be read.
        """
        value = self.fields.get(name)
        if not isinstance(value, str):
            return ""
        return value[:characters_max].replace("\0", "\ufffd").strip()

    def texts(self, name: str) -> Sequence[str]:
        """Every value of a field, for boxes that are ticked."""
        return [value for value in self.fields.getall(name, []) if isinstance(value, str)]

    def is_ticked(self, name: str) -> bool:
        """Whether a box is ticked."""
        return bool(self.text(name))

    def file(self, name: str) -> UploadFile | None:
        """A file that was chosen."""
        value = self.fields.get(name)
        return value if isinstance(value, UploadFile) and value.filename else None


async def read_form(request: PageRequest) -> Form:
    """The form of a request; the application's limit of a body holds."""
    return Form(await request.form())


def lead_to(path: str, done: str = "") -> Redirect:
    """The answer to what was done: a page to look at, which may say what that was."""
    return Redirect(path, status_code=303, query_params={"done": done} if done else None)
