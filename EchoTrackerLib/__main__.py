"""`python -m EchoTrackerLib` is the same as `echotracker`."""

import sys

from .commands.main import main

if __name__ == "__main__":
    sys.exit(main())
