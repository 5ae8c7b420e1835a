"""The application behind a real socket, in a thread of the test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from waitress import create_server, wasyncore

SECONDS_TO_STOP = 10


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """The address of a running server; it is closed afterwards."""
    server = create_server(app, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}"
    finally:
        # Whoever still answers a browser wakes the polling thread when he is done: he ends first.
        server.task_dispatcher.shutdown(timeout=SECONDS_TO_STOP)
        # Closing belongs to the thread that polls the sockets.
        server.trigger.pull_trigger(lambda: wasyncore.close_all(server._map))
        thread.join(SECONDS_TO_STOP)
