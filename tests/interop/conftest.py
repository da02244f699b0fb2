"""One router for the folder's tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.browser.router_process import RouterProcess, run_router


@pytest.fixture(scope="module")
def router_settings() -> dict[str, str]:
    return {}


@pytest.fixture(scope="module")
def router(router_settings: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[RouterProcess]:
    with run_router(tmp_path_factory.mktemp("router"), **router_settings) as process:
        yield process


@pytest.fixture
def token(router: RouterProcess) -> Callable[[], str]:
    """Makes tokens of one new Session."""
    session = router.create_session()
    return lambda: router.create_token(session)
