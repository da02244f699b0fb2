"""``/ovrouter/api/sessions/<id>/quality``: why each subscriber sees what it sees, second by second (warm)."""

from __future__ import annotations

import msgspec
from quart import Blueprint, Response

from ovrouter.rest.backend import backend
from ovrouter.rest.operation import operation
from ovrouter.rest.parameters import read_query
from ovrouter.rest.responses import json_response
from ovrouter.rest.schema import QualityAnswer, QualityQuery, QualitySampleAnswer, SubscriptionQualityAnswer
from ovrouter.session.stream import downlink_id

__all__ = ["quality"]

quality = Blueprint("quality", __name__, url_prefix="/ovrouter/api/sessions/<session_id>/quality")


@quality.get("")
@operation({200: ("it exists", QualityAnswer), 404: ("there is no such Session", None)}, query=QualityQuery)
async def get(session_id: str) -> Response:
    """Return the last seconds of every subscription, oldest first."""
    seconds = read_query(QualityQuery).seconds
    session = backend().registry.get(session_id)
    subscribed = [(each.id, stream_id) for each in session.visible_connections for stream_id in each.subscriptions]
    return json_response(
        QualityAnswer(
            session.id,
            session.active_speaker,
            [await _subscription(*connection_and_stream, seconds) for connection_and_stream in subscribed],
        )
    )


async def _subscription(connection_id: str, stream_id: str, seconds: int) -> SubscriptionQualityAnswer:
    samples = await backend().media.quality(downlink_id(connection_id, stream_id), seconds)
    return SubscriptionQualityAnswer(
        connection_id,
        stream_id,
        [msgspec.convert(sample, QualitySampleAnswer, from_attributes=True) for sample in samples],
    )
