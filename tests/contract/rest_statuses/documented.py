"""Every (endpoint, status) pair of OpenVidu's REST document, 2.31; 401, which all share, is left out."""

__all__ = ["DOCUMENTED"]

API = "/openvidu/api"
SESSION = f"{API}/sessions/{{session_id}}"
CONNECTION = f"{SESSION}/connection/{{connection_id}}"
RECORDING = f"{API}/recordings/{{recording_id}}"
NODE = f"{API}/media-nodes/{{node_id}}"

DOCUMENTED: dict[tuple[str, str], tuple[int, ...]] = {
    ("POST", f"{API}/sessions"): (200, 400, 409),
    ("GET", f"{API}/sessions"): (200,),
    ("GET", SESSION): (200, 404),
    ("DELETE", SESSION): (204, 404),
    ("POST", f"{SESSION}/connection"): (200, 400, 404, 500),
    ("GET", f"{SESSION}/connection"): (200, 404),
    ("GET", CONNECTION): (200, 400, 404),
    ("PATCH", CONNECTION): (200, 400, 404),
    ("DELETE", CONNECTION): (204, 400, 404),
    ("POST", f"{API}/recordings/start"): (200, 400, 404, 406, 409, 422, 501),
    ("POST", f"{API}/recordings/stop/{{recording_id}}"): (200, 404, 406, 501),
    ("GET", f"{API}/recordings"): (200, 501),
    ("GET", RECORDING): (200, 404, 501),
    ("DELETE", RECORDING): (204, 404, 409, 501),
    ("GET", f"{API}/media-nodes"): (200,),
    ("POST", f"{API}/media-nodes"): (200, 400, 404, 405, 409, 501, 502),
    ("PUT", f"{API}/media-nodes"): (200, 405),
    ("GET", NODE): (200, 404),
    ("PATCH", NODE): (200, 204, 400, 404, 405),
    ("DELETE", NODE): (200, 202, 204, 404, 405, 409, 502),
    ("POST", f"{API}/broadcast/start"): (200, 400, 404, 406, 409, 422, 500),
    ("POST", f"{API}/broadcast/stop"): (200, 400, 404, 409, 500),
    ("GET", f"{API}/config"): (200,),
    ("GET", f"{API}/health"): (200, 409, 503),
    ("POST", f"{API}/restart"): (200, 400),
    ("DELETE", f"{SESSION}/stream/{{stream_id}}"): (204, 400, 404, 405),
    ("POST", f"{API}/signal"): (200, 400, 404, 406),
    ("POST", f"{API}/speech-to-text/load"): (200, 400, 404, 409, 501),
    ("POST", f"{API}/speech-to-text/unload"): (200, 400, 404, 405, 409, 501),
    ("POST", f"{API}/tokens"): (200, 400, 404),
}
