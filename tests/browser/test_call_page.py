"""The call page between its visitors."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.browser.call_page import Visitor
from tests.browser.downloads import Recordings
from tests.browser.relay import Relay
from tests.browser.router_process import SECRET, RouterProcess, run_router

Visit = Callable[..., Visitor]

ANAS_SCREEN = "Ana\N{RIGHT SINGLE QUOTATION MARK}s screen"


@pytest.fixture(scope="module")
def router_settings(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    folder = tmp_path_factory.mktemp("recordings")
    return {"OPENVIDU_RECORDING": "true", "OPENVIDU_RECORDING_PATH": str(folder)}


@pytest.fixture
def visit(router: RouterProcess, browser: Browser) -> Iterator[Visit]:
    """Open the page; every visitor's page must have been content at the end."""
    visitors: list[Visitor] = []

    def open_page(*, url: str = router.url, **options: bool) -> Visitor:
        visitor = Visitor(browser, url, **options)
        visitors.append(visitor)
        return visitor

    yield open_page
    for visitor in visitors:
        visitor.context.close()
    assert [complaint for visitor in visitors for complaint in visitor.complaints] == []


def test_two_visitors_meet(visit: Visit) -> None:
    ana, ben = visit(), visit()
    ana.join("Ana", "meet")
    ana.is_in_call()
    expect(ana.page.get_by_text("You are the only one here")).to_be_visible()
    ben.join("Ben", "meet")

    ana.sees("Ben")
    ben.sees("Ana")
    ana.sees("Ana")
    expect(ana.page.get_by_text("You are the only one here")).to_be_hidden()

    ben.button("Leave").click()
    expect(ana.tile("Ben")).to_have_count(0)
    expect(ben.button("Join with camera")).to_be_visible()


def test_muting_shows_on_the_other_side(visit: Visit) -> None:
    ana, ben = visit(), visit()
    ana.join("Ana", "mute")
    ben.join("Ben", "mute")
    ben.sees("Ana")

    ana.button("Camera").click()
    expect(ben.tile("Ana").locator("video")).to_be_hidden()
    ana.button("Microphone").click()
    expect(ben.tile("Ana").get_by_label("microphone off")).to_be_visible()

    ana.button("Camera").click()
    ben.sees("Ana")


def test_sharing_the_screen_adds_a_tile(visit: Visit) -> None:
    ana, ben = visit(), visit()
    ana.join("Ana", "screen")
    ben.join("Ben", "screen")
    ben.sees("Ana")

    ana.button("Share screen").click()
    ben.sees_something(ANAS_SCREEN)
    expect(ana.button("Share screen")).to_have_attribute("aria-pressed", "true")
    expect(ana.tile(ANAS_SCREEN)).to_have_count(0)

    ana.button("Share screen").click()
    expect(ben.tile(ANAS_SCREEN)).to_have_count(0)
    ben.sees("Ana")


def test_the_room_link_is_copied(visit: Visit) -> None:
    ana = visit()
    ana.join("Ana", "linked")
    ana.is_in_call()

    ana.button("Copy link").click()

    expect(ana.page.get_by_text("The room link is in the clipboard")).to_be_visible()
    link = ana.page.evaluate("() => navigator.clipboard.readText()")
    guest = visit(url=link)
    expect(guest.page.get_by_label("Room", exact=True)).to_have_value("linked")


def test_a_wrong_secret_is_asked_again(visit: Visit) -> None:
    ana = visit()
    ana.join("Ana", "secret", secret="wrong")
    expect(ana.page.get_by_text("That secret is not the server")).to_be_visible()
    (refused,) = ana.complaints
    assert "401" in refused
    ana.complaints.clear()

    ana.give_secret(SECRET)

    ana.is_in_call()


def test_without_camera_one_may_watch(visit: Visit) -> None:
    ana, ben = visit(), visit(allow_devices=False)
    ana.join("Ana", "watch")
    ben.join("Ben", "watch", secret="")
    expect(ben.page.get_by_text("This page may not use the camera and microphone")).to_be_visible()

    ben.join("Ben", "watch", button="Just watch and listen")

    ben.sees("Ana")
    expect(ana.tile("Ben")).to_be_visible()
    expect(ben.button("Camera")).to_be_disabled()


def test_a_closed_session_is_explained(visit: Visit, router: RouterProcess) -> None:
    ana = visit()
    ana.join("Ana", "closed")
    ana.is_in_call()

    router.delete("sessions/closed")

    expect(ana.page.get_by_text("The call was closed by the server.")).to_be_visible()


def test_a_lost_socket_is_shown_and_resumed(relay: Relay, visit: Visit, router: RouterProcess) -> None:
    ana, ben = visit(url=router.url.replace(str(router.port), str(relay.port))), visit()
    ana.join("Ana", "resume")
    ben.join("Ben", "resume")
    ana.sees("Ben")

    relay.cut()
    expect(ana.page.get_by_text("Reconnecting…")).to_be_visible()
    ana.sees("Ben")
    relay.mend()

    ana.is_in_call()
    ben.sees("Ana")
    ana.complaints[:] = [
        text for text in ana.complaints if "WebSocket connection to" not in text
    ]  # tries during the cut


def test_a_recording_is_shown_to_those_who_are_there_and_those_who_come(visit: Visit, router: RouterProcess) -> None:
    ana, ben = visit(), visit()
    ana.join("Ana", "recorded")
    ana.sees("Ana")
    expect(ana.page.get_by_text("Recording", exact=True)).to_be_hidden()

    recording = Recordings(router).start("recorded")

    expect(ana.page.get_by_text("Recording", exact=True)).to_be_visible()
    expect(ana.page.get_by_text("This call is being recorded")).to_be_visible()
    ben.join("Ben", "recorded")
    expect(ben.page.get_by_text("Recording", exact=True)).to_be_visible()

    Recordings(router).stop(recording["id"])

    for visitor in (ana, ben):
        expect(visitor.page.get_by_text("Recording", exact=True)).to_be_hidden()
        expect(visitor.page.get_by_text("The recording has ended")).to_be_visible()


def test_a_demo_asks_for_no_secret(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> None:
    with run_router(tmp_path_factory.mktemp("demo"), OVROUTER_DEMO="true") as router:
        ana = Visitor(browser, router.url)
        ana.join("Ana", "demo", secret="")
        ana.is_in_call()
        ana.context.close()
