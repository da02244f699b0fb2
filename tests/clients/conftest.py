"""One router and one node process per module, new participants per test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.router_process import SECRET, RouterProcess, run_router
from tests.clients.node_application import NodeApplication, run_node_application
from tests.clients.participants import Participants, open_participants


@pytest.fixture(scope="module")
def router_settings() -> dict[str, str]:
    """Settings of the module's router; modules override it."""
    return {}


@pytest.fixture(scope="module")
def router_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("router")


@pytest.fixture(scope="module")
def router(router_settings: dict[str, str], router_folder: Path) -> Iterator[RouterProcess]:
    with run_router(router_folder, **router_settings) as process:
        yield process


@pytest.fixture(scope="module")
def certificate(router: RouterProcess, router_folder: Path) -> Path:
    """What a client has to trust."""
    return router_folder / "data" / "self-signed.pem"


@pytest.fixture(scope="module")
def node(router: RouterProcess, certificate: Path) -> Iterator[NodeApplication]:
    with run_node_application(router.url, SECRET, certificate) as application:
        yield application


@pytest.fixture
def participants() -> Iterator[Participants]:
    with open_participants() as participants:
        yield participants
