"""A throw-away PostgreSQL cluster on a Unix socket; as a program it runs a command beside it."""

import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.support.chromium import apt_install

PACKAGE = "postgresql"
CREATE_CLUSTER = Path("/etc/postgresql-common/createcluster.conf")
REMEDY = (
    "PostgreSQL was not found and could not be installed. Please run:\n"
    f"sudo apt-get install -y {PACKAGE}"
)
ROOM_IN_MEMORY = 3 * 2**30
SETTINGS = {
    "listen_addresses": "''",
    "max_connections": "200",
    "max_locks_per_transaction": "256",
    "shared_buffers": "256MB",
    # The application refuses a server that would forget what it acknowledged.
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "off",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}


def binaries() -> Path | None:
    """The folder with initdb: PATH first, then the newest of Debian's version folders."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = [p.parent for p in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    return max(folders, key=lambda p: int(re.sub(r"\D", "", p.parent.name)), default=None)


def install() -> Path | None:
    """PostgreSQL from the distribution, without the server that Debian would start for it."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    if not CREATE_CLUSTER.exists():
        CREATE_CLUSTER.parent.mkdir(parents=True, exist_ok=True)
        CREATE_CLUSTER.write_text("create_main_cluster = false\n")
    return binaries() if apt_install(PACKAGE) else None


def unprivileged() -> dict[str, Any]:
    """Arguments for subprocess: initdb refuses root, so root becomes somebody else."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    entry = names.get("postgres") or names["nobody"]
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def fast_folder() -> str | None:
    """Memory when there is plenty of it: a database per test is many small files."""
    memory = Path("/dev/shm")  # noqa: S108  only looked at; the folder in it is a random one
    roomy = memory.is_dir() and shutil.disk_usage(memory).free > ROOM_IN_MEMORY
    return str(memory) if roomy else None


@contextmanager
def cluster(folder_of_binaries: Path) -> Iterator[str]:
    """A running cluster as a SQLAlchemy URL of its maintenance database; gone afterwards."""
    who = unprivileged()
    with tempfile.TemporaryDirectory(
        prefix="xq-pg-", dir=fast_folder(), ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        if who:
            os.chown(folder, who["user"], who["group"])
        data = folder / "data"
        options = " ".join(f"-c {key}={value}" for key, value in SETTINGS.items())
        control = [str(folder_of_binaries / "pg_ctl"), "-s", "-D", str(data)]

        def run(*command: str) -> None:
            subprocess.run(command, check=True, cwd=folder, stdout=subprocess.DEVNULL, **who)

        initdb = str(folder_of_binaries / "initdb")
        run(initdb, "-D", str(data), "-U", "tests", "-A", "trust", "-E", "UTF8", "-N")
        log = str(folder / "log")
        run(*control, "-w", "-l", log, "-o", f"{options} -k {folder}", "start")
        try:
            yield f"postgresql+psycopg://tests@/postgres?host={folder}"
        finally:
            run(*control, "-m", "immediate", "stop")


def main(command: list[str]) -> int:
    """Runs the command with XINQIAO_TEST_DB and XINQIAO_TEST_POSTGRES; its exit code."""
    folder = binaries() or install()
    if folder is None:
        sys.exit(REMEDY)
    with cluster(folder) as url:
        variables = {"XINQIAO_TEST_DB": "postgresql", "XINQIAO_TEST_POSTGRES": url}
        return subprocess.run(command, env=os.environ | variables).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
