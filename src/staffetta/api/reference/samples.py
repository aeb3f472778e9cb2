"""The code beside each call, in each way to write it: data that `make samples` writes."""

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import msgspec

SAMPLES: Final = Path(__file__).with_name("samples")


class Variant(msgspec.Struct, frozen=True):
    """A language with a library, or a program."""

    id: str  # shell-curl
    title: str  # Shell, curl
    syntax: str  # as Pygments calls it


class Samples(msgspec.Struct, frozen=True):
    """The samples of a service."""

    variants: tuple[Variant, ...]
    # By the call's id and the variant's. Where a way to write takes the server's address apart,
    # there is a text for each form of address, such as "http:port".
    calls: Mapping[str, Mapping[str, str | Mapping[str, str]]]

    def chosen(self, wanted: str) -> Variant:
        """The variant of that id, or the first."""
        found = (variant for variant in self.variants if variant.id == wanted)
        return next(found, self.variants[0])

    def text(self, call: str, variant: Variant, form: str, parts: Mapping[str, str]) -> str:
        """The sample of a call, for a server whose address has a form and these parts."""
        sample = self.calls[call][variant.id]
        text = sample if isinstance(sample, str) else sample[form]
        for name, part in parts.items():
            text = text.replace(f"{{{{{name}}}}}", part)
        return text


def form_of(base: str) -> str:
    """The form of a server's address, as samples know them."""
    address = urlsplit(base)
    return f"{address.scheme}:port" if address.port else address.scheme


def parts_of(base: str) -> dict[str, str]:
    """The parts of a server's address, as samples name them."""
    address = urlsplit(base)
    return {
        "base": base,
        "authority": address.netloc,
        "host": address.hostname or "",
        "port": str(address.port or ""),
    }


@cache
def samples_of(service: str) -> Samples:
    """The samples of a service."""
    text = (SAMPLES / f"{service}.json").read_text(encoding="utf-8")
    return msgspec.convert(json.loads(text), Samples)
