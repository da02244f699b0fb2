"""``python -m ovrouter.compose SOCKET``: see :mod:`ovrouter.compose.process` (warm)."""

from ovrouter.parent_watch import die_with_parent

die_with_parent()

import sys  # noqa: E402 - the line above comes before anything that could hang

from ovrouter.compose.process import run  # noqa: E402

run(sys.argv[1])
