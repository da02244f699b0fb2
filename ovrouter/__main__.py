"""``python -m ovrouter`` (warm)."""

import sys

from ovrouter.cli import main

sys.exit(main())
