"""Recordings that go to S3, on a server that speaks it."""

import socket
from contextlib import contextmanager

import boto3
import httpx
import pytest
import trio
import trio.testing
from moto.server import ThreadedMotoServer

from ovrouter.config import Config
from ovrouter.errors import RecordingNotFound, StorageFailed
from ovrouter.events import EndReason
from ovrouter.recording import Status, finish
from ovrouter.recording.object_store import ObjectStore
from tests.unit.recording.test_containment import one_failure
from tests.unit.recording.world import INDIVIDUAL, running_world, until

KEY = {"aws_access_key_id": "AKIAEXAMPLE", "aws_secret_access_key": "example", "region_name": "eu-west-1"}


def free_port():
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        return holder.getsockname()[1]


@contextmanager
def storage(port):
    """A server with a bucket, and a client of it."""
    server = ThreadedMotoServer("127.0.0.1", port, verbose=False)
    server.start()
    client = boto3.session.Session().client("s3", endpoint_url=f"http://127.0.0.1:{port}", **KEY)
    client.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": KEY["region_name"]})
    try:
        yield client
    finally:
        client.close()
        # One memory serves all servers of a process, and the router may be there before the next one's client.
        httpx.post(f"http://127.0.0.1:{port}/moto-api/reset")
        server.stop()


def settings(port, **others):
    return {
        "openvidu_pro_recording_storage": "s3",
        "openvidu_pro_aws_s3_bucket": "bucket",
        "openvidu_pro_aws_s3_service_endpoint": f"http://127.0.0.1:{port}",
        "openvidu_pro_aws_s3_with_path_style_access": True,
        "openvidu_pro_aws_access_key": KEY["aws_access_key_id"],
        "openvidu_pro_aws_secret_key": KEY["aws_secret_access_key"],
        "openvidu_pro_aws_region": KEY["region_name"],
    } | others


def keys(client):
    return [entry["Key"] for entry in client.list_objects_v2(Bucket="bucket").get("Contents", ())]


async def record(world):
    """Two seconds of a publisher; what the stop answers."""
    session = world.session()
    alice = await world.publisher(session)
    recording = await world.recordings.start(session, INDIVIDUAL)
    file = world.folder / recording.id / f"{alice.stream.id}.webm"
    await until(lambda: file.stat().st_size >= 10_000)
    return await world.recordings.stop(recording.id)


async def test_a_recording_is_ready_when_it_is_in_the_bucket(tmp_path):
    port = free_port()
    with storage(port) as client:
        async with running_world(tmp_path, **settings(port)) as world:
            stopped = await record(world)
            assert stopped.size > 0
            await world.wait_status("ready")
            assert [status for status, _ in world.statuses()] == ["started", "stopped", "ready"]
            ready = await world.recordings.get("A")
            assert ready.url == f"http://127.0.0.1:{port}/bucket/A/A.zip"
            stored = client.get_object(Bucket="bucket", Key="A/A.zip")
            assert stored["ContentType"] == "application/zip"
            assert stored["Body"].read()[:2] == b"PK"
            await until(lambda: [path.name for path in (tmp_path / "A").iterdir()] == [".recording.A"])
        async with running_world(tmp_path, **settings(port)) as world:
            assert [(found.status, found.url) for found in await world.recordings.all()] == [(Status.READY, ready.url)]
            await world.recordings.delete("A")
            assert keys(client) == []
            with pytest.raises(RecordingNotFound):
                await world.recordings.get("A")


async def test_until_the_bucket_can_be_reached_the_recording_stays_here(tmp_path, monkeypatch):
    monkeypatch.setattr(finish, "FIRST_DELAY_S", 0.1)
    port = free_port()
    async with running_world(tmp_path, **settings(port)) as world:
        await record(world)
        with trio.move_on_after(1):
            await world.wait_status("ready")
        waiting = await world.recordings.get("A")
        assert (waiting.status, waiting.url) == (Status.STOPPED, None)
        assert (tmp_path / "A" / "A.zip").exists()
        with storage(port) as client:
            await world.wait_status("ready")
            assert keys(client) == ["A/A.zip"]


