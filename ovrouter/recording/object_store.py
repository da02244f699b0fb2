"""S3, or what speaks like it: where finished recordings go (warm). Every call blocks."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from mimetypes import guess_type
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from ovrouter.config import Config
from ovrouter.errors import StorageFailed

__all__ = ["ObjectStore", "object_store"]

_CONNECT_S, _READ_S, _ATTEMPTS = 10, 60, 3
_DEFAULT_REGION: Final = "us-east-1"
"""What servers other than Amazon's expect in signatures."""


def object_store(config: Config) -> ObjectStore | None:
    """Return where OPENVIDU_PRO_RECORDING_STORAGE wants finished recordings; None: where they are."""
    return ObjectStore(config) if config.openvidu_pro_recording_storage == "s3" else None


class ObjectStore:
    """A bucket, or a folder in one (``bucket/folder``). Its methods raise StorageFailed."""

    def __init__(self, config: Config) -> None:
        self._bucket, _, folder = config.openvidu_pro_aws_s3_bucket.strip("/").partition("/")
        self._prefix = f"{folder}/" if folder else ""
        self._client = _client(config)
        self._client.meta.events.register(
            "before-call.s3", _header_adder(json.loads(config.openvidu_pro_aws_s3_headers))
        )

    def upload(self, recording_id: str, file: Path, on_progress: Callable[[], None]) -> str:
        """Store *file* of a recording and return its URL; *on_progress* may raise to give up."""
        # Imported where it is used: most routers need it never, and it takes a third of a second.
        from boto3.s3.transfer import TransferConfig  # noqa: PLC0415

        key = f"{self._prefix}{recording_id}/{file.name}"
        with _explained(f"{file.name} cannot be stored in {self._bucket}"), file.open("rb") as source:
            self._client.upload_fileobj(
                source,
                self._bucket,
                key,
                ExtraArgs={"ContentType": guess_type(file.name)[0] or "application/octet-stream"},
                Callback=lambda _: on_progress(),
                Config=TransferConfig(use_threads=False),  # so that on_progress is called in this thread
            )
        return self._url(key)

    def delete(self, recording_id: str) -> None:
        """Remove all files of a recording; there may be none."""
        with _explained(f"recording {recording_id} cannot be removed from {self._bucket}"):
            pages = self._client.get_paginator("list_objects_v2").paginate(
                Bucket=self._bucket, Prefix=f"{self._prefix}{recording_id}/"
            )
            for found in [entry for page in pages for entry in page.get("Contents", ())]:
                self._client.delete_object(Bucket=self._bucket, Key=found["Key"])

    def _url(self, key: str) -> str:
        endpoint = urlsplit(self._client.meta.endpoint_url)
        if self._client.meta.config.s3["addressing_style"] == "path":
            return f"{endpoint.scheme}://{endpoint.netloc}/{self._bucket}/{quote(key)}"
        return f"{endpoint.scheme}://{self._bucket}.{endpoint.netloc}/{quote(key)}"


def _client(config: Config) -> Any:
    # Imported here for the same reason.
    import boto3  # noqa: PLC0415
    from botocore.config import Config as ClientConfig  # noqa: PLC0415

    addressing_style = "path" if config.openvidu_pro_aws_s3_with_path_style_access else "virtual"
    return boto3.session.Session().client(
        "s3",
        # Without a key, the machine's own credentials are taken, as Amazon gives them to instances.
        aws_access_key_id=config.openvidu_pro_aws_access_key or None,
        aws_secret_access_key=config.openvidu_pro_aws_secret_key or None,
        region_name=config.openvidu_pro_aws_region or _DEFAULT_REGION,
        endpoint_url=config.openvidu_pro_aws_s3_service_endpoint or None,
        config=ClientConfig(
            s3={"addressing_style": addressing_style},
            connect_timeout=_CONNECT_S,
            read_timeout=_READ_S,
            retries={"mode": "standard", "total_max_attempts": _ATTEMPTS},
        ),
    )


def _header_adder(headers: dict[str, str]) -> Callable[..., None]:
    """Add *headers* to the requests that make objects, such as ``x-amz-acl``."""

    def add(model: Any, params: dict[str, Any], **_: Any) -> None:
        if model.name in {"PutObject", "CreateMultipartUpload"}:
            params["headers"].update(headers)

    return add


@contextmanager
def _explained(what: str) -> Iterator[None]:
    from boto3.exceptions import Boto3Error  # noqa: PLC0415
    from botocore.exceptions import BotoCoreError, ClientError  # noqa: PLC0415

    try:
        yield
    except (Boto3Error, BotoCoreError, ClientError, OSError) as error:
        raise StorageFailed(f"{what}: {error}") from error
