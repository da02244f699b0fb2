"""``python -m ovrouter.compose.page FOLDER``: see :mod:`ovrouter.compose.page.process` (warm)."""

from ovrouter.parent_watch import die_with_parent

die_with_parent()

import sys  # noqa: E402 - the line above comes before anything that could hang

from ovrouter.compose.page.process import run  # noqa: E402

run(sys.argv[1])
