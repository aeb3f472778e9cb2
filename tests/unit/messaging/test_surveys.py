"""The lane of surveys: one at a time, and one for each person."""

import asyncio

import pytest

from staffetta.domain.errors import NotAcceptingNow
from staffetta.messaging.bulk.survey import Surveys


async def test_a_person_has_one_survey_at_a_time() -> None:
    surveys = Surveys()
    async with surveys.enter(1):
        with pytest.raises(NotAcceptingNow, match="a file of yours"):
            await surveys.enter(1).__aenter__()
    async with surveys.enter(1):
        pass


async def test_people_wait_for_each_other_and_not_for_ever() -> None:
    surveys = Surveys(seconds_max=0.01)
    async with surveys.enter(1):
        with pytest.raises(NotAcceptingNow, match="other files"):
            await surveys.enter(2).__aenter__()
    async with surveys.enter(2):
        pass


async def test_who_waits_comes_next() -> None:
    surveys, came = Surveys(), list[int]()

    async def enter(person_id: int) -> None:
        async with surveys.enter(person_id):
            came.append(person_id)

    async with surveys.enter(1):
        waiting = [asyncio.create_task(enter(person_id)) for person_id in (2, 3)]
        await asyncio.sleep(0)
    await asyncio.gather(*waiting)
    assert came == [2, 3]
