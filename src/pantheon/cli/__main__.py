"""`python -m pantheon.cli` is the same as the `pantheon` command."""

from __future__ import annotations

import sys

from pantheon.cli import main

sys.exit(main())
