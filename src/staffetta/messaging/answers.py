"""What carriers said, written in the order in which they said it: settlements, then reports.

A fast carrier reports within the time that a commit takes. Written by two loops, most reports would
be stored before their submissions, each then kept, found, closed and matched a second time: twice
the work of the database. So one step takes the reports that are there, then writes the settlements
that came before them, then these reports. Those that still come first (another process's answer, a
carrier that reports before it answers) go the long way that `match` describes.
"""

from staffetta.messaging.report import Reporter
from staffetta.messaging.settle import Settler


async def write_answers_once(settler: Settler, reporter: Reporter) -> int:
    """Write a batch of reports, and before it all settlements; answers how many both held.

    What cannot be written now stays in the inbox, or goes back to its carrier; the error is raised.
    """
    reports = reporter.take()
    settled_count, waiting_count = 0, settler.waiting_count
    try:
        while settled_count < waiting_count:
            settled_count += await settler.settle_once()
    except BaseException:
        reporter.give_back(reports)
        raise
    return settled_count + await reporter.store(reports)
