"""The stack at a person's terminal: ``up`` until Ctrl-C, ``demo`` until the job is done; nothing is left running."""

import json
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from rich.console import Console
from rich.table import Table

from local.demo import DemonstrationFailed, run_demo
from local.layout import VAR, AlreadyRunning, Layout
from local.postgres import PostgresUnusable
from local.stack import Stack
from local.supervisor import ChildFailed
from local.temporal import TemporalMissing
from local.visitor import Refused

INTERRUPTED = 130


def run_until_ended(console: Console) -> int:
    return in_foreground(VAR / "stack", console, lambda _: wait_for_signal(console))


def run_demonstration(console: Console) -> int:
    """On an empty stack of its own: its enterprise is not claimed yet, and a running `make up` is left alone."""
    folder = VAR / "demo"
    home = folder / "stack"
    try:
        if home.exists():
            Layout(home).remove()
    except AlreadyRunning as error:
        console.print(f"[red]{error}[/]")
        return 1
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.iterdir():
        left.unlink() if left.is_file() else shutil.rmtree(left)
    code = in_foreground(home, console, lambda stack: run_demo(stack, console, folder))
    if code == 0:
        Layout(home).remove()
    else:
        console.print(f"The logs are in {home / 'logs'}")
    return code


def in_foreground(home: Path, console: Console, work: Callable[[Stack], None]) -> int:
    """Exit code; a termination signal ends the work as Ctrl-C does."""
    stack = Stack(home, console.print)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        with console.status("Starting PostgreSQL, Temporal, the simulator, the server and the workers"):
            stack.start()
        show_addresses(stack, console)
        work(stack)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (AlreadyRunning, PostgresUnusable, TemporalMissing, ChildFailed, Refused, DemonstrationFailed) as error:
        console.print(str(error), style="red", markup=False)
        return 1
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        stack.stop()
    return 0


def interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def show_addresses(stack: Stack, console: Console) -> None:
    table = Table(title=f"Qianzhang is up after {stack.start_seconds:.1f} s", show_header=False, title_justify="left")
    for name, address in stack.addresses().items():
        table.add_row(name, address)
    console.print(table)
    (stack.layout.home / "addresses.json").write_text(json.dumps(stack.addresses(), indent=1))


def wait_for_signal(console: Console) -> None:
    console.print("Ctrl-C ends everything.")
    try:
        signal.pause()
    except KeyboardInterrupt:
        console.print("Ending …")
