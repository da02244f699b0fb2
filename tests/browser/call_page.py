"""The call page as its visitors use it: by labels, buttons and what is to be seen."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

from tests.browser.router_process import SECRET

__all__ = ["Visitor"]

PICTURE_TIMEOUT_MS = 10_000
CALL_TIMEOUT_MS = 10_000
_MEASURE = (Path(__file__).parent / "pages" / "measure.js").read_text().replace("export ", "")
MEASURE_SCRIPT = f"window.measure = (() => {{ {_MEASURE}; return {{ movingPicture, brightPicture }}; }})();"
NO_DEVICES_SCRIPT = """
navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("denied", "NotAllowedError"); };
"""


class Visitor:
    """One person at the call page of *url*; ``complaints`` holds every error and warning of the page."""

    def __init__(self, browser: Browser, url: str, *, allow_devices: bool = True) -> None:
        self.context: BrowserContext = browser.new_context(
            ignore_https_errors=True,
            viewport={"width": 390, "height": 844},
            permissions=["clipboard-read", "clipboard-write"],
        )
        self.page: Page = self.context.new_page()
        self.complaints: list[str] = []
        self.page.on("console", lambda m: self.complaints.append(m.text) if m.type in {"error", "warning"} else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.add_init_script(MEASURE_SCRIPT)
        if not allow_devices:
            self.page.add_init_script(NO_DEVICES_SCRIPT)
        self.page.goto(url)

    def join(self, name: str, room: str, *, secret: str = SECRET, button: str = "Join with camera") -> None:
        """Fill in the form and, when asked, the secret."""
        self.page.get_by_label("Your name").fill(name)
        self.page.get_by_label("Room", exact=True).fill(room)
        self.button(button).click()
        if secret:
            self.give_secret(secret)

    def give_secret(self, secret: str) -> None:
        """Answer the dialog that asks for the server's secret."""
        self.page.get_by_label("Secret", exact=True).fill(secret)
        self.button("Continue").click()

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name)

    def tile(self, name: str) -> Locator:
        """The tile of a participant or shared screen."""
        return self.page.get_by_role("figure", name=name, exact=True)

    def is_in_call(self) -> None:
        expect(self.page.get_by_text("Connected", exact=True)).to_be_visible(timeout=CALL_TIMEOUT_MS)

    def sees(self, name: str) -> None:
        """Assert that the tile's decoded picture moves."""
        self._measure("movingPicture", name)

    def sees_something(self, name: str) -> None:
        """Assert that the tile's decoded picture is not black."""
        self._measure("brightPicture", name)

    def _measure(self, method: str, name: str) -> None:
        video = self.tile(name).locator("video")
        expect(video).to_be_visible(timeout=PICTURE_TIMEOUT_MS)
        video.evaluate("(video, [method, ms]) => measure[method](video, ms)", [method, PICTURE_TIMEOUT_MS])
