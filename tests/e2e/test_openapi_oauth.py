"""The documents of both OAuth services and the server agree, as those of the others do.

Nothing here can end what the tests call with: the API key outlives every call, and the tokens that
chance changes and ends were made for it.
"""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import httpx
import pytest
from contract_site import Site, serving
from sample_worlds import WORLDS, OauthV1World, OauthV2World, World
from schema_examiner import examine, strict

from staffetta.api.openapi.services import SERVICES

UNKNOWN: Final = "0" * 24
# Beside those that schemathesis takes for one: "Wrong Token" is a 402 in the contract.
REFUSED_AS: Final = ("400", "401", "402", "403", "404", "405", "406", "413", "422", "429")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("openapi")) as site:
        yield site


@pytest.fixture(scope="module")
def worlds(site: Site) -> dict[str, World]:
    return {service: WORLDS[service](site) for service in ("oauth-v1", "oauth-v2")}


def told(site: Site, service: str) -> dict[str, Any]:
    url = f"{site.installation.url}/docs/en/{service}.openapi.json"
    document: dict[str, Any] = httpx.get(url, timeout=60).json()
    return document


def with_refusing(document: dict[str, Any], service: str) -> dict[str, Any]:
    """The document with the calls that only refuse, which it tells of elsewhere."""
    for name in SERVICES[service].refusing:
        method, path = name.split(" ")
        document["paths"].setdefault(path, {})[method.lower()] = {
            "operationId": f"refuse{method}{path.replace('/', '')}",
            "responses": {"4XX": {"description": "It is refused."}},
        }
    return document


@pytest.mark.parametrize("service", ["oauth-v1", "oauth-v2"])
def test_a_service_answers_nothing_that_its_document_does_not_describe(
    service: str, site: Site, worlds: dict[str, World], tmp_path: Path
) -> None:
    world = worlds[service]
    text = json.dumps(strict(told(site, service), "https://example.com/"))
    for call in ("getToken", "getCallback", "getSubscription"):
        for shown, real in world.places(call).items():
            text = text.replace(shown, real)
    document = with_refusing(json.loads(text), service)
    # No keyword says that what is no object has no fields: v2's PATCH takes it, to no effect.
    del document["components"]["schemas"]["TokenChange"]["type"]
    accepted = ", ".join(f'"{status}"' for status in REFUSED_AS)
    (tmp_path / "schemathesis.toml").write_text(
        f"[checks.negative_data_rejection]\nexpected-statuses = [{accepted}]\n"
    )
    (credentials,) = world.credentials().values()
    base = f"{site.installation.url}/sandbox{SERVICES[service].room}"
    headers = {"Authorization": f"Basic {credentials}"}
    examined = examine(document, base, headers, tmp_path, examples=4)
    assert examined.exit_code == 0, examined.output
    assert examined.count > 200
    assert [call for call, status in examined.statuses if status >= 500] == []
    granted = {call for call, status in examined.statuses if status == 200}
    assert granted == {call.name for call in SERVICES[service].calls}


def error_of(answer: httpx.Response) -> tuple[int, float]:
    """Status and number of a refusal."""
    return answer.status_code, answer.json()["error"]


def answers_of_v2(world: OauthV2World) -> dict[tuple[str, str, str], httpx.Response]:
    """Refusals whose sentences the document has from nowhere else, by path, method and example."""
    token = "/tokens/{token}"
    call: Callable[..., httpx.Response] = world.client.request
    stranger = {"auth": ("x", "y")}
    stale = {"auth": None, "headers": {"Authorization": f"Bearer {UNKNOWN}"}}
    return {
        ("/tokens", "get", "120"): call("GET", "/tokens", **stranger),
        ("/tokens", "post", "413"): call("POST", "/tokens", content=b" " * 200_000),
        (token, "get", "60"): call("GET", "/tokens/x"),
        (token, "get", "120"): call("GET", f"/tokens/{UNKNOWN}"),
        (token, "patch", "130"): call("PATCH", f"/tokens/{UNKNOWN}", **stale),
        (token, "patch", "140"): call("PATCH", f"/tokens/{UNKNOWN}", **stranger),
        (token, "patch", "150"): call("PATCH", "/tokens/x"),
        (token, "patch", "150-2"): call("PATCH", "/tokens"),
        (token, "patch", "160"): call("PATCH", f"/tokens/{UNKNOWN}"),
        (token, "delete", "170"): call("DELETE", "/tokens/x"),
        (token, "delete", "170-2"): call("DELETE", "/tokens/"),
        (token, "delete", "180"): call("DELETE", f"/tokens/{UNKNOWN}"),
        ("/scopes/{id}", "get", "10"): call("GET", f"/scopes/{UNKNOWN}"),
        ("/callbacks/{id}", "get", "210"): call("GET", "/callbacks/x"),
        ("/callbacks/{id}", "get", "200"): call("GET", f"/callbacks/{UNKNOWN}"),
        ("/subscriptions/{id}", "get", "230"): call("GET", "/subscriptions/x"),
        ("/subscriptions/{id}", "get", "220"): call("GET", f"/subscriptions/{UNKNOWN}"),
        ("/stats", "get", "240"): call("GET", "/stats?date=2026-02-30"),
    }


def answers_of_v1(world: OauthV1World) -> dict[tuple[str, str, str], httpx.Response]:
    """The same of v1."""
    call, token = world.client.request, "/token/{token}"
    return {
        ("/token", "post", "110"): call("POST", "/token", json={}),
        (token, "get", "125"): call("GET", "/token/x"),
        (token, "put", "160"): call("PUT", "/token/"),
        (token, "put", "170"): call("PUT", f"/token/{UNKNOWN}", json={"scopes": "*:*/*"}),
        (token, "put", "270"): call("PUT", f"/token/{UNKNOWN}", json={}),
        (token, "patch", "280"): call("PATCH", "/token"),
        (token, "patch", "290"): call("PATCH", f"/token/{UNKNOWN}", json={"ttl": 60}),
        (token, "patch", "310"): call("PATCH", f"/token/{UNKNOWN}", json={}),
        (token, "delete", "140"): call("DELETE", "/token"),
        (token, "delete", "150"): call("DELETE", f"/token/{UNKNOWN}"),
        ("/counters/day/{date}", "get", "610"): call("GET", "/counters/day"),
        ("/counters/month/{date}", "get", "610"): call("GET", "/counters/month/2026-3"),
    }


def test_refusals_say_what_the_examples_say(site: Site, worlds: dict[str, World]) -> None:
    v1, v2 = worlds["oauth-v1"], worlds["oauth-v2"]
    assert isinstance(v1, OauthV1World)
    assert isinstance(v2, OauthV2World)
    for service, answers in (("oauth-v1", answers_of_v1(v1)), ("oauth-v2", answers_of_v2(v2))):
        document = told(site, service)
        for (path, method, name), answer in answers.items():
            given = document["paths"][path][method]["responses"][str(answer.status_code)]
            if "$ref" in given:
                given = document["components"]["responses"][given["$ref"].rpartition("/")[2]]
            expected = given["content"]["application/json"]["examples"][name]["value"]
            assert answer.json() == expected, (service, path, method)
            if error_of(answer) == (401, 120):
                header = document["components"]["headers"]["WWWAuthenticate"]
                assert header["schema"]["examples"] == [answer.headers["www-authenticate"]]
