"""What POST /restart may change, what it refuses, and what is left on disk."""

import os
import re
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from ovrouter import Config, ConfigError, load_config
from ovrouter.config import settings
from ovrouter.config_sources import ConfigSources
from ovrouter.restart_settings import FIXED, HEADER, changed_config, changed_texts, keep_changes

CURRENT = Config(openvidu_secret="s3cret", domain_or_public_ip="example.com")

# From the REST document, word for word
NOT_MODIFIABLE = re.findall(
    r"\w+",
    """DOMAIN_OR_PUBLIC_IP CERTIFICATE_TYPE HTTP_PORT HTTPS_PORT OPENVIDU_SECRET OPENVIDU_PRO_LICENSE
OPENVIDU_PRO_STATS_MONITORING_INTERVAL OPENVIDU_PRO_CLUSTER_TEST ELASTICSEARCH_USERNAME ELASTICSEARCH_PASSWORD KMS_IMAGE
MEDIASOUP_IMAGE OPENVIDU_EDITION OPENVIDU_ENTERPRISE_MEDIA_SERVER OPENVIDU_PRO_ELASTICSEARCH_HOST
OPENVIDU_PRO_KIBANA_HOST COTURN_IP COTURN_PORT COTURN_INTERNAL_RELAY""",
)

OTHER_VALUES = {
    "CERTIFICATE_TYPE": "owncert",
    "COTURN_INTERNAL_RELAY": True,
    "OPENVIDU_EDITION": "enterprise",
    "OPENVIDU_ENTERPRISE_MEDIA_SERVER": "kurento",
    "OPENVIDU_PRO_CLUSTER_TEST": True,
}


def problems_of(function, *arguments):
    with pytest.raises(ConfigError) as caught:
        function(*arguments)
    return caught.value.problems


@pytest.mark.parametrize("name", NOT_MODIFIABLE)
def test_what_the_document_lists_is_not_modifiable(name):
    value = OTHER_VALUES.get(name, "17")
    (problem,) = problems_of(changed_texts, {name: value}, CURRENT)
    assert problem.startswith(f"{name}: a restart cannot change it.")


def test_every_fixed_name_is_a_setting():
    assert FIXED - {setting.name for setting in settings()} == set()


def test_a_fixed_setting_may_be_given_as_it_is():
    body = {"OPENVIDU_SECRET": "s3cret", "HTTPS_PORT": 4443, "COTURN_PORT": "3478", "OPENVIDU_CDR": True}
    assert changed_texts(body, CURRENT) == {"OPENVIDU_CDR": "true"}


def test_the_body_of_the_document_is_understood():
    body = {
        "OPENVIDU_RECORDING_NOTIFICATION": "publisher_moderator",
        "OPENVIDU_RECORDING_AUTOSTOP_TIMEOUT": 120,
        "OPENVIDU_WEBHOOK": True,
        "OPENVIDU_WEBHOOK_HEADERS": ["Authorization: Basic T1BFTlZJRFVBUFA6TVlfU0VDUkVU"],
        "OPENVIDU_PRO_AWS_S3_HEADERS": {"x-amz-acl": "private"},
        "OPENVIDU_STREAMS_VIDEO_MAX_RECV_BANDWIDTH": "2000",
        "OPENVIDU_PRO_NETWORK_QUALITY": None,
    }
    assert changed_texts(body, CURRENT) == {
        "OPENVIDU_RECORDING_NOTIFICATION": "publisher_moderator",
        "OPENVIDU_RECORDING_AUTOSTOP_TIMEOUT": "120",
        "OPENVIDU_WEBHOOK": "true",
        "OPENVIDU_WEBHOOK_HEADERS": '["Authorization: Basic T1BFTlZJRFVBUFA6TVlfU0VDUkVU"]',
        "OPENVIDU_PRO_AWS_S3_HEADERS": '{"x-amz-acl": "private"}',
        "OPENVIDU_STREAMS_VIDEO_MAX_RECV_BANDWIDTH": "2000",
    }


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("OPENVIDU_CRD", True, "unknown setting; did you mean OPENVIDU_CDR?"),
        ("colour", "red", "unknown setting"),
        ("OPENVIDU_CDR", 1, "Is not a boolean (true or false)"),
        ("OPENVIDU_SESSIONS_GARBAGE_INTERVAL", True, "Is not a non negative integer"),
        ("OPENVIDU_SESSIONS_GARBAGE_INTERVAL", 1.0, "Is not of its type: int≥0"),
        ("OPENVIDU_SESSIONS_GARBAGE_INTERVAL", -1, "Is not a non negative integer"),
        ("OPENVIDU_WEBHOOK_EVENTS", [1], "Is not a valid strings array in JSON format."),
        ("OPENVIDU_RECORDING_VERSION", 2, "Is not of its type: string"),
        ("OPENVIDU_RECORDING_VERSION", ["2"], "Is not of its type: string"),
        ("OPENVIDU_RECORDING_VERSION", {"a": "b"}, "Is not of its type: string"),
        ("OPENVIDU_PRO_AWS_S3_HEADERS", [], "Is not a valid JSON object of strings."),
        ("OPENVIDU_RECORDING_VERSION", "2\nOPENVIDU_SECRET=mine", "holds a line break or another control character"),
        ("OPENVIDU_RECORDING_VERSION", "2\u2028HTTPS_PORT=1", "holds a line break or another control character"),
        ("OPENVIDU_RECORDING_VERSION", "\ud800", "holds a line break or another control character"),
    ],
)
def test_wrong_members_are_named(name, value, complaint):
    (problem,) = problems_of(changed_texts, {name: value}, CURRENT)
    assert problem.startswith(f"{name}: {complaint}")


