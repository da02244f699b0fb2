"""Layout pages as an operator has them in a folder, with the library that they use."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.browser.libraries import CURRENT, script

__all__ = ["CUSTOM", "install_layouts"]

HERE = Path(__file__).parent
FIXTURES = HERE.parent / "fixtures" / "layouts"

CUSTOM = {
    "recordingLayout": "CUSTOM",
    "customLayout": "side-by-side",
    "resolution": "640x240",
    "frameRate": 20,
}
"""Members of a request that wants everybody side by side."""


def install_layouts(folder: Path) -> dict[str, str]:
    """Put them into *folder*; the setting that says so."""
    shutil.copytree(FIXTURES, folder, dirs_exist_ok=True)
    shutil.copy(HERE / script(CURRENT), folder / "openvidu-browser.js")
    return {"OPENVIDU_RECORDING_CUSTOM_LAYOUT": str(folder)}
