"""What each written scope grants, in which environment."""

import pytest

from staffetta.domain.environments import Environment
from staffetta.domain.scopes import (
    HOSTS,
    InvalidScope,
    Scope,
    ScopeNotEnabled,
    ScopeSet,
    Service,
    all_scopes,
    expand,
    needed_scope,
)

PRODUCTION = Environment.PRODUCTION
SANDBOX = Environment.SANDBOX
V1_HOST = "ws.messaggisms.com"
V2_HOST = "sms.openapi.com"
V1 = tuple(f"{method}:{V1_HOST}/messages" for method in ("GET", "POST", "PUT", "DELETE"))
V2 = tuple(
    f"{method}:{V2_HOST}/{segment}"
    for method, segment in (
        ("GET", "messages"),
        ("POST", "IT-messages"),
        ("POST", "ES-messages"),
        ("POST", "WW-messages"),
        ("POST", "otp"),
        ("DELETE", "messages"),
        ("GET", "senders"),
        ("POST", "senders"),
        ("GET", "inbound"),
        ("POST", "explain"),
    )
)
OWN = ("127.0.0.1:8080", "localhost", "[::1]:8080")


def in_sandbox(scopes: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(scope.replace(":", ":test.", 1) for scope in scopes)


@pytest.mark.parametrize(
    ("written", "granted"),
    [
        ("GET:sms.openapi.com/messages", V2[:1]),
        ("post:SMS.openapi.com/IT-messages", V2[1:2]),
        ("GET:ws.messaggisms.com/messages/", V1[:1]),
        ("*:ws.messaggisms.com/messages", V1),
        ("*:sms.openapi.com/messages", (V2[0], V2[5])),
        ("POST:sms.openapi.com/*", (*V2[1:5], V2[7], V2[9])),
        ("*:ws.messaggisms.com/*", V1),
        ("*:sms.openapi.com/*", V2),
        ("ws.messaggisms.com", V1),
        ("sms.openapi.com/", V2),
        ("*:*.messaggisms.com/*", V1),
        ("*:*.openapi.com/*", V2),
        ("*.openapi.com", V2),
        ("GET:*.openapi.com/messages", V2[:1]),
        ("*:*/*", V1 + V2),
        ("GET:*/messages", (V1[0], V2[0])),
    ],
)
def test_wildcards_are_expanded_into_single_scopes(written: str, granted: tuple[str, ...]) -> None:
    assert expand([written], PRODUCTION) == granted


@pytest.mark.parametrize(
    ("written", "granted"),
    [
        ("*:test.ws.messaggisms.com/*", in_sandbox(V1)),
        ("*:*.messaggisms.com/*", in_sandbox(V1)),
        ("*:test.*/*", in_sandbox(V1 + V2)),
        ("*:*/*", in_sandbox(V1 + V2)),
        ("test.sms.openapi.com", in_sandbox(V2)),
    ],
)
def test_the_sandbox_grants_sandbox_scopes(written: str, granted: tuple[str, ...]) -> None:
    assert expand([written], SANDBOX) == granted


@pytest.mark.parametrize(
    ("written", "environment"),
    [
        ("*:test.sms.openapi.com/*", PRODUCTION),
        ("*:sms.openapi.com/*", SANDBOX),
        ("ws.messaggisms.com", SANDBOX),
        ("*:test.*/*", PRODUCTION),
        ("GET:test.ws.messaggisms.com/messages", PRODUCTION),
        ("PUT:sms.openapi.com/messages", PRODUCTION),
        ("POST:sms.openapi.com/FR-messages", PRODUCTION),
        ("POST:sms.openapi.com/it-messages", PRODUCTION),
        ("GET:sms.openapi.com:443/messages", PRODUCTION),
        ("*:*.example.org/*", PRODUCTION),
        ("GET:company.openapi.com/messages", PRODUCTION),
        ("*:oauth.openapi.com/*", PRODUCTION),
        ("POST:127.0.0.1:8080/IT-messages", PRODUCTION),
        ("anything", PRODUCTION),
    ],
)
def test_what_an_environment_does_not_have_is_not_enabled(
    written: str, environment: Environment
) -> None:
    with pytest.raises(ScopeNotEnabled, match="API not enabled: "):
        expand([written], environment)


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ("", "empty"),
        (":", "is not a scope"),
        ("GET sms.openapi.com/messages", "is not a scope"),
        ("https://sms.openapi.com/IT-messages", "is an address"),
        ("GET:https://sms.openapi.com/messages", "is an address"),
        ("GET:sms.openapi.com", "a segment is missing"),
        ("GET:sms.openapi.com/messages/{id}", "more than one path segment"),
        ("GET:/messages", "is not a scope"),
        ("GET:sms.openapi.com/", "is not a scope"),
        ("GET:sms.openapi.com/mess ages", "is not a scope"),
        ("GET:sms.openapi.com/messages\n", "is not a scope"),
        ("G" * 301, "at most 300 characters"),
    ],
)
def test_what_is_no_scope_is_refused_with_the_reason(written: str, part: str) -> None:
    with pytest.raises(InvalidScope, match=part) as caught:
        expand([written], PRODUCTION)
    assert not isinstance(caught.value, ScopeNotEnabled)


