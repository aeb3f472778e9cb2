"""What several calls of a document answer alike is written once, among its components."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Final

_KIND: Final = "responses"


def share_responses(paths: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    """The responses that stand more than once, by a name; in `paths` references take their place.

    Names follow the status, and the order of the calls where several responses have one status.
    """
    count = Counter(_as_text(response) for *_, response in _responses(paths))
    names: dict[str, str] = {}
    shared: dict[str, Any] = {}
    for responses, status, response in list(_responses(paths)):
        text = _as_text(response)
        if count[text] == 1:
            continue
        if text not in names:
            names[text] = _new_name(int(status), shared)
            shared[names[text]] = response
        responses[status] = {"$ref": f"#/components/{_KIND}/{names[text]}"}
    return {_KIND: dict(sorted(shared.items()))} if shared else {}


def _responses(
    paths: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[dict[str, Any], str, Any]]:
    for calls in paths.values():
        for call in calls.values():
            for status, response in call["responses"].items():
                yield call["responses"], status, response


def _new_name(status: int, taken: Mapping[str, Any]) -> str:
    stem = "".join(word.capitalize() for word in HTTPStatus(status).name.split("_"))
    name, number = stem, 1
    while name in taken:
        number += 1
        name = f"{stem}{number}"
    return name


def _as_text(response: Any) -> str:
    return json.dumps(response, sort_keys=True)
