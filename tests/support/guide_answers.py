"""Whether what a command printed is what a page shows of it.

`…` stands for what the page leaves out: more fields, more items, the rest of a line. Ids, times,
tokens and codes need only be of the same kind, and everything else is to be the same.
"""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

_MORE: Final = "…"
_KINDS: Final = tuple(
    re.compile(kind)
    for kind in (
        r"[0-9a-f]{24}",
        r"[0-9a-f]{24}_\d+",
        r"cb_[0-9a-f]+",
        r"[0-9a-z]{32}",
        r"[0-9a-f]{32}",
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)",
        r"\d{13}",  # milliseconds
        r"https?://127\.0\.0\.1:\d+(/\S*)?",
    )
)
# What each run has another value of; its type is compared all the same.
_VARYING: Final = frozenset(
    {"credit", "available", "otp", "timestamp", "elapsedTime", "expire", "doneAt", "sentAt"}
)


def differences(shown: str, came: str) -> list[str]:
    """Where what came is not what is shown; none when it fits."""
    try:
        got = json.loads(came)
    except ValueError:
        return [f"not JSON: {came!r}"]
    return list(_compare(json.loads(_readable(shown)), got, ""))


def _readable(shown: str) -> str:
    """The shown JSON as JSON, with its `…` in quotation marks."""
    in_object = re.sub(rf"{_MORE}(\s*\}})", rf'"{_MORE}": "{_MORE}"\1', shown)
    in_array = re.sub(rf"([\[,]\s*){_MORE}(\s*\])", rf'\1"{_MORE}"\2', in_object)
    return re.sub(rf":(\s*){_MORE}(?=\s*[,}}\]])", rf':\1"{_MORE}"', in_array)


def _compare(shown: Any, came: Any, where: str) -> Iterator[str]:
    if shown == _MORE:
        return
    if isinstance(shown, dict) and isinstance(came, dict):
        yield from _compare_objects(shown, came, where)
    elif isinstance(shown, list) and isinstance(came, list):
        yield from _compare_arrays(shown, came, where)
    elif not _is_alike(shown, came, where.rpartition(".")[2]):
        yield f"{where}: {came!r} came, and {shown!r} is shown"


def _compare_objects(shown: dict[str, Any], came: dict[str, Any], where: str) -> Iterator[str]:
    is_whole = shown.pop(_MORE, None) is None
    for name, value in shown.items():
        if name in came:
            yield from _compare(value, came[name], f"{where}.{name}")
        else:
            yield f"{where}.{name} is shown, and did not come"
    if is_whole and (more := came.keys() - shown.keys()):
        yield f"{where}: {sorted(more)} came, and are not shown"


def _compare_arrays(shown: list[Any], came: list[Any], where: str) -> Iterator[str]:
    is_whole = _MORE not in shown
    wanted = [one for one in shown if one != _MORE]
    if len(came) < len(wanted) or (is_whole and len(came) != len(wanted)):
        yield f"{where}: {len(came)} items came, and {len(wanted)} are shown"
        return
    for place, (one, other) in enumerate(zip(wanted, came, strict=False)):
        yield from _compare(one, other, f"{where}[{place}]")


def _is_alike(shown: Any, came: Any, name: str) -> bool:
    if isinstance(shown, bool) or isinstance(came, bool) or shown is None or came is None:
        return shown is came
    if isinstance(shown, str) and isinstance(came, str):
        return name in _VARYING or _is_text_alike(shown, came)
    if isinstance(shown, int | float) and isinstance(came, int | float):
        return name in _VARYING or shown == came
    return False


def _is_text_alike(shown: str, came: str) -> bool:
    if shown == came or any(kind.fullmatch(shown) and kind.fullmatch(came) for kind in _KINDS):
        return True
    parts = [re.escape(part) for part in shown.split(_MORE)]
    return _MORE in shown and re.fullmatch(".*".join(parts), came, re.DOTALL) is not None


def line_differences(shown: str, came: str) -> list[str]:
    """Lines that are shown and did not come, in their order; spaces do not count."""
    waiting = [" ".join(line.split()) for line in came.splitlines()]
    missing = []
    for line in filter(None, (" ".join(line.split()) for line in shown.splitlines())):
        place = next((at for at, one in enumerate(waiting) if _is_line_alike(line, one)), None)
        if place is None:
            missing.append(f"{line!r} is shown, and is not in {came!r}")
        else:
            waiting = waiting[place + 1 :]
    return missing


def _is_line_alike(shown: str, came: str) -> bool:
    pattern = re.escape(shown).replace(re.escape(_MORE), ".*")
    return re.fullmatch(pattern, came) is not None
