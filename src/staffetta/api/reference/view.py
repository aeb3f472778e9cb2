"""From an OpenAPI document to what a page shows of it: calls, lines of fields, examples. Pure."""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec

Node = Mapping[str, Any]
_DEPTH_MAX: Final = 6
_LIMITS: Final = (
    "const",
    "enum",
    "format",
    "pattern",
    "minLength",
    "maxLength",
    "minimum",
    "exclusiveMinimum",
    "maximum",
    "exclusiveMaximum",
    "multipleOf",
    "minItems",
    "maxItems",
    "maxProperties",
    "default",
)
_METHODS: Final = ("get", "post", "put", "patch", "delete")
_NULL: Final = "null"
_ANY: Final = "*"  # stands for a field of any other name


class Line(msgspec.Struct, frozen=True):
    """A field, a parameter or a header, with the fields inside it on lines below."""

    name: str
    depth: int
    kind: str  # JSON's words: string, array of object
    is_required: bool
    said: str
    limits: tuple[tuple[str, str], ...] = ()  # JSON Schema's keyword and its value
    example: str = ""


class Example(msgspec.Struct, frozen=True):
    """A value as text."""

    name: str
    summary: str
    text: str


class Body(msgspec.Struct, frozen=True):
    """What is sent, or answered."""

    content_type: str
    lines: tuple[Line, ...]
    examples: tuple[Example, ...]


class Response(msgspec.Struct, frozen=True):
    """What may be answered with one status."""

    status: str
    said: str
    headers: tuple[Line, ...]
    bodies: tuple[Body, ...]

    @property
    def is_refusal(self) -> bool:
        """Whether the call was not granted."""
        return not self.status.startswith("2")


class Call(msgspec.Struct, frozen=True):
    """One method of one path."""

    id: str
    method: str
    path: str
    summary: str
    said: str
    parameters: tuple[tuple[str, tuple[Line, ...]], ...]  # by where they stand: path, query, header
    bodies: tuple[Body, ...]
    responses: tuple[Response, ...]
    callbacks: tuple["Call", ...] = ()


class Group(msgspec.Struct, frozen=True):
    """Calls that belong together."""

    name: str
    said: str
    calls: tuple[Call, ...]


class View(msgspec.Struct, frozen=True):
    """A service's reference."""

    title: str
    version: str
    said: str
    servers: tuple[tuple[str, str], ...]  # address, words
    security: tuple[tuple[str, str], ...]  # name, words
    groups: tuple[Group, ...]


def first_places(view: View) -> Mapping[Body | Call, Call]:
    """Where each body and callback stands first: paper need not show it again."""
    found: dict[Body | Call, Call] = {}
    for call in (call for group in view.groups for call in group.calls):
        for callback in call.callbacks:
            found.setdefault(callback, call)
        for body in (*call.bodies, *(body for one in call.responses for body in one.bodies)):
            found.setdefault(body, call)
    return found


def view_of(document: Node) -> View:
    """What a page shows of a document."""
    info, reader = document["info"], _Reader(document)
    calls = [
        (call["tags"][0], reader.call(path, method, call))
        for path, methods in document["paths"].items()
        for method, call in methods.items()
        if method in _METHODS
    ]
    return View(
        info["title"],
        info["version"],
        info["description"],
        tuple((server["url"], server["description"]) for server in document["servers"]),
        tuple(
            (name, scheme.get("description", ""))
            for name, scheme in document["components"]["securitySchemes"].items()
        ),
        tuple(
            Group(tag["name"], tag["description"], tuple(of_tag))
            for tag in document["tags"]
            if (of_tag := [call for name, call in calls if name == tag["name"]])
        ),
    )


