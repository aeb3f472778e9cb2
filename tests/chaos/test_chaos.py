"""The campaign in small: one kill of each kind, in one installation. `make chaos` does ten each."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).with_name("run.py")
VICTIMS = {"api", "dispatch", "postgres", "supervisor", "all"}


@pytest.mark.slow
def test_nothing_accepted_is_lost_whoever_is_killed(tmp_path: Path) -> None:
    found = tmp_path / "found.json"
    done = subprocess.run(
        [
            *(sys.executable, str(SCRIPT), "--together", "--rounds", "1", "--rate", "250"),
            *("--json", str(found)),
        ],
        capture_output=True,
        text=True,
        timeout=1200,
        check=False,
    )
    assert found.exists(), done.stdout + done.stderr
    (result,) = json.loads(found.read_text())
    assert result["faults"] == {}, (result, done.stdout)
    assert {one["victim"] for one in result["rounds"]} == VICTIMS
    # The load was real, and went on until the end.
    assert result["counts"]["accepted"] > 500
    assert done.returncode == 0