def test_an_empty_text_brings_the_default_back():
    changed = changed_config(replace(CURRENT, openvidu_cdr=True), {"OPENVIDU_CDR": ""})
    assert changed.openvidu_cdr is False


def test_a_change_in_memory_is_checked_like_a_start():
    changed = changed_config(CURRENT, {"OPENVIDU_SESSIONS_GARBAGE_INTERVAL": "5"})
    assert (changed.openvidu_sessions_garbage_interval, changed.openvidu_secret) == (5, "s3cret")
    assert problems_of(changed_config, CURRENT, {"OPENVIDU_WEBHOOK": "true", "OPENVIDU_CDR": "maybe"}) == (
        "OPENVIDU_CDR=maybe: Is not a boolean (true or false)",
        "OPENVIDU_WEBHOOK_ENDPOINT=: With OPENVIDU_WEBHOOK=true, this property cannot be empty",
    )


@pytest.fixture
def env_file(tmp_path):
    path = tmp_path / ".env"
    path.write_text(f"# ours\nOVROUTER_DATA_DIR={tmp_path}/data\nOPENVIDU_SESSIONS_GARBAGE_INTERVAL=60\n")
    path.chmod(0o640)
    return path


@pytest.fixture
def sources(env_file):
    return ConfigSources({"COTURN_PORT": "9"}, env_file, {"OPENVIDU_SESSIONS_GARBAGE_INTERVAL": "30"})


def test_changes_are_kept_in_the_file_that_is_read(sources, env_file):
    before = env_file.read_text()
    reading = keep_changes(sources, {"OPENVIDU_SESSIONS_GARBAGE_INTERVAL": "5", "OPENVIDU_PRO_NETWORK_QUALITY": "true"})
    assert reading.config.openvidu_sessions_garbage_interval == 5
    assert reading.origins["OPENVIDU_PRO_NETWORK_QUALITY"] == str(env_file)
    assert env_file.read_text() == before.replace("=60", "=5") + "OPENVIDU_PRO_NETWORK_QUALITY=true\n"
    assert stat.S_IMODE(env_file.stat().st_mode) == 0o640
    assert load_config(env_file=env_file, environ={}).openvidu_sessions_garbage_interval == 5


def test_a_link_to_the_file_stays_a_link(sources, env_file, tmp_path):
    link = tmp_path / "link.env"
    link.symlink_to(env_file)
    keep_changes(ConfigSources({}, link, {}), {"OPENVIDU_SESSIONS_GARBAGE_INTERVAL": "5"})
    assert link.is_symlink()
    assert "INTERVAL=5" in env_file.read_text()


def test_without_a_file_changes_are_kept_in_the_data_folder_and_read_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    environ = {"OVROUTER_DATA_DIR": str(tmp_path / "data"), "OPENVIDU_SESSIONS_GARBAGE_INTERVAL": "30"}
    keep_changes(ConfigSources({}, None, environ), {"OPENVIDU_SESSIONS_GARBAGE_INTERVAL": "5"})
    kept = tmp_path / "data" / "restart.env"
    assert kept.read_text() == f"{HEADER}OPENVIDU_SESSIONS_GARBAGE_INTERVAL=5\n"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert load_config(environ=environ).openvidu_sessions_garbage_interval == 5
    keep_changes(ConfigSources({}, None, environ), {"OPENVIDU_SESSIONS_GARBAGE_INTERVAL": "6"})
    assert load_config(environ=environ).openvidu_sessions_garbage_interval == 6
    (tmp_path / ".env").write_text("OPENVIDU_SESSIONS_GARBAGE_INTERVAL=7\n")
    assert load_config(environ=environ).openvidu_sessions_garbage_interval == 7


def test_what_would_not_start_changes_nothing(sources, env_file):
    before = env_file.read_text()
    assert problems_of(keep_changes, sources, {"OPENVIDU_WEBHOOK": "true", "OPENVIDU_CDR": "maybe"}) == (
        "OPENVIDU_CDR=maybe: Is not a boolean (true or false)",
        "OPENVIDU_WEBHOOK_ENDPOINT=: With OPENVIDU_WEBHOOK=true, this property cannot be empty",
    )
    assert env_file.read_text() == before


def test_the_command_line_is_not_overruled(sources, env_file):
    assert keep_changes(sources, {"COTURN_PORT": "9"}).config.coturn_port == 9
    (problem,) = problems_of(keep_changes, sources, {"COTURN_PORT": "10"})
    assert problem == "COTURN_PORT: was given with --set; change it there"


def test_a_failed_write_leaves_the_old_file_and_no_other(sources, env_file, monkeypatch):
    before = env_file.read_text()

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.replace", fail)
    with pytest.raises(OSError, match="disk full"):
        keep_changes(sources, {"OPENVIDU_SESSIONS_GARBAGE_INTERVAL": "5"})
    assert env_file.read_text() == before
    assert [path.name for path in env_file.parent.iterdir()] == [".env"]


def test_content_and_name_are_on_the_disk_before_it_is_told(sources, env_file, monkeypatch):
    synced = []
    fsync = os.fsync
    monkeypatch.setattr("os.fsync", lambda fd: (synced.append(os.readlink(f"/proc/self/fd/{fd}")), fsync(fd)))
    keep_changes(sources, {"OPENVIDU_SESSIONS_GARBAGE_INTERVAL": "5"})
    content, folder = synced
    assert Path(content).parent == env_file.parent
    assert folder == str(env_file.parent)
