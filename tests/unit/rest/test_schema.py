import json

import pytest

from ovrouter.rest.schema import BadParameter, OutOfRange, RecordingBody, SessionBody, WebrtcBody, parse
from ovrouter.rest.schema.body import MAX_SESSION_ID
from ovrouter.session import RecordingProperties

ALL_RECORDING = {
    "name": "my~recording_1",
    "hasAudio": True,
    "hasVideo": True,
    "outputMode": "COMPOSED_QUICK_START",
    "recordingLayout": "CUSTOM",
    "customLayout": "mine",
    "resolution": "100x1999",
    "frameRate": 120,
    "shmSize": 134217728,
    "ignoreFailedStreams": True,
    "mediaNode": {"id": "media_1"},
}


def recording(text: str) -> RecordingProperties:
    return parse(text.encode(), RecordingBody).to_properties()


def test_recording_defaults():
    assert recording("{}") == RecordingProperties()


def test_recording_with_everything():
    assert recording(json.dumps(ALL_RECORDING)) == RecordingProperties(
        name="my~recording_1",
        output_mode="COMPOSED_QUICK_START",
        recording_layout="CUSTOM",
        custom_layout="mine",
        resolution="100x1999",
        frame_rate=120,
        shm_size=134217728,
        ignore_failed_streams=True,
        media_node_id="media_1",
    )


@pytest.mark.parametrize(
    ("text", "parameter"),
    [
        ('{"name": "a b"}', "name"),
        ('{"name": "a\\n"}', "name"),
        ('{"outputMode": "BOTH"}', "outputMode"),
        ('{"hasAudio": "true"}', "hasAudio"),
        ('{"hasVideo": 1}', "hasVideo"),
        ('{"hasAudio": false, "hasVideo": false}', "hasVideo"),
        ('{"recordingLayout": "GRID"}', "recordingLayout"),
        ('{"customLayout": []}', "customLayout"),
        ('{"resolution": 1280}', "resolution"),
        ('{"resolution": "1280"}', "resolution"),
        ('{"resolution": "099x100"}', "resolution"),
        ('{"resolution": "2000x100"}', "resolution"),
        ('{"resolution": "100x100\\n"}', "resolution"),
        ('{"frameRate": 0}', "frameRate"),
        ('{"frameRate": 121}', "frameRate"),
        ('{"frameRate": "25"}', "frameRate"),
        ('{"frameRate": 25.5}', "frameRate"),
        ('{"frameRate": 1e300}', "frameRate"),
        ('{"shmSize": 134217727}', "shmSize"),
        ('{"ignoreFailedStreams": 0}', "ignoreFailedStreams"),
        ('{"mediaNode": "media_1"}', "mediaNode"),
        ('{"mediaNode": {}}', "mediaNode"),
    ],
)
def test_recording_errors_name_the_parameter(text, parameter):
    with pytest.raises(BadParameter, match=parameter):
        recording(text)
    with pytest.raises(BadParameter, match=rf"defaultRecordingProperties\b.*\b{parameter}") as raised:
        parse(f'{{"defaultRecordingProperties": {text}}}'.encode(), SessionBody).to_properties()
    assert not isinstance(raised.value, OutOfRange), "the Session's own resource documents 400 only"


def test_integers_may_be_written_as_floats():
    properties = recording('{"frameRate": 3e1, "shmSize": 134217728.0}')
    assert (repr(properties.frame_rate), repr(properties.shm_size)) == ("30", "134217728")
    body = parse(b'{"kurentoOptions": {"videoMaxRecvBandwidth": 500.0}}', WebrtcBody)
    assert repr(body.kurento_options.to_options().video_max_recv_bandwidth) == "500"


@pytest.mark.parametrize(
    "text", ['{"resolution": "x", "hasVideo": false}', '{"resolution": "x", "outputMode": "INDIVIDUAL"}']
)
def test_resolution_counts_for_composed_video_only(text):
    assert recording(text).resolution == "x"


@pytest.mark.parametrize("session_id", ["a b", "a/b", "a\n", "é", "a.b", "~"])
def test_session_id_alphabet(session_id):
    with pytest.raises(BadParameter, match="customSessionId"):
        SessionBody(custom_session_id=session_id).to_properties()


def test_session_id_length():
    assert SessionBody(custom_session_id="a" * MAX_SESSION_ID).to_properties().custom_session_id
    with pytest.raises(BadParameter, match="customSessionId"):
        SessionBody(custom_session_id="a" * (MAX_SESSION_ID + 1)).to_properties()
