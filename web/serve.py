"""The program behind ./run: takes the port, prepares the database, serves until SIGTERM."""

import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path
from types import FrameType
from typing import Any

import sqlalchemy as sa
from flask import Flask
from waitress import create_server

from accounts import setup_code
from accounts.models import User
from foundation import database
from web import config, create_app, demo_mode, worker

THREADS = 16
SECONDS_TO_END = 9
BUSY = """端口 {port} 无法使用：请停止占用它的程序，或用 XINQIAO_PORT 换一个端口。
Port {port} on {host} cannot be used ({reason}): stop the program that holds it, or choose \
another one with XINQIAO_PORT."""


def main(arguments: list[str]) -> int:
    """Serve; the exit code: 0 after SIGTERM or Ctrl-C, 1 when the port or the preparation fails."""
    host = os.environ.get("XINQIAO_HOST", "127.0.0.1")
    port = int(os.environ.get("XINQIAO_PORT", "8000"))
    signal.signal(signal.SIGTERM, _stop)
    try:
        config.from_environment()
        bound = _bind(host, port)
    except config.BadConfig as error:
        return _refuse(str(error))
    except OSError as error:
        return _refuse(BUSY.format(host=host, port=port, reason=error.strerror))
    try:
        _flask("db", "upgrade")
        app = create_app()
        notes = _first_start(empty="--empty" in arguments)
        demo_mode.load(app, database.home())
        _serve(app, bound, notes)
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    except (KeyboardInterrupt, SystemExit):
        return 0
    return 0


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _stop(_signal: int, _frame: FrameType | None) -> None:
    # Whatever still hangs then is picked up by the next start; nothing acknowledged is lost.
    watchdog = threading.Timer(SECONDS_TO_END, os._exit, [0])
    watchdog.daemon = True
    watchdog.start()
    raise SystemExit(0)


def _bind(host: str, port: int) -> socket.socket:
    family, kind, protocol, _name, address = socket.getaddrinfo(
        host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
    )[0]
    bound = socket.socket(family, kind, protocol)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(address)
    return bound


def _flask(*command: str) -> None:
    subprocess.run([sys.executable, "-m", "flask", "--app", "wsgi", *command], check=True)


def _first_start(*, empty: bool) -> list[str]:
    """Fill an unused database as asked; return the lines to print once the server is ready."""
    with database.reading() as session:
        used = session.scalar(sa.select(sa.exists(sa.select(User.id))))
    if not used and (empty or setup_code.pending(database.home())):
        code = setup_code.issue(database.home())
        return [f"一次性安装码 set-up code: {code}"]
    if not used:
        print("正在准备演示数据。 Preparing the demo district.", file=sys.stderr)
        _flask("demo", "load")
    return _demo_accounts(database.home())


def _demo_accounts(home: Path) -> list[str]:
    accounts = home / "demo-accounts.tsv"
    return accounts.read_text(encoding="utf-8").splitlines() if accounts.exists() else []


def _serve(app: Flask, bound: socket.socket, notes: list[str]) -> None:
    server: Any = create_server(app, sockets=[bound], threads=THREADS, ident=None)
    worker.start(app)
    host, port = bound.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"Ready: http://{shown}:{port}", *notes, sep="\n", flush=True)
    try:
        server.run()  # Returns after SIGTERM, when the requests under way are answered.
    finally:
        server.close()
        worker.stop()
        database.dispose()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
