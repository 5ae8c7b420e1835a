"""Small answers on a slow school network: student pages and static files are sent with gzip."""

import gzip
from functools import cache

from flask import Flask, Response, request

SMALLEST = 500
TYPES = {
    "text/html",
    "text/css",
    "text/javascript",
    "application/javascript",
    "application/json",
    "image/svg+xml",
}
# Signed-in pages mix secrets with what a visitor typed, which packing would give away (BREACH).
BLUEPRINTS = {"taking"}


def init_app(app: Flask) -> None:
    """Pack what leaves the application."""
    app.after_request(compress)


def compress(response: Response) -> Response:
    """Pack one answer where the browser can read it and it is worth it."""
    static = request.endpoint == "static"
    if not (static or request.blueprint in BLUEPRINTS) or not _worth_it(response):
        return response
    response.direct_passthrough = False
    plain = response.get_data()
    if len(plain) < SMALLEST:
        return response
    response.set_data(_packed(plain) if static else gzip.compress(plain, 6, mtime=0))
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")
    return response


def _worth_it(response: Response) -> bool:
    wanted = request.accept_encodings.quality("gzip") > 0
    fresh = response.status_code == 200 or response.status_code >= 400
    packed = "Content-Encoding" in response.headers
    return wanted and fresh and not packed and response.mimetype in TYPES


@cache
def _packed(plain: bytes) -> bytes:
    # a dozen files that change with the installation only
    return gzip.compress(plain, 9, mtime=0)
