"""Seconds from ./run on an empty home to "Ready" with the demo district: two minutes are the limit.

The packages are there already. Run on an idle machine: python -m benchmarks.demo
"""

import os
import socket
import subprocess
import sys
import tempfile
import time

LIMIT_S = 120


def free_port() -> int:
    """A port that nobody holds now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def seconds_to_ready(home: str) -> float:
    """Start as a user does, wait for the line, stop."""
    variables = {**os.environ, "XINQIAO_HOME": home, "XINQIAO_PORT": str(free_port())}
    begun = time.perf_counter()
    with subprocess.Popen(
        ["./run"], env=variables, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as served:
        if served.stdout is None:
            raise RuntimeError("no output to wait for")
        for line in served.stdout:
            if line.startswith("Ready: "):
                break
        spent = time.perf_counter() - begun
        served.terminate()
    return spent


def main() -> None:
    """Measure and print: the first start with the demo, then a start that finds it."""
    sys.stdout.write(f"load of the machine before: {os.getloadavg()[0]:.2f}\n")
    with tempfile.TemporaryDirectory() as home:
        first, again = seconds_to_ready(home), seconds_to_ready(home)
    sys.stdout.write(f"first start with the demo: {first:.1f} s (limit {LIMIT_S} s)\n")
    sys.stdout.write(f"next start: {again:.1f} s\n")


if __name__ == "__main__":
    main()
