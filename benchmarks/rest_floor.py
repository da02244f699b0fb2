"""The least that a JSON answer costs on these libraries: one empty route, served by hypercorn as it comes (warm).

``python -m benchmarks.rest_floor FOLDER`` makes a certificate in FOLDER and prints ``ready URL``.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import hypercorn
import trio
from hypercorn.trio import serve
from quart_trio import QuartTrio

from ovrouter.tls import ensure_certificate


def floor_app() -> QuartTrio:
    """Return the application."""
    app = QuartTrio("floor", static_folder=None)

    @app.get("/")
    async def index() -> dict[str, str]:
        return {}

    return app


async def main(folder: Path) -> None:
    """Serve until killed."""
    certificate = ensure_certificate(folder, "127.0.0.1")
    config = hypercorn.Config()
    config.certfile, config.keyfile = str(certificate.certificate_path), str(certificate.key_path)
    config.alpn_protocols = ["http/1.1"]
    config.loglevel = "ERROR"
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config.bind = [f"fd://{listener.fileno()}"]
        print(f"ready https://127.0.0.1:{listener.getsockname()[1]}", flush=True)
        await serve(floor_app(), config)  # type: ignore[arg-type]  # hypercorn's and Quart's ASGI types differ


if __name__ == "__main__":
    trio.run(main, Path(sys.argv[1]))