class _Reader:
    """Reads the parts of one document."""

    def __init__(self, document: Node) -> None:
        self._document = document

    def call(self, path: str, method: str, call: Node) -> Call:
        """A call, or a callback."""
        parameters = [self._whole(one) for one in call.get("parameters", ())]
        places = dict.fromkeys(one["in"] for one in parameters)
        body = self._whole(call.get("requestBody", {}))
        return Call(
            call["operationId"],
            method.upper(),
            path,
            call["summary"],
            call.get("description", ""),
            tuple(
                (place, tuple(self._parameter(one) for one in parameters if one["in"] == place))
                for place in places
            ),
            self._bodies(body),
            tuple(
                self._response(status, self._whole(response))
                for status, response in call.get("responses", {}).items()
            ),
            tuple(self._callbacks(call)),
        )

    def _callbacks(self, call: Node) -> Iterator[Call]:
        for named in call.get("callbacks", {}).values():
            for address, methods in self._whole(named).items():
                for method, callback in methods.items():
                    yield self.call(address, method, callback)

    def _response(self, status: str, response: Node) -> Response:
        headers = tuple(
            self._parameter({"name": name, **self._whole(one)})
            for name, one in response.get("headers", {}).items()
        )
        return Response(status, response["description"], headers, self._bodies(response))

    def _bodies(self, holder: Node) -> tuple[Body, ...]:
        return tuple(
            Body(content_type, tuple(self._inside(body["schema"], 0)), tuple(_examples(body)))
            for content_type, body in holder.get("content", {}).items()
        )

    def _parameter(self, parameter: Node) -> Line:
        schema = self._whole(parameter["schema"])
        said = parameter.get("description") or schema.get("description", "")
        example = parameter.get("example", next(iter(schema.get("examples", ())), None))
        return Line(
            parameter["name"],
            0,
            self._kind(schema),
            parameter.get("required", False),
            said,
            _limits(schema),
            "" if example is None else _text(example),
        )

    def _inside(self, schema: Node, depth: int) -> Iterator[Line]:
        """The lines of what is inside a schema, however it is wrapped."""
        if depth > _DEPTH_MAX:
            return
        kinds = (tuple(self._inside_one(one, depth)) for one in self._alternatives(schema))
        for lines in dict.fromkeys(kinds):  # of an object or an array of it, they are the same
            yield from lines

    def _inside_one(self, one: Node, depth: int) -> Iterator[Line]:
        if "items" in one:
            yield from self._inside(one["items"], depth)
        required = one.get("required", ())
        others = one.get("additionalProperties")
        fields = {_ANY: others} if isinstance(others, Mapping) else {}
        for name, field in {**one.get("properties", {}), **fields}.items():
            yield self._line(name, field, depth, is_required=name in required)
            yield from self._inside(field, depth + 1)

    def _line(self, name: str, field: Node, depth: int, *, is_required: bool) -> Line:
        whole = self._whole(field)
        example = next(iter(whole.get("examples", ())), None)
        return Line(
            name,
            depth,
            self._kind(field),
            is_required,
            field.get("description") or whole.get("description", ""),
            _limits(whole),
            "" if example is None or "const" in whole else _text(example),
        )

    def _kind(self, schema: Node) -> str:
        kinds = dict.fromkeys(self._kinds(schema))
        return " | ".join(sorted(kinds, key=lambda kind: kind == _NULL))

    def _kinds(self, schema: Node) -> Iterator[str]:
        for one in self._alternatives(schema):
            kind = one.get("type")
            for name in [kind] if isinstance(kind, str) else kind or ():
                is_array = name == "array" and "items" in one
                yield f"array of {self._kind(one['items'])}" if is_array else name

    def _alternatives(self, schema: Node) -> Iterator[Node]:
        """The schema itself, or each of those that it allows."""
        whole = self._whole(schema)
        parts: Sequence[Node] = [
            one for key in ("anyOf", "oneOf", "allOf") for one in whole.get(key, ())
        ]
        if not parts:
            yield whole
        for one in parts:
            yield from self._alternatives(one)

    def _whole(self, node: Node) -> Node:
        """What a reference points to, with what is said beside it."""
        if "$ref" not in node:
            return node
        found: Any = self._document
        for step in node["$ref"].removeprefix("#/").split("/"):
            found = found[step.replace("~1", "/").replace("~0", "~")]
        beside = {key: value for key, value in node.items() if key != "$ref"}
        return {**self._whole(found), **beside}


def _examples(body: Node) -> Iterator[Example]:
    for name, example in body.get("examples", {}).items():
        yield Example(name, example.get("summary", ""), _text(example["value"], indent=2))


def _limits(schema: Node) -> tuple[tuple[str, str], ...]:
    given = ((key, schema[key]) for key in _LIMITS if key in schema)
    return tuple((key, _limit(value)) for key, value in given)


def _limit(value: Any) -> str:
    values = value if isinstance(value, list) else [value]
    return ", ".join(one if isinstance(one, str) and one else _text(one) for one in values)


def _text(value: Any, indent: int | None = None) -> str:
    return json.dumps(value, ensure_ascii=False, indent=indent)
