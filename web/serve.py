"""The program behind ./run: takes the port, prepares the database, serves until SIGTERM."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import sqlalchemy as sa
from flask import Flask

from accounts import passwords, setup_code
from accounts.models import User
from foundation import database
from instruments.check.library import LibraryRefused, require_sound
from web import address, config, create_app, worker
from web.processes import Duty, Family
from web.serving import WebProcess

BUSY = """端口 {port} 无法使用：请停止占用它的程序，或用 XINQIAO_PORT 换一个端口。
Port {port} on {host} cannot be used ({reason}): stop the program that holds it, or choose \
another one with XINQIAO_PORT."""

BROKEN = """量表库和发布时不同，程序没有启动：请按下面每一行改正，或恢复文件。
The instrument library is not as it was released, so nothing was started; change or restore what \
each line names:
{findings}"""


def main(arguments: list[str]) -> int:
    """Serve; the exit code: 0 after SIGTERM or Ctrl-C, 1 when the port or the preparation fails."""
    host = os.environ.get("XINQIAO_HOST", "127.0.0.1")
    port = int(os.environ.get("XINQIAO_PORT", "8000"))
    signal.signal(signal.SIGTERM, _stop)
    try:
        require_sound()
        settings = config.from_environment()
        bound = bind(host, port)
    except config.BadConfig as error:
        return _refuse(str(error))
    except LibraryRefused as error:
        return _refuse(BROKEN.format(findings=error))
    except OSError as error:
        return _refuse(BUSY.format(host=host, port=port, reason=error.strerror))
    try:
        _flask("db", "upgrade")
        database.configure(settings.database_url, settings.home)
        notes = _first_start(empty="--empty" in arguments)
        app = create_app()
        hint = address.at_start(settings.public_url, demo=app.config["DEMO"])
    except subprocess.CalledProcessError as error:
        return error.returncode or 1
    except (KeyboardInterrupt, SystemExit):
        return 0
    return serve(app, settings, bound, lambda: _say_ready(bound, notes, hint))


def _refuse(sentence: str) -> int:
    print(sentence, file=sys.stderr)
    return 1


def _stop(_signal: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def bind(host: str, port: int) -> socket.socket:
    """Take the port; nobody is accepted yet."""
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
        return [f"一次性设置码 set-up code: {code}"]
    if not used:
        print("正在准备演示数据。 Preparing the demo district.", file=sys.stderr)
        _flask("demo", "load")
    return _demo_accounts(database.home())


def _demo_accounts(home: Path) -> list[str]:
    accounts = home / "demo-accounts.tsv"
    return accounts.read_text(encoding="utf-8").splitlines() if accounts.exists() else []


def _say_ready(bound: socket.socket, notes: list[str], hint: str | None) -> None:
    host, port = bound.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    print(f"Ready: http://{shown}:{port}", *notes, sep="\n", flush=True)
    if hint is not None:
        print(hint, file=sys.stderr, flush=True)


def serve(
    app: Flask,
    settings: config.Config,
    bound: socket.socket,
    when_ready: Callable[[], None],
    prepare: Callable[[int], None] = lambda _number: None,
) -> int:
    """Several web processes and one worker on a bound socket; `prepare` runs first in each.

    The application is made before the fork, so that a replaced child works within milliseconds;
    connections are not: each child opens its own.
    """
    database.dispose()
    count = settings.web_processes

    def web(number: int) -> Callable[[Callable[[], None]], None]:
        def run(ready: Callable[[], None]) -> None:
            database.configure(settings.database_url, settings.home)
            passwords.share_processors(count)
            prepare(number)
            WebProcess(app, bound).run(ready)

        return run

    def work(ready: Callable[[], None]) -> None:
        bound.close()
        database.configure(settings.database_url, settings.home)
        prepare(count)
        ready()
        worker.run()

    duties = [Duty(f"web process {number + 1}", web(number)) for number in range(count)]
    return Family([*duties, Duty("the worker", work)]).run(when_ready)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
