"""The table of settings: complete, consistent, and silent about secrets."""

from dataclasses import fields
from pathlib import Path

import pytest

from ovrouter import config_certificate
from ovrouter.config import Config, Use, settings
from ovrouter.config_certificate import operator_certificate
from ovrouter.config_checks import config_problems
from ovrouter.config_sample import sample
from ovrouter.config_sources import load_config
from ovrouter.env_file import parse_env_file
from ovrouter.setting_types import to_text


def test_defaults_that_differ_from_openvidu():
    config = Config()
    assert (config.https_port, config.domain_or_public_ip, config.openvidu_secret) == (4443, "localhost", "")
    assert config.openvidu_enterprise_media_server == "mediasoup"
    assert config.ovrouter_media_port == 40000


@pytest.mark.parametrize("setting", settings(), ids=lambda setting: setting.name)
def test_default_survives_its_own_type(setting):
    text = to_text(setting.default)
    if text:
        assert setting.type.parse(text) == setting.default


def test_active_settings_say_what_they_mean():
    assert [setting.name for setting in settings() if setting.is_active and not setting.meaning] == []


def test_names_are_the_field_names():
    assert [setting.name.lower() for setting in settings()] == [field.name for field in fields(Config)]


def test_sample_uncommented_parses_to_the_defaults(tmp_path):
    lines = [line[1:] for line in sample().splitlines() if line.startswith("#") and line[1:2].isupper()]
    assert len(lines) == len(settings())
    env_file = tmp_path / ".env"
    # A secret has no default that could be written; whoever uncomments it gives one.
    env_file.write_text("\n".join(line for line in lines if line != "OPENVIDU_SECRET="))
    assert load_config(env_file=env_file, environ={}) == Config()


def test_sample_as_it_is_changes_nothing(tmp_path):
    env_file = tmp_path / ".env"
    env_file.write_text(sample())
    assert parse_env_file(sample()) == ({}, [])
    assert load_config(env_file=env_file, environ={}) == Config()


@pytest.mark.parametrize(
    ("config", "public_url", "websocket_url"),
    [
        (Config(), "https://localhost:4443", "wss://localhost:4443"),
        (Config(https_port=443, domain_or_public_ip="m.org"), "https://m.org", "wss://m.org"),
        (Config(domain_or_public_ip="::1"), "https://[::1]:4443", "wss://[::1]:4443"),
        (Config(force_plain_http=True), "http://localhost:4443", "ws://localhost:4443"),
    ],
)
def test_urls(config, public_url, websocket_url):
    assert (config.public_url, config.websocket_url) == (public_url, websocket_url)


def test_turn_falls_back_to_the_domain_and_the_secret():
    config = Config(openvidu_secret="s3cret", domain_or_public_ip="m.org")
    assert (config.turn_host, config.turn_port, config.turn_secret) == ("m.org", 3478, "s3cret")
    own = Config(openvidu_secret="s3cret", coturn_ip="10.0.0.9", coturn_port=99, coturn_shared_secret_key="other")
    assert (own.turn_host, own.turn_port, own.turn_secret) == ("10.0.0.9", 99, "other")
    assert Config(coturn_ip="auto-ipv4").turn_host == "localhost"


def test_repr_shows_changes_and_masks_secrets():
    shown = repr(Config(openvidu_secret="s3cret", coturn_shared_secret_key="hush", https_port=443))
    assert "s3cret" not in shown
    assert "hush" not in shown
    assert "https_port=443" in shown
    assert "openvidu_secret=***" in shown
    assert "coturn_port" not in shown


@pytest.mark.parametrize("name", [field.name for field in fields(Config)])
def test_what_sounds_secret_is_masked(name):
    sounds_secret = any(word in name for word in ("secret", "password", "access_key", "azure_key", "credential"))
    if sounds_secret:
        assert next(setting for setting in settings() if setting.field_name == name).is_secret


