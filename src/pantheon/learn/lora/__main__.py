"""`python -m pantheon.learn.lora FOLDER`: do the job that lies there. Started by `train_adapter`."""

from __future__ import annotations

import sys
from pathlib import Path

from pantheon.learn.lora._child import run_job

if __name__ == "__main__":
    sys.exit(run_job(Path(sys.argv[1])))
