"""HTTP servers on this machine, each for as long as a test needs it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SHUTDOWN_SECONDS = 0.01
"""How often a server looks whether it is to stop."""


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler], **shared: object) -> Iterator[str]:
    """Yield the address of a running server; ``shared`` are attributes of all its handlers."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), type("Of", (handler,), shared))
    server.daemon_threads = True
    run = {"target": server.serve_forever, "args": (SHUTDOWN_SECONDS,), "daemon": True}
    threading.Thread(**run).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
