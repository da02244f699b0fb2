"""Bodies and queries about media nodes (cold)."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from ovrouter.rest.schema.body import Integer, MediaNodeSelector

__all__ = ["ModelBody", "NodeAddition", "NodeBody", "NodeChange", "NodeDeletion", "NodeDetails"]


class NodeDetails(Struct):
    """What to tell of a media node beyond itself."""

    sessions: bool = False
    recordings: bool = False
    extra_info: bool = field(name="extra-info", default=False)


class NodeAddition(Struct):
    """Whether to answer when the new media node runs."""

    wait: bool = False


class NodeBody(Struct, rename="camel"):
    """The media node to add. What counts on AWS only is checked and not used."""

    uri: Annotated[str, Meta(pattern=r"^[a-z]+://[^\s/?#]+[^\s]*\Z")] | None = None
    environment_id: Annotated[str, Meta(pattern=r"^[a-zA-Z0-9_-]{1,200}\Z")] | None = None
    instance_type: str | None = None
    volume_size: Integer | None = None


class NodeDeletion(Struct):
    """How to take a media node out of the cluster."""

    wait: bool = False
    strategy: Literal["now", "if-no-sessions", "when-no-sessions"] = field(
        name="deletion-strategy", default="if-no-sessions"
    )


class NodeChange(Struct):
    """The status a media node shall have."""

    status: Literal["canceled", "launching", "waiting-idle-to-terminate", "running", "terminating"]


class ModelBody(Struct, rename="camel"):
    """A language model of speech to text, and where to load or unload it."""

    lang: str
    media_node: MediaNodeSelector