@pytest.mark.parametrize("environment", list(Environment))
@pytest.mark.parametrize(
    "host", ["127.0.0.1:8080", "127.0.0.1", "localhost:9", "LOCALHOST", "[::1]", "[::1]:8080"]
)
def test_the_servers_own_host_is_kept_as_given(host: str, environment: Environment) -> None:
    assert expand([f"POST:{host}/IT-messages"], environment, OWN) == (f"POST:{host}/IT-messages",)


def test_the_own_hosts_wildcards_cover_the_calls_of_every_service() -> None:
    granted = expand(["localhost:8080"], PRODUCTION, OWN)
    assert "PUT:localhost:8080/messages" in granted
    assert "POST:localhost:8080/otp" in granted
    assert len(granted) == len(set(granted)) == 12


def test_an_unknown_segment_of_the_own_host_is_not_enabled() -> None:
    with pytest.raises(ScopeNotEnabled):
        expand(["POST:localhost/FR-messages"], PRODUCTION, OWN)


def test_a_published_name_among_the_own_hosts_does_not_open_the_other_environment() -> None:
    with pytest.raises(ScopeNotEnabled):
        expand(["*:sms.openapi.com/*"], SANDBOX, ["sms.openapi.com", "test.sms.openapi.com"])


def test_several_scopes_are_granted_once_in_the_order_asked_for() -> None:
    written = [V2[1], "*:ws.messaggisms.com/*", V1[0], V2[1]]
    assert expand(written, PRODUCTION) == (V2[1], *V1)


def test_one_bad_scope_refuses_them_all() -> None:
    with pytest.raises(ScopeNotEnabled):
        expand([V2[0], "*:test.sms.openapi.com/*"], PRODUCTION)


def test_too_many_scopes_are_refused() -> None:
    with pytest.raises(InvalidScope, match="at most 500"):
        expand([V2[0]] * 501, PRODUCTION)


def test_all_scopes_are_what_the_widest_wildcard_grants() -> None:
    for environment in Environment:
        assert all_scopes(environment) == expand(["*:*/*"], environment)


def test_every_scope_of_the_catalogue_allows_its_call_and_no_other() -> None:
    for environment in Environment:
        hosts = [HOSTS[service, environment] for service in Service]
        for text in all_scopes(environment):
            scope, granted = Scope.parse(text), ScopeSet.of([text])
            assert granted.allows(scope.method, [scope.host], scope.segment)
            others = {str(Scope(scope.method, host, scope.segment)) for host in hosts} - {text}
            others |= set(all_scopes(environment)) - {text}
            for other in map(Scope.parse, others):
                assert not granted.allows(other.method, [other.host], other.segment)


def test_an_own_host_holds_for_every_service_that_has_the_call() -> None:
    granted = ScopeSet.of(["GET:127.0.0.1:8080/messages"])
    assert granted.allows("GET", [V2_HOST], "messages")
    assert granted.allows("GET", ["test.ws.messaggisms.com"], "messages")
    assert not granted.allows("POST", [V2_HOST], "messages")
    assert not granted.allows("GET", [V2_HOST], "IT-messages")


def test_no_scope_allows_nothing() -> None:
    assert not ScopeSet.of([]).allows("GET", [V2_HOST], "messages")


def test_a_set_remembers_the_texts_as_they_were_written() -> None:
    texts = (V2[0], "GET:127.0.0.1:8080/messages")
    assert ScopeSet.of(texts).texts == texts


def test_a_refusal_can_name_the_scope_that_is_needed() -> None:
    assert (
        needed_scope("POST", Service.V2, SANDBOX, "IT-messages")
        == "POST:test.sms.openapi.com/IT-messages"
    )
