"""`python -m pantheon.learn.encoder FOLDER`: do the job that lies there."""

from __future__ import annotations

import sys
from pathlib import Path

from pantheon.learn.encoder._child import run_job

if __name__ == "__main__":
    sys.exit(run_job(Path(sys.argv[1])))
