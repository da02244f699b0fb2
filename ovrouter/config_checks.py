"""What settings that are each fine alone must have in common (contract: standard library only)."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from ovrouter.config import PUBLIC_DEFAULT_SECRET, Config
from ovrouter.config_certificate import operator_certificate
from ovrouter.setting_types import writable_problem

__all__ = ["config_problems"]


def config_problems(config: Config) -> tuple[str, ...]:
    """Say what is wrong with the combination, one line for each problem."""
    found = (check(config) for check in _CHECKS)
    return tuple(problem for problem in found if problem)


def _public_secret(config: Config) -> str | None:
    if config.openvidu_secret != PUBLIC_DEFAULT_SECRET or config.listens_on_loopback_only:
        return None
    return (
        f"OPENVIDU_SECRET={PUBLIC_DEFAULT_SECRET}: everybody knows this one. Choose another, leave it out to get "
        "a random one, or serve this machine only with OVROUTER_LISTEN_IP=127.0.0.1"
    )


def _certificate(config: Config) -> str | None:
    names = ("OVROUTER_CERTIFICATE", "OVROUTER_CERTIFICATE_KEY")
    for name, file in zip(names, operator_certificate(config) or (), strict=False):
        if not os.path.isfile(file):
            given = getattr(config, name.lower()) or ("" if config.ovrouter_certificate else file)
            return f"{name}={given}: Is not a file. With CERTIFICATE_TYPE={config.certificate_type} it names a PEM file"
    return None


def _webhook_endpoint(config: Config) -> str | None:
    if config.openvidu_webhook and not config.openvidu_webhook_endpoint:
        return "OPENVIDU_WEBHOOK_ENDPOINT=: With OPENVIDU_WEBHOOK=true, this property cannot be empty"
    if config.openvidu_webhook and not config.openvidu_webhook_endpoint.lower().startswith(("http://", "https://")):
        return "OPENVIDU_WEBHOOK_ENDPOINT=***: Is not a valid URL. It must begin with https:// or http://"
    return None


def _webhook_ca(config: Config) -> str | None:
    file = config.ovrouter_webhook_ca
    if config.openvidu_webhook and file and not Path(file).is_file():
        return f"OVROUTER_WEBHOOK_CA={file}: Is not a file. It names a PEM file"
    return None


def _cdr_path(config: Config) -> str | None:
    problem = writable_problem(config.openvidu_cdr_path) if config.openvidu_cdr else None
    return f"OPENVIDU_CDR_PATH={config.openvidu_cdr_path}: {problem}" if problem else None


def _recording_path(config: Config) -> str | None:
    problem = writable_problem(config.openvidu_recording_path) if config.openvidu_recording else None
    return f"OPENVIDU_RECORDING_PATH={config.openvidu_recording_path}: {problem}" if problem else None


def _data_dir(config: Config) -> str | None:
    problem = writable_problem(str(config.ovrouter_data_dir))
    return f"OVROUTER_DATA_DIR={config.ovrouter_data_dir}: {problem}" if problem else None


def _speech_to_text(config: Config) -> str | None:
    credentials = {
        "azure": ("OPENVIDU_PRO_SPEECH_TO_TEXT_AZURE_KEY", "OPENVIDU_PRO_SPEECH_TO_TEXT_AZURE_REGION"),
        "aws": ("OPENVIDU_PRO_AWS_ACCESS_KEY", "OPENVIDU_PRO_AWS_SECRET_KEY", "OPENVIDU_PRO_AWS_REGION"),
    }
    engine = config.openvidu_pro_speech_to_text
    for name in credentials.get(engine, ()):
        if not getattr(config, name.lower()):
            return f"{name}=: With OPENVIDU_PRO_SPEECH_TO_TEXT={engine}, this property cannot be empty"
    return None


def _s3_bucket(config: Config) -> str | None:
    if config.openvidu_pro_recording_storage == "s3" and not config.openvidu_pro_aws_s3_bucket:
        return "OPENVIDU_PRO_AWS_S3_BUCKET=: With OPENVIDU_PRO_RECORDING_STORAGE=s3, this property cannot be empty"
    return None


def _coturn_ports(config: Config) -> str | None:
    if config.coturn_min_port > config.coturn_max_port:
        return f"COTURN_MAX_PORT={config.coturn_max_port}: Is below COTURN_MIN_PORT={config.coturn_min_port}"
    return None


_CHECKS: tuple[Callable[[Config], str | None], ...] = (
    _public_secret,
    _certificate,
    _webhook_endpoint,
    _webhook_ca,
    _cdr_path,
    _speech_to_text,
    _s3_bucket,
    _coturn_ports,
    _recording_path,
    _data_dir,
)
