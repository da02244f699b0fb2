"""The .env files of OpenVidu deployments are accepted as they are."""

from pathlib import Path

import pytest

from ovrouter import config_certificate
from ovrouter.config import Use, settings
from ovrouter.config_sources import read_env_file
from ovrouter.env_file import parse_env_file

FOLDER = Path(__file__).parents[1] / "fixtures" / "env"
FILES = sorted(FOLDER.glob("*.env"))


@pytest.fixture
def read(tmp_path, monkeypatch):
    """Read a file as on the machine it comes from, whose ``/opt/openvidu`` is *tmp_path*."""
    monkeypatch.setattr(config_certificate, "OWNCERT_FOLDER", tmp_path / "owncert")
    (tmp_path / "owncert").mkdir()
    (tmp_path / "owncert" / "certificate.cert").touch()
    (tmp_path / "owncert" / "certificate.key").touch()

    def read(name):
        env_file = tmp_path / ".env"
        text = (FOLDER / name).read_text().replace("/opt/openvidu", str(tmp_path))
        env_file.write_text(f"{text}OVROUTER_DATA_DIR={tmp_path}/data\n")
        return read_env_file(env_file)

    return read


@pytest.mark.parametrize("name", [file.name for file in FILES])
def test_accepted_as_it_is(read, name):
    assert read(name).problems == ()


@pytest.mark.parametrize("name", [file.name for file in FILES])
def test_each_setting_that_does_nothing_is_told_once(read, name):
    reading = read(name)
    idle = {setting.name for setting in settings() if setting.use is Use.NEVER and setting.name in reading.origins}
    told = [note.partition(":")[0] for note in reading.notes]
    assert idle <= {*told}
    assert len({*told}) == len(told)


def test_every_setting_of_openvidu_stands_in_one_of_them():
    names = {name for file in FILES for name in parse_env_file(file.read_text())[0]}
    ours = {setting.name for setting in settings() if setting.name.startswith(("OVROUTER_", "SERVER_"))}
    assert {setting.name for setting in settings()} - ours - names == set()


def test_values_of_a_community_deployment(read):
    config = read("ce.env").config
    assert config.public_url == "https://openvidu.example.com"
    assert (config.turn_host, config.turn_secret) == ("openvidu.example.com", "c0turn/key+of=the.deployment")
    assert config.support_deprecated_api
    assert config.openvidu_webhook_headers[1] == "X-Tenant: a=b, c"
    assert config.openvidu_webhook_events[0] == "sessionCreated"
    assert config.kms_uris == ("ws://localhost:8888/kurento",)
    assert config.openvidu_webrtc_ice_servers[1].endswith("staticAuthSecret=s3cret==")


def test_values_of_a_pro_deployment(read):
    reading = read("pro.env")
    assert reading.config.openvidu_pro_cluster_id == "my-cluster"
    assert reading.config.openvidu_pro_stats_webrtc_interval == 20
    assert reading.config.https_port == 4443
    assert "OPENVIDU_PRO_CLUSTER_MODE: accepted; no setting of an OpenVidu 2.32 server" in reading.notes
