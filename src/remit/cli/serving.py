"""Runs a gateway until it is interrupted."""

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn

from remit.app.gateway import Gateway
from remit.errors import SettingsError
from remit.settings import Settings
from remit.web.gateway import create_app


@contextmanager
def listening(settings: Settings, *, any_port: bool = False) -> Iterator[socket.socket]:
    """A listening socket, so that a taken port is known before anything else happens.

    Args:
        settings: Host and port.
        any_port: Take a free port if the wished one is taken.

    Raises:
        SettingsError: The address cannot be listened on.
    """
    try:
        listener = socket.create_server((settings.host, settings.port))
    except OSError as error:
        if any_port:
            with socket.create_server((settings.host, 0)) as listener:
                yield listener
            return
        message = f"{settings.host}:{settings.port}: cannot listen there: {error.strerror}."
        raise SettingsError(f"{message}\n  Choose another with --port, or 0 for a free one.") from error
    with listener:
        yield listener


def address(listener: socket.socket) -> str:
    """The address for a browser."""
    host, port = listener.getsockname()[:2]
    return f"http://{host}:{port}/"


async def serve(gateway: Gateway, settings: Settings, listener: socket.socket, ready: Callable[[], None]) -> None:
    """Answer until interrupted; `ready` is called once requests are taken."""
    config = uvicorn.Config(create_app(gateway, settings), log_level="warning", lifespan="on")
    server = _Announcing(config, ready)
    await server.serve(sockets=[listener])


class _Announcing(uvicorn.Server):
    """Says when it takes requests."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()
