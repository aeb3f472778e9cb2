"""Row 8: looking for forbidden words in one message, against a list of 10,000 entries.

The search is called by itself, in this process: it is pure, and acceptance pays for it in every
message. The list is made up, from a fixed seed; so are the messages, but for the Italian ones.
"""

import random
import string
import time
from collections.abc import Callable, Sequence
from functools import cache
from statistics import median

from bench.benchmark import Benchmark, Figure, Options, Sample
from bench.system import System, SystemPlan
from staffetta.compliance.entries import Entry, make_entry
from staffetta.compliance.words import ForbiddenList

_WORDS, _PHRASES, _PATTERNS = 8_000, 1_800, 200
_SEED = 8
_SENDER = "Openapi"
_COUNTRY = "IT"
_ROUNDS = 25
_CALLS_A_ROUND = 200
_USUAL, _LONG = 160, 1_530  # characters: one segment, and ten
_PLAIN = (
    "Gentile cliente, il tuo ordine 482910 e' stato spedito oggi: consegna prevista domani tra le"
    " 10 e le 13. Segui il pacco su track.example.com/p/482910 Grazie! A presto, il negozio. "
)
_ACCENTED = _PLAIN.replace("e' stato", "è già stato").replace("prevista", "però")


def _named(word: str) -> str:
    return f"{_PLAIN[: _USUAL - len(word) - 1]} {word}"


@cache
def _entries() -> Sequence[Entry]:
    chance = random.Random(_SEED)

    def word() -> str:
        return "".join(chance.choices(string.ascii_lowercase, k=chance.randint(4, 10)))

    def phrase() -> str:
        return " ".join(word() for _ in range(chance.randint(2, 4)))

    return (
        *(make_entry("word", word()) for _ in range(_WORDS)),
        *(make_entry("phrase", phrase()) for _ in range(_PHRASES)),
        *(make_entry("pattern", rf"{word()}\d{{2,4}}\.(?:com|net)") for _ in range(_PATTERNS)),
    )


def _microseconds(call: Callable[[], object]) -> float:
    """Of one call: the median of rounds, so that one in which others ran counts less."""
    rounds = []
    for _ in range(_ROUNDS):
        before = time.perf_counter()
        for _ in range(_CALLS_A_ROUND):
            call()
        rounds.append((time.perf_counter() - before) / _CALLS_A_ROUND)
    return round(median(rounds) * 1e6, 2)


async def _run(_system: System, _options: Options, _seconds: float, _serial: int) -> Sample:
    entries = _entries()
    before = time.perf_counter()
    listed = ForbiddenList.of(entries)
    build_ms = (time.perf_counter() - before) * 1e3
    first = entries[0].text
    texts = {
        "clean_us": _PLAIN[:_USUAL],
        "accented_us": _ACCENTED[:_USUAL],
        "hit_us": _named(first),
        "disguised_us": _named(".".join(first.upper())),
        "near_us": _named(" ".join("abcdefg")),
        "long_us": (_PLAIN * 10)[:_LONG],
    }
    for key, text in texts.items():
        found = listed.find(text, _SENDER, _COUNTRY)
        assert (found is not None) == (key in {"hit_us", "disguised_us"}), (key, found)
    figures = {
        key: _microseconds(lambda text=text: listed.find(text, _SENDER, _COUNTRY))
        for key, text in texts.items()
    }
    empty = ForbiddenList()
    figures["empty_us"] = _microseconds(lambda: empty.find(_PLAIN, _SENDER, _COUNTRY))
    return Sample(figures={**figures, "build_ms": round(build_ms, 1)}, cpu_us={})


BENCHMARK = Benchmark(
    name="words",
    title="Looking for forbidden words, 10,000 entries",
    figures=(
        Figure("clean_us", "160 characters, nothing found", "us", below=50),
        Figure("accented_us", "the same with accents", "us", below=50),
        Figure("hit_us", "a word found", "us", below=50),
        Figure("disguised_us", "a word found spelled out", "us"),
        Figure("near_us", "letters that spell nothing", "us"),
        Figure("long_us", "1,530 characters, nothing found", "us"),
        Figure("empty_us", "with an empty list", "us", below=1),
        Figure("build_ms", "building the list", "ms"),
    ),
    run=_run,
    plan=SystemPlan(smsc_answers=False),
)