@pytest.mark.parametrize(
    ("listen_ip", "loopback"),
    [
        *(("::", False), ("0.0.0.0", False), ("10.0.0.1", False), ("media.org", False)),
        *(("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True)),
    ],
)
def test_listens_on_loopback_only(listen_ip, loopback):
    assert Config(ovrouter_listen_ip=listen_ip).listens_on_loopback_only is loopback


def test_public_default_secret_is_for_this_machine_only():
    assert config_problems(Config(openvidu_secret="MY_SECRET", ovrouter_listen_ip="127.0.0.1")) == ()
    (problem,) = config_problems(Config(openvidu_secret="MY_SECRET"))
    assert problem.startswith("OPENVIDU_SECRET=MY_SECRET: everybody knows this one.")


def test_own_certificate_needs_both_files(tmp_path):
    (tmp_path / "chain.pem").touch()
    chain = str(tmp_path / "chain.pem")
    (problem,) = config_problems(Config(certificate_type="owncert", ovrouter_certificate=chain))
    assert problem.startswith("OVROUTER_CERTIFICATE_KEY=: Is not a file.")
    both = Config(certificate_type="owncert", ovrouter_certificate=chain, ovrouter_certificate_key=chain)
    assert config_problems(both) == ()


def test_own_certificate_may_be_where_openvidu_has_it(tmp_path, monkeypatch):
    monkeypatch.setattr(config_certificate, "OWNCERT_FOLDER", tmp_path)
    config = Config(certificate_type="owncert")
    (problem,) = config_problems(config)
    assert problem.startswith(f"OVROUTER_CERTIFICATE={tmp_path}/certificate.cert: Is not a file.")
    (tmp_path / "certificate.cert").touch()
    (tmp_path / "certificate.key").touch()
    assert config_problems(config) == ()
    assert operator_certificate(config) == (tmp_path / "certificate.cert", tmp_path / "certificate.key")


def test_letsencrypt_takes_what_certbot_has_fetched_for_the_domain(tmp_path, monkeypatch):
    monkeypatch.setattr(config_certificate, "LIVE_FOLDERS", (tmp_path / "none", tmp_path))
    config = Config(certificate_type="letsencrypt", domain_or_public_ip="m.org")
    assert operator_certificate(config) is None
    assert config_problems(config) == ()
    (tmp_path / "m.org").mkdir()
    (tmp_path / "m.org" / "fullchain.pem").touch()
    assert operator_certificate(config) is None
    (tmp_path / "m.org" / "privkey.pem").touch()
    assert operator_certificate(config) == (tmp_path / "m.org" / "fullchain.pem", tmp_path / "m.org" / "privkey.pem")


def test_a_certificate_that_is_named_must_be_there(tmp_path):
    named = Config(certificate_type="letsencrypt", ovrouter_certificate=str(tmp_path / "chain.pem"))
    (problem,) = config_problems(named)
    assert problem.endswith("With CERTIFICATE_TYPE=letsencrypt it names a PEM file")


@pytest.mark.parametrize(
    ("settings_given", "missing"),
    [
        ({"openvidu_pro_speech_to_text": "azure"}, "OPENVIDU_PRO_SPEECH_TO_TEXT_AZURE_KEY"),
        ({"openvidu_pro_speech_to_text": "aws"}, "OPENVIDU_PRO_AWS_ACCESS_KEY"),
        ({"openvidu_pro_recording_storage": "s3"}, "OPENVIDU_PRO_AWS_S3_BUCKET"),
    ],
)
def test_what_a_choice_needs_cannot_be_empty(settings_given, missing):
    (problem,) = config_problems(Config(**settings_given))
    assert problem.startswith(f"{missing}=: With ")
    assert problem.endswith(", this property cannot be empty")


def test_relay_ports_are_a_range():
    (problem,) = config_problems(Config(coturn_min_port=2, coturn_max_port=1))
    assert problem == "COTURN_MAX_PORT=1: Is below COTURN_MIN_PORT=2"


def test_settings_that_do_nothing_say_why():
    assert [setting.name for setting in settings() if setting.use is Use.NEVER and not setting.meaning] == []


def test_webhook_needs_an_endpoint():
    (problem,) = config_problems(Config(openvidu_webhook=True))
    assert problem == "OPENVIDU_WEBHOOK_ENDPOINT=: With OPENVIDU_WEBHOOK=true, this property cannot be empty"


@pytest.mark.parametrize("url", ["ftp://example.com/hook", "mailto:me@example.com"])
def test_webhooks_go_over_http(url):
    assert config_problems(Config(openvidu_webhook_endpoint=url)) == ()
    (problem,) = config_problems(Config(openvidu_webhook=True, openvidu_webhook_endpoint=url))
    assert problem.startswith("OPENVIDU_WEBHOOK_ENDPOINT=***: Is not a valid URL")


def test_the_authorities_of_the_webhook_endpoint_are_in_a_file(tmp_path):
    webhook = {"openvidu_webhook": True, "openvidu_webhook_endpoint": "HTTPS://example.com"}
    (tmp_path / "ca.pem").touch()
    assert config_problems(Config(**webhook, ovrouter_webhook_ca=f"{tmp_path}/ca.pem")) == ()
    (problem,) = config_problems(Config(**webhook, ovrouter_webhook_ca=f"{tmp_path}/none.pem"))
    assert problem == f"OVROUTER_WEBHOOK_CA={tmp_path}/none.pem: Is not a file. It names a PEM file"


def test_cdr_needs_a_writable_folder(tmp_path):
    (tmp_path / "file").touch()
    unwritable = f"{tmp_path}/file/cdr/"
    assert config_problems(Config(openvidu_cdr_path=unwritable)) == ()
    (problem,) = config_problems(Config(openvidu_cdr=True, openvidu_cdr_path=unwritable))
    assert problem.startswith(f"OPENVIDU_CDR_PATH={unwritable}: Is not a valid writable")


def test_data_dir_must_be_writable(tmp_path):
    (tmp_path / "file").touch()
    (problem,) = config_problems(Config(ovrouter_data_dir=tmp_path / "file" / "data"))
    assert problem.startswith(f"OVROUTER_DATA_DIR={tmp_path}/file/data: Is not a valid writable")


def test_default_data_dir_follows_the_user(monkeypatch, tmp_path):
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert Config().ovrouter_data_dir == tmp_path / "ovrouter"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", "/home/me")
    assert Config().ovrouter_data_dir == Path("/home/me/.local/share/ovrouter")
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert Config().ovrouter_data_dir == Path("/var/lib/ovrouter")