async def test_the_next_start_stores_what_the_last_one_could_not(tmp_path):
    port = free_port()
    async with running_world(tmp_path, **settings(port)) as world:
        size = (await record(world)).size
    with storage(port) as client:
        async with running_world(tmp_path, **settings(port)) as world:
            await world.wait_status("ready")
            (found,) = await world.recordings.all()
            assert found.size == size
            assert keys(client) == ["A/A.zip"]


async def test_a_failure_to_store_one_recording_leaves_the_others_alone(tmp_path):
    port = free_port()
    with storage(port) as client:
        async with running_world(tmp_path, **settings(port)) as world:
            with one_failure("finishing of a recording") as failures:
                await record(world)
                await trio.testing.wait_all_tasks_blocked()
            assert failures == ["finishing of a recording"]
            await world.sessions.get("A").close(EndReason.SESSION_CLOSED_BY_SERVER)
            await record(world)
            await world.wait_status("ready")
            statuses = {found.id: found.status for found in await world.recordings.all()}
            assert statuses == {"A": Status.STOPPED, "A~1": Status.READY}
        async with running_world(tmp_path, **settings(port)) as world:
            await world.wait_status("ready")
            assert keys(client) == ["A/A.zip", "A~1/A~1.zip"]


async def test_what_the_bucket_does_not_let_go_is_not_forgotten(tmp_path):
    port = free_port()
    with storage(port):
        async with running_world(tmp_path, **settings(port)) as world:
            await record(world)
            await world.wait_status("ready")
    async with running_world(tmp_path, **settings(port)) as world:
        with pytest.raises(StorageFailed, match="cannot be removed"):
            await world.recordings.delete("A")
        assert (await world.recordings.get("A")).status is Status.READY


def test_a_folder_and_headers_may_be_asked_for(tmp_path):
    file = tmp_path / "Mine.mp4"
    file.write_bytes(b"moving")
    port = free_port()
    more = {"openvidu_pro_aws_s3_bucket": "bucket/of/mine", "openvidu_pro_aws_s3_headers": '{"x-amz-meta-owner": "me"}'}
    with storage(port) as client:
        url = ObjectStore(Config(**settings(port, **more))).upload("A~1", file, lambda: None)
        assert url == f"http://127.0.0.1:{port}/bucket/of/mine/A~1/Mine.mp4"
        head = client.head_object(Bucket="bucket", Key="of/mine/A~1/Mine.mp4")
        assert (head["Metadata"], head["ContentType"]) == ({"owner": "me"}, "video/mp4")
        client.put_object_acl(Bucket="bucket", Key="of/mine/A~1/Mine.mp4", ACL="public-read")
        assert httpx.get(url).content == b"moving"


def test_large_files_are_told_of_as_they_go_and_can_be_given_up(tmp_path):
    file = tmp_path / "large.mp4"
    with file.open("wb") as large:
        large.truncate(20 * 1024 * 1024)

    def give_up():
        raise KeyboardInterrupt

    port = free_port()
    with storage(port) as client:
        with pytest.raises(KeyboardInterrupt):
            ObjectStore(Config(**settings(port))).upload("A", file, give_up)
        assert keys(client) == []
        told = []
        ObjectStore(Config(**settings(port))).upload("A", file, lambda: told.append(1))
        assert keys(client) == ["A/large.mp4"]
        assert len(told) > 2


@pytest.mark.parametrize(
    ("others", "begin"),
    [
        ({"openvidu_pro_aws_s3_service_endpoint": ""}, "https://s3.eu-west-1.amazonaws.com/bucket/"),
        (
            {"openvidu_pro_aws_s3_service_endpoint": "", "openvidu_pro_aws_s3_with_path_style_access": False},
            "https://bucket.s3.eu-west-1.amazonaws.com/",
        ),
        (
            {
                "openvidu_pro_aws_s3_service_endpoint": "https://s3.example.com",
                "openvidu_pro_aws_s3_with_path_style_access": False,
            },
            "https://bucket.s3.example.com/",
        ),
    ],
)
def test_urls_are_those_of_the_objects(others, begin):
    store = ObjectStore(Config(**settings(1, **others)))
    assert store._url("A/A.zip") == f"{begin}A/A.zip"
