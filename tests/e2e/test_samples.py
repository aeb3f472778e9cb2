"""The references' samples work: each that can be run here is run against a sandbox.

Each sample goes through a watched way, so that what the server answered is known however a program
prints it. Go builds a program for every sample, and HTTPie starts slowly: they have one sample of
each shape.
"""

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import pytest
from contract_site import Site, serving
from sample_programs import COMMANDS, run_sample, watching
from sample_worlds import WORLDS, World

from staffetta.api.openapi.services import SERVICES
from staffetta.api.reference.samples import form_of, parts_of, samples_of

_SLOW = {"go-native", "shell-httpie"}
_REFUSED = {"cancelWithoutId": 400}  # calls that nothing is granted to, and how they are answered


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with serving(tmp_path_factory.mktemp("samples")) as site:
        yield site


@pytest.fixture(scope="module")
def worlds(site: Site) -> dict[str, World]:
    return {service: make(site) for service, make in WORLDS.items()}


def test_every_service_has_a_world() -> None:
    assert WORLDS.keys() == SERVICES.keys()


def calls_of(service: str, variant: str) -> list[str]:
    calls = list(SERVICES[service].calls)
    if variant in _SLOW:
        shape = lambda call: (call.method, call.body is not None, call.path.count("{"))  # noqa: E731
        calls = [next(group) for _, group in groupby(sorted(calls, key=shape), shape)]
    return [call.id for call in calls]


def as_expected(call: str, statuses: list[int], exit_code: int) -> bool:
    """Whether a call was made once and granted; or refused, where it always is."""
    if call in _REFUSED:  # some programs say so with their exit code, others do not
        return statuses == [_REFUSED[call]]
    return exit_code == 0 and len(statuses) == 1 and 200 <= statuses[0] < 300


@pytest.mark.parametrize("variant", COMMANDS)
@pytest.mark.parametrize("service", SERVICES)
def test_samples_are_granted(
    service: str, variant: str, site: Site, worlds: dict[str, World], tmp_path: Path
) -> None:
    samples, world = samples_of(service), worlds[service]
    chosen = samples.chosen(variant)
    assert chosen.id == variant
    failed = {}
    with watching(site.installation.url) as watched:
        for call in calls_of(service, variant):
            code = samples.text(call, chosen, form_of(watched.url), parts_of(watched.url))
            for shown, real in {**world.credentials(), **world.places(call)}.items():
                code = code.replace(shown, real)
            watched.statuses.clear()
            done = run_sample(variant, code, tmp_path)
            if not as_expected(call, watched.statuses, done.returncode):
                failed[call] = (watched.statuses[:], done.stdout[-300:], done.stderr[-500:])
    assert not failed
