"""One Chromium for the folder, one router per module, one meeting per test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.browser.chromium import launch_chromium, serve_pages
from tests.browser.meeting import Meeting
from tests.browser.relay import Relay
from tests.browser.router_process import RouterProcess, run_router


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with launch_chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def pages_url() -> Iterator[str]:
    with serve_pages() as url:
        yield url


@pytest.fixture(scope="module")
def router_settings() -> dict[str, str]:
    """Settings of the module's router; modules override it."""
    return {}


@pytest.fixture(scope="module")
def router(router_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RouterProcess]:
    with run_router(tmp_path_factory.mktemp("router"), **router_settings) as process:
        yield process


@pytest.fixture
def relay(router: RouterProcess) -> Iterator[Relay]:
    relay = Relay(router.port)
    yield relay
    relay.close()


@pytest.fixture
def meeting(router: RouterProcess, browser: Browser, pages_url: str) -> Iterator[Meeting]:
    with Meeting(router, browser, pages_url) as meeting:
        yield meeting
