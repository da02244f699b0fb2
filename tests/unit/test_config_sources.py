"""Priority of the sources, and one clear line for every mistake in them."""

import pytest

from ovrouter import ConfigError, load_config
from ovrouter.config import settings
from ovrouter.config_sources import MANDATORY, ConfigSources


def problems_of(overrides=None, *, env_file=None, environ=None):
    with pytest.raises(ConfigError) as caught:
        load_config(overrides, env_file=env_file, environ=environ or {})
    return caught.value.problems


@pytest.fixture
def write_env(tmp_path):
    def write(text):
        path = tmp_path / "settings.env"
        path.write_text(text)
        return path

    return write


def test_priority(write_env):
    env_file = write_env("COTURN_PORT=2\nHTTP_PORT=2\n")
    environ = {"COTURN_PORT": "3", "HTTP_PORT": "3", "HTTPS_PORT": "3"}
    config = load_config({"COTURN_PORT": "1"}, env_file=env_file, environ=environ)
    assert (config.coturn_port, config.http_port, config.https_port, config.kms_min_port) == (1, 2, 3, 40000)


def test_dotenv_of_the_working_directory_is_read(tmp_path, monkeypatch):
    (tmp_path / ".env").write_text("HTTPS_PORT=5443\n")
    monkeypatch.chdir(tmp_path)
    assert load_config(environ={}).https_port == 5443


@pytest.mark.parametrize("dotenv_path", ["{folder}", "{folder}/.env"])
def test_dotenv_path(tmp_path, dotenv_path):
    (tmp_path / ".env").write_text("HTTPS_PORT=5443\n")
    assert load_config(environ={"DOTENV_PATH": dotenv_path.format(folder=tmp_path)}).https_port == 5443


def test_a_named_file_must_exist(tmp_path):
    missing = tmp_path / "none.env"
    assert problems_of(env_file=missing) == (f"{missing}: No such file or directory",)
    assert load_config(environ={"DOTENV_PATH": str(tmp_path)}).https_port == 4443


def test_a_file_that_is_not_text_is_one_problem(tmp_path):
    (tmp_path / ".env").write_bytes(b"\xff\xfe\x00")
    (problem,) = problems_of(env_file=tmp_path / ".env")
    assert problem.startswith(f"{tmp_path}/.env: cannot be read")


def test_all_problems_are_collected(write_env):
    env_file = write_env("HTTPS_PORT=70000\nnonsense\nOPENVIDU_RECORDING=yes\n")
    assert problems_of({"OPENVIDU_WEBHOOK": "true"}, env_file=env_file, environ={"COTURN_PROT": "1"}) == (
        "line 2 of the .env file: no '=' in it. Write NAME=value",
        "COTURN_PROT: unknown setting; did you mean COTURN_PORT?",
        "HTTPS_PORT=70000: out of valid ports range",
        "OPENVIDU_RECORDING=yes: Is not a boolean (true or false)",
        "OPENVIDU_WEBHOOK_ENDPOINT=: With OPENVIDU_WEBHOOK=true, this property cannot be empty",
    )


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("OPENVIDU_SECERT", "; did you mean OPENVIDU_SECRET?"),
        ("HTTPS_PROT", "; did you mean HTTPS_PORT?"),
        ("DOMAIN_OR_PUBLICIP", "; did you mean DOMAIN_OR_PUBLIC_IP?"),
        ("CERTIFICAT_TYPE", "; did you mean CERTIFICATE_TYPE?"),
        ("openvidu_secret", None),
        ("OPENVIDU_WHATEVER_ELSE", ""),
    ],
)
def test_unknown_names_in_the_file(write_env, name, suggestion):
    env_file = write_env(f"{name}=x\n")
    if suggestion is None:
        assert load_config(env_file=env_file, environ={}).openvidu_secret == ""
    else:
        assert problems_of(env_file=env_file) == (f"{name}: unknown setting{suggestion}",)


@pytest.mark.parametrize("name", ["KMS_DOCKER_ENV_GST_DEBUG", "AWS_VOLUME_SIZE", "HTTPS_PROXY", "COMPOSE_PROJECT_NAME"])
def test_names_of_others_are_left_alone(write_env, name):
    assert load_config(env_file=write_env(f"{name}=x\n"), environ={name: "x"}).https_port == 4443


def test_near_misses_in_the_environment_are_not_ours_to_judge():
    assert load_config(environ={"HTTPS_PROT": "1", "OVROUTER_SANITIZE": "1"}).https_port == 4443


def test_every_unknown_override_is_a_mistake():
    assert problems_of({"COLOUR": "red"}) == ("COLOUR: unknown setting",)


def test_a_secret_is_not_repeated_in_its_complaint():
    (problem,) = problems_of({"OPENVIDU_SECRET": "not allowed!"})
    assert problem == "OPENVIDU_SECRET=***: Only letters, digits, _ and - may be used"


def test_an_empty_secret_is_refused_where_others_can_connect():
    (problem,) = problems_of({"OPENVIDU_SECRET": ""})
    assert problem == "OPENVIDU_SECRET=: Cannot be empty. Leave the setting out to get a random one"
    assert load_config({"OPENVIDU_SECRET": "", "OVROUTER_LISTEN_IP": "127.0.0.1"}, environ={}).openvidu_secret == ""


@pytest.mark.parametrize("setting", settings(), ids=lambda setting: setting.name)
def test_an_empty_setting_is_not_set(setting, tmp_path):
    if setting.name in MANDATORY:
        assert problems_of({setting.name: ""})[0].startswith(f"{setting.name}=: Cannot be empty.")
    else:
        sources = ConfigSources({setting.name: ""}, environ={})
        assert getattr(sources.read().config, setting.field_name) == setting.default
        assert setting.name not in sources.read().origins
