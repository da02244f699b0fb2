"""The operator's page beside a call."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.call_page import Visitor
from tests.browser.router_process import SECRET, RouterProcess

NEWS_MS = 20_000
"""The page asks every two seconds; a speaker is found and a recording starts within one."""


@pytest.fixture(scope="module")
def router_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("recordings")
    return {"OPENVIDU_RECORDING": "true", "OPENVIDU_RECORDING_PATH": str(folder)}


@pytest.fixture
def operator(router: RouterProcess, browser: Browser) -> Iterator[Page]:
    """The page as somebody with the secret sees it; it must have been content at the end."""
    with browser.new_context(ignore_https_errors=True, viewport={"width": 1280, "height": 800}) as context:
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{router.url}/sessions.html")
        page.get_by_label("Secret", exact=True).fill(SECRET)
        page.get_by_role("button", name="Continue").click()
        yield page
        assert complaints == []


def test_a_call_is_explained_while_it_lasts(operator: Page, router: RouterProcess, browser: Browser) -> None:
    expect(operator.get_by_text("Nobody is in a call")).to_be_visible()
    ana, ben = Visitor(browser, router.url), Visitor(browser, router.url)
    ana.join("Ana", "meeting")
    ben.join("Ben", "meeting")
    ana.sees("Ben")

    row = operator.get_by_role("row", name="Ana sees Ben")
    expect(row).to_contain_text("kbit/s", timeout=NEWS_MS)
    expect(row.get_by_role("img")).to_be_visible()
    expect(row).to_contain_text("gets all there is", timeout=NEWS_MS)
    expect(operator.get_by_role("row", name="Ben sees Ana")).to_be_visible()
    expect(operator.get_by_text("1 session, 2 people")).to_be_visible()

    expect(operator.get_by_text("speaks")).to_be_visible(timeout=NEWS_MS)
    expect(operator.get_by_text("Recording", exact=True)).to_be_hidden()
    wanted = {"session": "meeting", "outputMode": "INDIVIDUAL"}
    started = router.rest.post("/openvidu/api/recordings/start", json=wanted)
    assert started.is_success, started.text
    expect(operator.get_by_text("Recording", exact=True)).to_be_visible(timeout=NEWS_MS)

    for visitor in (ana, ben):
        visitor.button("Leave").click()
        visitor.context.close()
    expect(operator.get_by_role("row")).to_have_count(0, timeout=NEWS_MS)


def test_without_the_secret_nothing_is_shown(router: RouterProcess, browser: Browser) -> None:
    with browser.new_context(ignore_https_errors=True) as context:
        page = context.new_page()
        page.goto(f"{router.url}/sessions.html")
        page.get_by_label("Secret", exact=True).fill("guessed")
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("That secret is not the server")).to_be_visible()
        page.get_by_role("button", name="Cancel").click()
        expect(page.get_by_text("Without the secret there is nothing to see.")).to_be_visible()

        page.get_by_role("button", name="Enter the secret").click()
        page.get_by_label("Secret", exact=True).fill(SECRET)
        page.get_by_role("button", name="Continue").click()
        expect(page.get_by_text("Without the secret")).to_be_hidden()
