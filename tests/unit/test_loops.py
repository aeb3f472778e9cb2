"""Background steps go on after failures, wake when rung, and end when told."""

import asyncio

import pytest

from staffetta.app.loops import Loops, run_forever
from staffetta.db.errors import ConnectionLost

_LONG = 3600.0


class Step:
    """A step that plays a script: counts to answer, errors to raise, then nothing found."""

    def __init__(self, *script: int | Exception) -> None:
        self.script = list(script)
        self.calls = 0
        self.called = asyncio.Event()
        self.idle = asyncio.Event()

    async def once(self) -> int:
        self.calls += 1
        self.called.set()
        if not self.script:
            self.idle.set()
            return 0
        result = self.script.pop(0)
        if isinstance(result, Exception):
            raise result
        return result


async def test_a_step_that_finds_work_is_called_again_at_once() -> None:
    step, stop = Step(5, 3, 1), asyncio.Event()
    loop = asyncio.create_task(run_forever(step.once, _LONG, stop=stop))
    await step.idle.wait()
    assert step.calls == 4
    stop.set()
    await loop


@pytest.mark.parametrize("failure", [LookupError("a bug"), ConnectionLost("gone")])
async def test_a_failing_step_is_called_again(failure: Exception) -> None:
    step, stop = Step(failure), asyncio.Event()
    loop = asyncio.create_task(run_forever(step.once, _LONG, stop=stop))
    await step.idle.wait()
    stop.set()
    await loop


async def test_an_idle_step_wakes_when_rung() -> None:
    step, stop, wake = Step(), asyncio.Event(), asyncio.Event()
    loop = asyncio.create_task(run_forever(step.once, _LONG, wake=wake, stop=stop))
    await step.idle.wait()
    step.called.clear()
    wake.set()
    await step.called.wait()
    stop.set()
    await loop


async def test_a_ring_during_a_step_causes_another() -> None:
    wake, stop, second = asyncio.Event(), asyncio.Event(), asyncio.Event()
    calls = 0

    async def ring_once() -> int:
        nonlocal calls
        calls += 1
        if calls == 1:
            wake.set()
        else:
            second.set()
        return 0

    loop = asyncio.create_task(run_forever(ring_once, _LONG, wake=wake, stop=stop))
    await second.wait()
    stop.set()
    await loop


async def test_at_the_end_of_the_block_the_step_in_progress_is_finished() -> None:
    entered, released, finished = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def work() -> int:
        entered.set()
        await released.wait()
        finished.set()
        return 1

    async with Loops() as loops:
        loops.start(work, _LONG)
        await entered.wait()
        asyncio.get_running_loop().call_soon(released.set)
    assert finished.is_set()


async def test_loops_end_in_the_reverse_order_of_their_start() -> None:
    ended: list[str] = []

    async def note(name: str) -> int:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(name)
        return 0

    async with Loops() as loops:
        for name in ("feeder", "eater"):
            loops.start(lambda name=name: note(name), _LONG, name=name, may_be_cut=True)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert ended == ["eater", "feeder"]


async def test_a_step_that_does_not_end_is_cut_off() -> None:
    entered, cut = asyncio.Event(), asyncio.Event()

    async def hang() -> int:
        entered.set()
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()
        return 0

    async with Loops(stop_seconds_max=0.05) as loops:
        loops.start(hang, _LONG)
        await entered.wait()
    assert cut.is_set()
