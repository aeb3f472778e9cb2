"""A page's HTML as a browser reads it: what it would run or load, and its forms."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Final

_URLS: Final = frozenset({"href", "src", "action", "formaction", "srcset", "data", "poster"})
_HTMX_URLS: Final = frozenset({"hx-get", "hx-post", "hx-put", "hx-delete"})
_FOREIGN: Final = frozenset({"style", "iframe", "object", "embed", "base", "link-import"})


@dataclass
class FoundForm:
    """A form, with what a browser would send if nobody touched it."""

    method: str
    action: str  # "" is the page's own address
    is_file: bool = False
    fields: dict[str, str] = field(default_factory=dict)
    typed: set[str] = field(default_factory=set)  # the names of fields that people type into


class Markup(HTMLParser):
    """What is found in a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.language = ""
        self.forms: list[FoundForm] = []
        self.links: list[str] = []
        self.troubles: list[str] = []  # what a strict policy forbids, or would have to allow
        self._ids: set[str] = set()
        self._is_in_form = False
        self._is_in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self._check(tag, given)
        if tag == "html":
            self.language = given.get("lang", "")
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
        self._is_in_script = tag == "script"
        if tag == "form":
            self._is_in_form = True
            method = given.get("method", "get").lower()
            is_file = given.get("enctype") == "multipart/form-data"
            self.forms.append(FoundForm(method, given.get("action", ""), is_file))
        elif self._is_in_form:
            self._take_field(tag, given)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._is_in_form = False
        if tag == "script":
            self._is_in_script = False

    def handle_data(self, data: str) -> None:
        if self._is_in_script and data.strip():
            self.troubles.append(f"an inline script: {data[:80]}")

    def _take_field(self, tag: str, given: dict[str, str]) -> None:
        name, form = given.get("name", ""), self.forms[-1]
        if not name or tag not in {"input", "select", "textarea", "button"}:
            return
        kind = given.get("type", "")
        if tag == "button" or kind in {"submit", "file"}:
            return
        if kind not in {"checkbox", "radio"} or "checked" in given:
            form.fields.setdefault(name, given.get("value", ""))
        if kind not in {"hidden", "checkbox", "radio"}:
            form.typed.add(name)

    def _check(self, tag: str, given: dict[str, str]) -> None:
        if tag in _FOREIGN or (tag == "script" and not given.get("src")):
            self.troubles.append(f"<{tag}>")
        for name, value in given.items():
            if name == "style" or name.startswith(("on", "hx-on", "hx-vals", "hx-vars")):
                self.troubles.append(f"<{tag} {name}={value[:80]}>")
            if name in _URLS | _HTMX_URLS and not _is_ours(value):
                self.troubles.append(f"<{tag} {name}={value[:80]}>")
        identifier = given.get("id")
        if identifier is not None and identifier in self._ids:
            self.troubles.append(f"two of id {identifier}")
        self._ids.add(identifier or "")


def _is_ours(url: str) -> bool:
    return not url or (url.startswith(("/", "?", "#")) and not url.startswith("//"))
