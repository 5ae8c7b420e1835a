"""A test's server closes its sockets only when nobody is answering any more."""

import http.client
import socket
import threading
import time

from flask import Flask, request

from tests.support.serving import served


def test_whoever_still_answers_finds_the_server_open() -> None:
    app, asked, found = Flask("slow"), threading.Event(), []

    @app.get("/")
    def slow() -> str:
        asked.set()
        time.sleep(0.5)  # meanwhile the test is over
        with socket.socket() as caller:
            found.append(caller.connect_ex(("127.0.0.1", int(request.host.split(":")[1]))))
        return "late"

    with served(app) as address:
        visitor = http.client.HTTPConnection(address.removeprefix("http://"))
        visitor.request("GET", "/")
        assert asked.wait(5)
    visitor.close()
    assert found == [0]
