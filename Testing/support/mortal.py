"""`echotracker` with a tracker "mortal": points stay, each call is written down, and one call kills its process or all.

Run as a script; the workers of a cluster import it again, and so know the tracker too. Environment: MORTAL_LOG, a file
that gets the clip's name a call; MORTAL_CLIP, the clip at whose first call it kills, once; MORTAL_KILLS, "worker" for
the process that tracks or "run" for all processes of the run.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from EchoTrackerLib.commands.main import main
from EchoTrackerLib.tracking import registry, static

INFOS = (replace(static.INFOS[0], name="mortal", title="Mortal"),)


class MortalTracker(static.StaticTracker):
    """Leaves every point at its query."""

    def track(self, cine: Any, *arguments: Any, **options: Any) -> Any:
        with Path(os.environ["MORTAL_LOG"]).open("a") as log:
            log.write(f"{cine.name}\n")
        if cine.name == os.environ.get("MORTAL_CLIP") and self._first():
            if os.environ["MORTAL_KILLS"] == "run":
                os.killpg(int(os.environ["MORTAL_GROUP"]), signal.SIGKILL)
            os.kill(os.getpid(), signal.SIGKILL)
        return super().track(cine, *arguments, **options)

    @staticmethod
    def _first() -> bool:
        try:
            Path(os.environ["MORTAL_LOG"] + ".killed").touch(exist_ok=False)
        except FileExistsError:
            return False
        return True


def create(info: Any, options: Any) -> MortalTracker:
    return MortalTracker()


sys.modules["EchoTrackerLib.tracking.mortal"] = sys.modules[__name__]
registry._MODULES["mortal"] = "mortal"

if __name__ == "__main__":
    os.environ["MORTAL_GROUP"] = str(os.getpgrp())
    sys.exit(main(sys.argv[1:]))
