"""Forms as pages read them: texts of limited length, and nothing else.

What a form says is what somebody typed. What it means is read by the page that has the form. No
form outlives its request: what is read here is remembered nowhere, since it may be a password.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qsl

from litestar.datastructures import FormMultiDict, UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge
from litestar.response import Redirect

from staffetta.console.languages import mark
from staffetta.console.rendering import PageRequest

CHARACTERS_MAX: Final = 1024  # of a field
FIELDS_MAX: Final = 1_000  # of a form
PARTS_MAX: Final = 50  # of a form that bears files: fields and files
# Octets of a request's body. Every page takes the first; the others are for pages behind a guard.
FORM_OCTETS_MAX: Final = 64 << 10
LONG_FORM_OCTETS_MAX: Final = 1 << 20  # with a message's text or a certificate, as forms write it
FILE_OCTETS_MAX: Final = 8 << 20  # with a file


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

    def untouched(self, name: str, characters_max: int = CHARACTERS_MAX) -> str:
        """A field as it was typed, blanks and all, for passwords; cut when it is too long."""
        value = self.fields.get(name)
        return value[:characters_max] if isinstance(value, str) else ""

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
    """The form of a request, as often as it is asked for; its handler's limit of a body holds.

    Raises 413 for a body that is too long, and 400 for one that is no form.
    """
    try:
        if request.content_type[0] == RequestEncodingType.URL_ENCODED:
            return Form(_of_octets(await request.body()))
        return Form(await request.form())
    except RequestEntityTooLarge:
        raise RequestEntityTooLarge(mark("This is longer than the page takes.")) from None
    except (ValueError, LookupError):
        raise ClientException(mark("This form cannot be read.")) from None


def _of_octets(body: bytes) -> FormMultiDict:
    """The fields of a form without files. The framework's own reader remembers what it has read."""
    text = body.decode(errors="replace")
    return FormMultiDict(parse_qsl(text, keep_blank_values=True, max_num_fields=FIELDS_MAX))


def lead_to(path: str, done: str = "") -> Redirect:
    """The answer to what was done: a page to look at, which may say what that was."""
    return Redirect(path, status_code=303, query_params={"done": done} if done else None)
