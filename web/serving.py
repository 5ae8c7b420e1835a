"""One web process: waitress on the socket that all of them share, and an end that answers first."""

import logging
import sys
import time
from collections.abc import Callable
from socket import socket
from typing import Any

from flask import Flask
from waitress import create_server, wasyncore

from foundation import database
from web.processes import at_end

# Few: each one more slows the one that writes, and for the rest there are other processes.
THREADS = 4
CONNECTIONS = 2000
# Browsers keep connections open; each one that idles still costs a look at every turn of the loop.
IDLE_S = 20
# Whoever writes holds up all processes, so he must not wait long for this one's interpreter lock.
SWITCH_S = 0.0005
SECONDS_TO_ANSWER = 7.0
TURN_S = 1.0


class WebProcess:
    """Accepts and answers until it is told to end; what it has received by then is answered."""

    def __init__(self, app: Flask, bound: socket) -> None:
        """Prepare; run() accepts."""
        self._sockets: dict[int, Any] = {}
        self._server: Any = create_server(
            app,
            self._sockets,
            sockets=[bound],
            threads=THREADS,
            connection_limit=CONNECTIONS,
            channel_timeout=IDLE_S,
            cleanup_interval=IDLE_S // 2,
            asyncore_use_poll=True,  # select() knows no more than 1,024 descriptors
            ident=None,
        )
        # At the bell everybody waits a little; a line for each would fill the disk of the log.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._deadline: float | None = None

    def run(self, ready: Callable[[], None]) -> None:
        """Serve."""
        at_end(self._end)
        sys.setswitchinterval(SWITCH_S)
        ready()
        while not self._over():
            wasyncore.loop(TURN_S, use_poll=True, map=self._sockets, count=1)
        self._server.close()
        self._server.task_dispatcher.shutdown(timeout=1)
        database.dispose()

    def _end(self) -> None:
        # In a signal handler: nothing here may wait for a lock.
        self._deadline = time.monotonic() + SECONDS_TO_ANSWER
        self._server.accepting = False
        self._server.pull_trigger()

    def _over(self) -> bool:
        if self._deadline is None:
            return False
        if time.monotonic() > self._deadline:
            return True
        busy = False
        for channel in list(self._server.active_channels.values()):
            if channel.requests or channel.request or channel.total_outbufs_len:
                busy = True
            else:
                channel.will_close = True
        return not busy
