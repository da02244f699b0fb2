"""Settings of a router that meets nobody else on this machine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from ovrouter import Config


@pytest.fixture
def new_config(tmp_path: Path) -> Callable[[str], Config]:
    """Makes the settings of a router of that name, in which every part has something to do."""

    def make(name: str) -> Config:
        return Config(
            https_port=0,
            openvidu_cdr=True,
            openvidu_cdr_path=str(tmp_path / name / "cdr"),
            openvidu_pro_network_quality=True,
            openvidu_pro_network_quality_interval=1,
            openvidu_recording=True,
            openvidu_recording_path=str(tmp_path / name / "recordings"),
            openvidu_webhook=True,
            openvidu_webhook_endpoint="http://127.0.0.1:9/",  # nobody listens there
            openvidu_secret="system-test-secret",
            openvidu_sessions_garbage_interval=1,
            ovrouter_data_dir=tmp_path / name,
            ovrouter_listen_ip="127.0.0.1",
            ovrouter_media_ip=("127.0.0.1",),
            ovrouter_media_port=0,
        )

    return make


@pytest.fixture
def config(new_config: Callable[[str], Config]) -> Config:
    return new_config("router")
