"""Metrics of several processes are one page."""

import os
import subprocess
import sys
from pathlib import Path

COUNTING = """
from prometheus_client import CollectorRegistry
from staffetta.api.metrics import ApiMetrics, metrics_answer

registry = CollectorRegistry()
metrics = ApiMetrics(registry)
metrics.count("v2 POST /IT-messages", 201)
metrics.accepted(0.004)
metrics.publish()
print(metrics_answer(registry).body.decode())
"""


def test_the_page_of_one_process_counts_what_all_did(tmp_path: Path):
    # The directory is looked at when the library is imported: hence processes of their own.
    environment = {
        **os.environ,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
    pages = [
        subprocess.run(
            [sys.executable, "-c", COUNTING],
            env=environment,
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout
        for _ in range(2)
    ]
    series = 'staffetta_http_requests_total{call="v2 POST /IT-messages",status="201"} '
    assert [f"{series}{count}.0" in page for count, page in enumerate(pages, 1)] == [True, True]
    assert "staffetta_accept_seconds_count 2.0" in pages[1]
