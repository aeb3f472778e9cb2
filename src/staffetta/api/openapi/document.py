"""From the table of a service to its OpenAPI document in a language."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from staffetta.api.asgi import Answer
from staffetta.api.doors import PUBLISHED_NAMES, Door
from staffetta.api.openapi.calls import JSON, Call, Refusal, Reply, Service
from staffetta.api.openapi.general import REFUSAL_HEADERS, number_in
from staffetta.api.openapi.languages import say_in
from staffetta.api.openapi.services import SERVICES
from staffetta.api.openapi.sharing import share_responses
from staffetta.api.openapi.tree import Named, Scribe, Tree
from staffetta.api.openapi.words import Paragraphs, Points, paragraphs, words
from staffetta.domain.environments import Environment
from staffetta.domain.languages import Language
from staffetta.domain.scopes import needed_scope

OPENAPI_VERSION: Final = "3.1.1"
SCOPES_KEY: Final = "x-scopes"
_LICENSE: Final = "Apache-2.0"
_UNAUTHORIZED: Final = 401
_ENVIRONMENTS: Final = {
    Environment.SANDBOX: ("/sandbox", words("This server's sandbox: nothing reaches a carrier.")),
    Environment.PRODUCTION: ("", words("This server, production.")),
}
_PUBLISHED: Final = {
    Environment.SANDBOX: words("The sandbox under the published name, where it leads here."),
    Environment.PRODUCTION: words("Production under the published name, where it leads here."),
}


def document(service: str, language: Language) -> dict[str, Any]:
    """The document of a service (a key of SERVICES) in a language, as JSON values."""
    told = SERVICES[service]
    scribe = Scribe(say_in(language))
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for call in told.calls:
        paths[call.path][call.method.lower()] = scribe.write(_operation(told, call, scribe))
    head = scribe.write(_head(told))
    security = scribe.write(_security(told.security, scribe))
    components = {**scribe.components, **share_responses(paths)}
    return {**head, "security": security, "paths": dict(paths), "components": components}


def scopes_of(service: Service, call: Call) -> dict[str, str]:
    """The scope that a call needs in each environment; none where the API key opens it."""
    if service.scopes is None:
        return {}
    segment = call.path.split("/")[1]
    return {
        one.value: needed_scope(call.method, service.scopes, one, segment) for one in Environment
    }


def _head(service: Service) -> Tree:
    return {
        "openapi": OPENAPI_VERSION,
        "info": {
            "title": service.title,
            "version": service.version,
            "description": service.said,
            "license": {"name": _LICENSE, "identifier": _LICENSE},
        },
        "servers": list(_servers(service)),
        "tags": [{"name": tag.name, "description": tag.said} for tag in service.tags.values()],
    }


def _servers(service: Service) -> Iterable[Tree]:
    for prefix, said in _ENVIRONMENTS.values():
        yield {"url": f"{prefix}{service.room}", "description": said}
    for environment, said in _PUBLISHED.items():
        for name, door in PUBLISHED_NAMES.items():
            if door == Door(service.room, environment):
                yield {"url": f"https://{name}", "description": said}


def _security(alternatives: Iterable[Named], scribe: Scribe) -> Tree:
    return [{scribe.point_to(one).rpartition("/")[2]: []} for one in alternatives]


def _operation(service: Service, call: Call, scribe: Scribe) -> Tree:
    scopes = scopes_of(service, call)
    operation: dict[str, Tree] = {
        "operationId": call.id,
        "tags": [service.tags[call.tag].name],
        "summary": call.summary,
        "description": _with_scope(call, scopes),
    }
    if scopes:
        operation[SCOPES_KEY] = scopes
    if call.security is not None:
        operation["security"] = _security(call.security, scribe)
    if call.parameters:
        operation["parameters"] = call.parameters
    if call.body is not None:
        operation["requestBody"] = _request_body(call, call.body)
    operation["responses"] = _responses(service, call)
    if call.callbacks:
        operation["callbacks"] = call.callbacks
    return operation


def _with_scope(call: Call, scopes: Mapping[str, str]) -> Paragraphs:
    if not scopes:
        return paragraphs(call.said)
    needs = words("Needs the scope `{production}`, in the sandbox `{sandbox}`.", **scopes)
    return paragraphs(call.said, needs)


def _request_body(call: Call, body: Named) -> Tree:
    examples = {"all": {"summary": words("Every field"), "value": body.example}}
    for name, (summary, value) in call.bodies.items():
        examples[name] = {"summary": summary, "value": value}
    first, *others = call.body_types
    content: dict[str, Tree] = {first: {"schema": body, "examples": examples}}
    content |= {other: {"schema": body} for other in others}
    return {"required": call.body_needed, "content": content}


def _responses(service: Service, call: Call) -> Tree:
    """Each status with its body: what is granted first, then refusals by their number."""
    refused: dict[int, list[tuple[Refusal, Answer]]] = defaultdict(list)
    for refusal in (*call.refusals, *service.refused(call)):
        answer = service.answer(call, refusal)
        refused[answer.status].append((refusal, answer))
    for same in refused.values():
        same.sort(key=lambda one: number_in(one[1]))
    granted = {str(one.status): _granted(service, one) for one in call.replies}
    return granted | {
        str(status): _refused(service, status, refused[status]) for status in sorted(refused)
    }


def _granted(service: Service, reply: Reply) -> Tree:
    response: dict[str, Tree] = {
        "description": reply.said,
        "headers": {**reply.headers, **service.rate_headers},
    }
    if reply.body is not None:
        examples = {"usual": {"summary": words("As usual"), "value": reply.body.example}}
        for name, (summary, value) in reply.examples.items():
            examples[name] = {"summary": summary, "value": value}
        response["content"] = {JSON: {"schema": reply.body, "examples": examples}}
    if reply.links:
        response["links"] = reply.links
    return response


def _refused(service: Service, status: int, refused: list[tuple[Refusal, Answer]]) -> Tree:
    headers = {} if status == _UNAUTHORIZED else dict(service.rate_headers)
    for _, answer in refused:
        for name, _ in answer.headers:
            known = {**REFUSAL_HEADERS, **service.refusal_headers}
            headers[name.decode().title()] = known[name.decode()]
    return {
        "description": _reasons(refused),
        "headers": headers,
        "content": {
            JSON: {"schema": _refusal_schema(service, refused), "examples": _examples(refused)}
        },
    }


def _reasons(refused: list[tuple[Refusal, Answer]]) -> Points:
    """Every reason, with its number."""
    return Points(tuple((str(number_in(answer)), refusal.said) for refusal, answer in refused))


def _refusal_schema(service: Service, refused: list[tuple[Refusal, Answer]]) -> Tree:
    """The bodies that a status can have, each with the numbers it can have."""
    numbers: dict[str, tuple[Named, list[Any]]] = {}
    for _, answer in refused:
        named = service.refusal_body(answer)
        kept = numbers.setdefault(named.name, (named, []))[1]
        if number_in(answer) not in kept:
            kept.append(number_in(answer))
    shapes = [
        {"allOf": [named, {"properties": {_number_key(named): {"enum": sorted(kept)}}}]}
        for named, kept in numbers.values()
    ]
    return shapes[0] if len(shapes) == 1 else {"oneOf": shapes}


def _number_key(named: Named) -> str:
    return "error" if "error" in named.tree["properties"] else "code"


def _examples(refused: list[tuple[Refusal, Answer]]) -> Tree:
    """Each refusal's body, by its number; one that has the number of another is numbered on."""
    seen: Counter[str] = Counter()
    examples: dict[str, Tree] = {}
    for refusal, answer in refused:
        number = str(number_in(answer))
        seen[number] += 1
        name = number if seen[number] == 1 else f"{number}-{seen[number]}"
        value = msgspec.json.decode(answer.body)
        examples[name] = {"summary": refusal.said, "value": value}
    return examples
