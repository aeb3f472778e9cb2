"""Kill -9, at load, again and again: nothing accepted may be lost, duplicates only flagged.

    .venv/bin/python tests/chaos/run.py --rounds 10 --victim api

Prints a table, and with --json writes everything it found. It talks to loopback alone, starts and
ends everything it needs, and kills only what it started.
"""

import argparse
import json
import random
import shutil
import statistics
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "support"))

from campaign import Plan, run_campaign
from rich.console import Console
from rich.table import Table
from victims import VICTIMS

_TIMES = {
    "silence": "no 201",
    "delivering": "delivering again",
    "settled": "open claims settled",
}


def main(arguments: Sequence[str]) -> int:
    given = _parse(arguments)
    print(f"seed {given.seed}: the same kills with --seed {given.seed}", flush=True)
    victims = given.victim or list(VICTIMS)
    groups = [tuple(victims)] if given.together else [(victim,) for victim in victims]
    results = []
    for index, group in enumerate(groups):
        plan = Plan(group, given.rounds, given.seed + index, given.rate)
        results.append(_run(plan, keep=given.keep))
        print(_summary(results[-1]), flush=True)
    Console().print(_table(results))
    if given.json is not None:
        given.json.write_text(json.dumps(results, indent=2) + "\n")
    return 1 if any(result["faults"] for result in results) else 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=10, help="kills of each victim")
    parser.add_argument("--victim", action="append", choices=VICTIMS, help="all when none is given")
    parser.add_argument("--rate", type=float, default=400, help="requests a second")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--together", action="store_true", help="one installation for all victims")
    parser.add_argument("--json", type=Path, help="a file for everything that was found")
    parser.add_argument("--keep", action="store_true", help="leave the data directories behind")
    return parser.parse_args(arguments)


def _run(plan: Plan, *, keep: bool) -> dict[str, Any]:
    directory = Path(tempfile.mkdtemp(prefix="staffetta-chaos-"))
    directory.chmod(0o711)  # PostgreSQL's own user walks through it
    is_good = False
    try:
        result = run_campaign(plan, directory)
        is_good = not result["faults"]
    finally:
        if is_good and not keep:
            shutil.rmtree(directory, ignore_errors=True)
        else:
            print(f"what is left of it: {directory}", file=sys.stderr)
    return result


def _summary(result: dict[str, Any]) -> str:
    faults = result["faults"] or "no fault"
    return f"{', '.join(result['victims'])}: {len(result['rounds'])} kills, {faults}"


def _table(results: Sequence[dict[str, Any]]) -> Table:
    table = Table(title="kill -9 at load; seconds are median / longest since the kill")
    table.add_column("")
    for result in results:
        table.add_column("\n".join(result["victims"]), justify="right")
    table.add_row("kills", *(str(len(result["rounds"])) for result in results))
    for name, title in _TIMES.items():
        table.add_row(title, *(_seconds(result["rounds"], name) for result in results))
    table.add_section()
    for name in results[0]["counts"]:
        table.add_row(name, *(str(result["counts"].get(name, "")) for result in results))
    table.add_section()
    kinds = sorted({kind for result in results for kind in result["faults"]})
    for kind in kinds:
        table.add_row(f"! {kind}", *(str(result["faults"].get(kind, 0)) for result in results))
    if not kinds:
        table.add_row("faults", *("0" for _ in results))
    return table


def _seconds(rounds: Sequence[dict[str, Any]], name: str) -> str:
    values = [one[name] for one in rounds]
    return f"{statistics.median(values):.1f} / {max(values):.1f}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
