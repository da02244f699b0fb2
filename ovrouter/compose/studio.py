"""What a layout asks for: a grid of streams, or the operator's page (warm)."""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager

from ovrouter.compose.composition import open_composition
from ovrouter.compose.orders import OpenPage
from ovrouter.compose.page.address import page_url
from ovrouter.compose.page.composition import open_page
from ovrouter.compose.plan import picture_size
from ovrouter.compose.production import Production
from ovrouter.config import Config
from ovrouter.errors import CompositionFailed
from ovrouter.medianode import MediaNode
from ovrouter.session import RecordingProperties, Session
from ovrouter.tls import certificate_files, public_key_hash

__all__ = ["Studio"]


class Studio:
    """Opens what a recording or a broadcast is written from."""

    def __init__(self, config: Config, media: MediaNode) -> None:
        self._config = config
        self._media = media

    def open(
        self, session: Session, properties: RecordingProperties, name: str
    ) -> AbstractAsyncContextManager[Production]:
        """Return a context manager that is entered when there is something to see; *name* is for the log.

        Both raise CompositionFailed.
        """
        layout = properties.recording_layout
        if layout == "BEST_FIT" or not properties.has_video:
            return open_composition(self._media, name)
        if layout == "CUSTOM":
            return open_page(self._page(session, properties), name)
        raise CompositionFailed(f"recordingLayout {layout} is not available: use BEST_FIT or CUSTOM")

    def _page(self, session: Session, properties: RecordingProperties) -> OpenPage:
        width, height = picture_size(properties)
        url = page_url(self._config, session.id, properties.custom_layout)
        if self._config.server_ssl_enabled:
            key = public_key_hash(certificate_files(self._config))
            return OpenPage(url, width, height, trusted_key=key)
        # A proxy's own certificate, which is not known here.
        return OpenPage(url, width, height, is_any_certificate_fine=self._config.certificate_type == "selfsigned")
