"""The plug is pulled while a run works: server, worker and run are gone in an instant, and the service starts anew."""

import os
import re
import signal
import time
from contextlib import suppress
from pathlib import Path

from tests.conftest import found_project
from tests.line.ended_run import require_one_record
from tests.line.worker import children, serving, signed_request
from tests.whole_house import faulty_studies as faulty
from tests.whole_house.prepared_study import MONTH, prepare

STUDY = faulty.sound().study
RUN = f"{STUDY}/{MONTH}/1"


def test_the_plug_is_pulled(tmp_path: Path) -> None:
    """Served again, the run goes on by itself to one record, and its deployment takes the next (FAULTS 65, 72)."""
    project = found_project(tmp_path, "")
    prepare(project, faulty.sound())
    with serving(project) as (server, process):
        # A study's own deployment lets one run at a time: the one that was cut off must not hold its place.
        request = signed_request(project, STUDY, MONTH)
        asked = server.send("analysis/REF-NHEFS", request)
        while not project.events(RUN):
            time.sleep(0.2)
        for number in tree(process.pid):
            with suppress(ProcessLookupError):  # git, as a run calls it, has ended by itself meanwhile
                os.kill(number, signal.SIGKILL)
        process.communicate()
    assert project.events(RUN)[-1]["action"] != "run.sealed", "the run was to be cut off"
    with serving(project) as (server, process):
        assert server.ended(asked)["type"] == "COMPLETED"
        following = server.trigger("analysis/REF-NHEFS", {**request, "signature": ""})
        assert (following["type"], "request of analyst for" in following["message"]) == ("FAILED", True)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 0
    # The plug may be pulled before the flow run has the name of its run: it then has the one that Prefect gave it.
    again = r"flow run '[^']+' is begun again: its process or its worker had ended without a word"
    assert len(re.findall(again, told)) == 1
    require_one_record(project, RUN)


def tree(process: int) -> list[int]:
    """Return a process with all that came from it."""
    return [process, *(number for child in children(process) for number in tree(child))]
