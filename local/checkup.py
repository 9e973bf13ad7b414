"""What this machine has of what the stack needs, each with what to do when it is missing."""

import importlib.metadata
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import psutil

from local.layout import VAR, AlreadyRunning, Layout
from local.ports import free_port
from local.postgres import Cluster, PostgresUnusable, installed_binaries
from local.temporal import TemporalMissing, temporal_binary

NEEDED_MEMORY = 2 * 1024**3
NEEDED_DISK = 2 * 1024**3
VERSION_SECONDS = 20.0
LIBRARIES = ("temporalio", "fastapi", "sqlmodel", "pyhanko", "rapidocr", "onnxruntime", "typst")
OUTSIDE_CHECKS = {"pdfsig": "poppler-utils", "qpdf": "qpdf", "openssl": "openssl"}


class Finding(NamedTuple):
    """``needed`` parts decide the exit code; the others are for tests or convenience."""

    part: str
    present: bool
    found: str
    advice: str = ""
    needed: bool = True


def check_up() -> list[Finding]:
    checks: list[Callable[[], Finding]] = [python, libraries, postgres, temporal, memory, disk, ports, stack]
    return [check() for check in checks] + [program(*pair) for pair in OUTSIDE_CHECKS.items()]


def python() -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info[:2] == (3, 11), version, "make PYTHON=/path/to/python3.11")


def libraries() -> Finding:
    versions, missing = [], []
    for name in LIBRARIES:
        try:
            versions.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    found = f"missing: {', '.join(missing)}" if missing else ", ".join(versions)
    return Finding("Libraries", not missing, found, "run `make .venv/installed`")


def postgres() -> Finding:
    if "QIANZHANG_DATABASE_URL" in os.environ:
        return Finding("PostgreSQL", True, "your own, by QIANZHANG_DATABASE_URL")
    advice = "run `make .venv/installed`, or set QIANZHANG_DATABASE_URL to a PostgreSQL of your own"
    try:
        version = version_of(installed_binaries() / "bin" / "postgres")
        cluster = Cluster(VAR / "stack" / "postgres")
    except PostgresUnusable as error:
        return Finding("PostgreSQL", False, str(error), advice)
    return Finding("PostgreSQL", True, f"{version}, as {cluster.user or 'this user'}, in {cluster.home}")


def temporal() -> Finding:
    try:
        return Finding("Temporal", True, version_of(temporal_binary()))
    except TemporalMissing as error:
        return Finding("Temporal", False, "missing", str(error))


def memory() -> Finding:
    free = psutil.virtual_memory().available
    return Finding("Memory", free >= NEEDED_MEMORY, f"{free / 1024**3:.1f} GB free", "the stack needs about 2 GB")


def disk() -> Finding:
    there = next(folder for folder in (VAR, *VAR.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    return Finding("Disk", free >= NEEDED_DISK, f"{free / 1024**3:.0f} GB free at {there}", "keep 2 GB free")


def ports() -> Finding:
    return Finding("Ports", True, f"free ones of 127.0.0.1 are chosen, for example {free_port()}")


def stack() -> Finding:
    layout = Layout(VAR / "stack")
    if not layout.home.exists():
        return Finding("Stack", True, "not started yet: `make up`", needed=False)
    try:
        layout.claim()
    except AlreadyRunning:
        return Finding("Stack", True, f"running; addresses in {layout.home / 'addresses.json'}", needed=False)
    layout.release()
    return Finding("Stack", True, f"stopped; its data is in {layout.home}", needed=False)


def program(name: str, package: str) -> Finding:
    found = shutil.which(name)
    return Finding(name, found is not None, found or "missing", f"apt-get install {package} (tests only)", needed=False)


def version_of(binary: Path) -> str:
    told = subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=VERSION_SECONDS)
    return told.stdout.strip()
