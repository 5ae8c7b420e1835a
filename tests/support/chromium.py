"""Finds or installs what the browser tests need; as a program it prints Chromium's path."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CARRIER = "@sparticuz/chromium@147.0.0"
CACHE = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "xinqiao" / "chromium"
REMEDY = (
    "No Chromium was found and none could be installed. Either set CHROMIUM to its path, or run:\n"
    "sudo apt-get install -y chromium"
)
# Some builds of the Node inside playwright want this library, which a bare Debian does not have.
DRIVER_LIBRARY = "libatomic1"
DRIVER_REMEDY = (
    "Playwright's driver does not start: see the message above. On Debian:\n"
    f"sudo apt-get install -y {DRIVER_LIBRARY}"
)
# Node unpacks Brotli by itself, Python does not.
UNPACK = """
const zlib = require('zlib'), fs = require('fs');
const [from, to] = process.argv.slice(1);
fs.writeFileSync(to, zlib.brotliDecompressSync(fs.readFileSync(from)));
"""


def find() -> Path | None:
    """The browser named by CHROMIUM, else the first one on PATH, else one unpacked earlier."""
    named = os.environ.get("CHROMIUM")
    if named:
        return Path(named) if os.access(named, os.X_OK) else None
    for name in NAMES:
        if found := shutil.which(name):
            return Path(found)
    unpacked = CACHE / "chromium"
    return unpacked if os.access(unpacked, os.X_OK) else None


def install() -> Path | None:
    """A browser from the distribution when root, else the one that npm carries."""
    if os.geteuid() == 0 and shutil.which("apt-get") and apt_install("chromium"):
        return find()
    return from_npm() if shutil.which("npm") and shutil.which("node") else None


def prepare_driver() -> bool:
    """Whether playwright's own program runs, after installing the library it may lack."""
    if _driver_runs(quiet=True):
        return True
    root = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if root:
        apt_install(DRIVER_LIBRARY)
    return _driver_runs()


def _driver_runs(*, quiet: bool = False) -> bool:
    command = [sys.executable, "-m", "playwright", "--version"]
    errors = subprocess.DEVNULL if quiet else None
    return (
        subprocess.run(command, stdout=subprocess.DEVNULL, stderr=errors, check=False).returncode
        == 0
    )


def apt_install(*packages: str) -> bool:
    """Whether apt-get could install the packages; waits for another apt for five minutes."""
    apt = ["apt-get", "-o", "DPkg::Lock::Timeout=300", "-qq"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    keep = ["-o", "Dpkg::Options::=--force-confold"]
    commands = [
        [*apt, "update"],
        [*apt, *keep, "install", "-y", "--no-install-recommends", *packages],
    ]
    return all(
        subprocess.run(command, env=environment, stdout=subprocess.DEVNULL).returncode == 0
        for command in commands
    )


def from_npm() -> Path | None:
    """Unpacks the npm carrier into the cache: needs neither root nor a system library."""
    CACHE.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        packed = subprocess.run(
            ["npm", "pack", "--silent", CARRIER], cwd=folder, capture_output=True, text=True
        )
        if packed.returncode:
            sys.stderr.write(packed.stderr)
            return None
        with tarfile.open(Path(folder) / packed.stdout.split()[-1]) as archive:
            archive.extractall(folder, filter="data")
        carried = Path(folder) / "package" / "bin"
        unpack(carried / "al2023.tar.br", Path(folder) / "libraries.tar")
        with tarfile.open(Path(folder) / "libraries.tar") as archive:
            archive.extractall(CACHE, filter="data")
        unpack(carried / "chromium.br", CACHE / "chromium")
    (CACHE / "chromium").chmod(0o755)
    return find()


def unpack(packed: Path, target: Path) -> None:
    """Decompresses one Brotli file."""
    subprocess.run(["node", "-e", UNPACK, str(packed), str(target)], check=True)


def environment(browser: Path, folder: Path) -> dict[str, str]:
    """Variables for the browser: Chinese fonts without installing any, libraries of the carrier."""
    fonts = Path(sysconfig.get_path("purelib")) / "zhplot" / "fonts"
    config = folder / "fonts.conf"
    config.write_text(
        '<?xml version="1.0"?><fontconfig>'
        '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
        f"<dir>{fonts}</dir><cachedir>{folder / 'fonts-cache'}</cachedir></fontconfig>",
        encoding="utf-8",
    )
    variables = {"FONTCONFIG_FILE": str(config)}
    if browser.is_relative_to(CACHE):
        variables["LD_LIBRARY_PATH"] = str(CACHE / "lib")
    return variables


if __name__ == "__main__":
    path = find() or install()
    if path is None:
        sys.exit(REMEDY)
    if not prepare_driver():
        sys.exit(DRIVER_REMEDY)
    sys.stdout.write(f"{path}\n")
