"""Updates and whole contract lives beside no-op flows of the same shape, in one run, interleaved.

The stack is that of ``make up``: parts in processes of their own, PostgreSQL that syncs, Temporal on a file. Its
workers also know bench/noop.py, so both kinds share queues, worker settings and converter. How many updates,
activities and message flows a life has is read from the history of one. Only ratios compare from run to run.

    python -m bench.processes [--lives 6] [--updates 100]
"""

import argparse
import asyncio
import json
import math
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from bench.lives import Lane, Lives, Shape, call
from bench.noop import NoopProcess
from bench.stack import BenchStack
from cli import leave
from local.temporal import NAMESPACE
from models.contract_signing import PartyAct
from models.database import Database
from models.ids import new_id
from models.keyring import Keyring
from workflows.client import connect, take

AT_ONCE = 4
ROUNDS = 2
WARM_UP = 5
NOOP, CONTRACT = "no-op life", "contract life over HTTP"
Kinds = dict[str, Callable[[], Awaitable[Any]]]
console = Console(highlight=False, width=110)


class Bench:
    def __init__(self, stack: BenchStack, lives: Lives, lanes: list[Lane]) -> None:
        self.stack = stack
        self.lives = lives
        self.lanes = lanes
        self.figures: dict[str, Any] = {}

    async def run(self, lives: int, updates: int) -> None:
        shape = await self.lives.shape_of(await self.lives.contract(self.lanes[0]))
        self.figures["life"] = shape.counts()
        console.print("one life: " + ", ".join(f"{count} {name}" for name, count in shape.counts().items()), "")
        await self.round_trips(shape, updates)
        await self.one_at_a_time(shape, lives)
        await self.at_once(shape, max(1, lives // 3))

    async def round_trips(self, shape: Shape, updates: int) -> None:
        """One cheap act, a party opening the contract: validator, activity, publication, search attributes."""
        work = shape.work_of("open")
        party = self.lanes[0].person
        by_client, by_http = [await self.lives.sent(self.lanes[0]) for _ in range(2)]
        act = PartyAct(actor=party.account_id, party_id=by_client["subject"]["parties"][1]["id"])
        noop = await self.lives.begun_noop(updates + WARM_UP + 1, [], work)
        kinds: Kinds = {
            f"no-op, {len(work)} activities": lambda: noop.execute_update(NoopProcess.act, work, id=new_id("act")),
            "contract open": lambda: take(self.lives.client, by_client["id"], "open", act, new_id("act")),
            "contract open over HTTP": lambda: call(party.post, f"/v1/contracts/{by_http['id']}/open"),
        }
        self.tell(f"update round trip, {updates} each", await interleaved(kinds, updates, WARM_UP))

    async def one_at_a_time(self, shape: Shape, lives: int) -> None:
        self.lives.steps.clear()
        done: list[str] = []

        async def contract() -> None:
            done.append(await self.lives.contract(self.lanes[0]))

        kinds: Kinds = {NOOP: lambda: self.lives.noop(shape), CONTRACT: contract}
        self.tell(f"one life at a time, {lives} each", await interleaved(kinds, lives, 0))
        self.tell_steps(lives)
        await self.tell_activities(done)

    def tell(self, title: str, times: dict[str, list[float]]) -> None:
        table = Table(title, "p50 ms", "p95 ms", "x no-op (p50)", box=None)
        floor = statistics.median(next(iter(times.values())))
        for name, found in times.items():
            p50, p95 = statistics.median(found), sorted(found)[math.ceil(0.95 * len(found)) - 1]
            table.add_row(name, f"{p50:.1f}", f"{p95:.1f}", f"{p50 / floor:.2f}")
            self.figures[name] = rounded({"p50_ms": p50, "p95_ms": p95, "x_noop": p50 / floor})
        console.print(table, "")

    def tell_steps(self, lives: int) -> None:
        table = Table("steps of a contract life", "times", "ms each (median)", "ms a life (mean)", box=None)
        for name, times in self.lives.steps.items():
            share = sum(times) / lives
            table.add_row(name, str(len(times) // lives), f"{statistics.median(times):.0f}", f"{share:.0f}")
            self.figures.setdefault("steps_ms_a_life", {})[name] = round(share, 1)
        console.print(table, "")

    async def tell_activities(self, contracts: list[str]) -> None:
        """By the server's history of the contract's own flow."""
        times: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for contract in contracts:
            for name, waited, worked in await self.lives.activity_times(contract):
                times[name].append((waited, worked))
        table = Table("activities of a contract life", "times", "ms waiting", "ms at work (medians)", box=None)
        for name, pairs in sorted(times.items(), key=lambda item: -sum(worked for _, worked in item[1])):
            waited, worked = (statistics.median(column) for column in zip(*pairs, strict=True))
            table.add_row(name, str(len(pairs) // len(contracts)), f"{waited:.1f}", f"{worked:.1f}")
            self.figures.setdefault("activities_ms", {})[name] = [round(waited, 1), round(worked, 1)]
        console.print(table, "")

    async def at_once(self, shape: Shape, each: int) -> None:
        """Lives per second and their processor time; ``each`` in every lane and round, after one that is not told."""
        seconds: dict[str, float] = defaultdict(float)
        processor: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        kinds: dict[str, Callable[[Lane], Awaitable[Any]]] = {
            NOOP: lambda _: self.lives.noop(shape),
            CONTRACT: self.lives.contract,
        }
        for live in kinds.values():
            await self.lane_by_lane(live, 1)
        for _ in range(ROUNDS):
            for name, live in kinds.items():
                before, began = self.stack.processor_milliseconds(), time.perf_counter()
                await self.lane_by_lane(live, each)
                seconds[name] += time.perf_counter() - began
                for part, after in self.stack.processor_milliseconds().items():
                    processor[name][part] += after - before[part]
        self.tell_rates(each * AT_ONCE * ROUNDS, seconds, processor)

    async def lane_by_lane(self, live: Callable[[Lane], Awaitable[Any]], times: int) -> None:
        async def along(lane: Lane) -> None:
            for _ in range(times):
                await live(lane)

        await asyncio.gather(*map(along, self.lanes))

    def tell_rates(self, count: int, seconds: dict[str, float], processor: dict[str, dict[str, float]]) -> None:
        table = Table(f"{AT_ONCE} lives at once, {count} each", "lives/s", "of no-op", "CPU-ms a life", box=None)
        parts = Table("CPU-ms a life by part", *processor, box=None)
        for name, taken in seconds.items():
            used = {part: spent / count for part, spent in processor[name].items()}
            rate, of_noop, total = count / taken, seconds[NOOP] / taken, sum(used.values())
            table.add_row(name, f"{rate:.2f}", f"{of_noop:.2f}", f"{total:.0f}")
            told = {"per_second": rate, "of_noop": of_noop, "cpu_ms": total}
            self.figures[f"{name}, {AT_ONCE} at once"] = rounded(told) | {"cpu_ms_by_part": rounded(used)}
        for part in processor[NOOP]:
            parts.add_row(part, *(f"{processor[name][part] / count:.0f}" for name in processor))
        console.print(table, "", parts, "")


async def interleaved(kinds: Kinds, rounds: int, warm_up: int) -> dict[str, list[float]]:
    """Milliseconds; one of each kind in every round, so that a noisy machine slows them alike."""
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    for number in range(rounds + warm_up):
        for name, act in kinds.items():
            began = time.perf_counter()
            await act()
            if number >= warm_up:
                taken[name].append((time.perf_counter() - began) * 1000)
    return taken


def rounded(figures: dict[str, float]) -> dict[str, Any]:
    return {name: round(figure, 2) for name, figure in figures.items()}


async def measure(stack: BenchStack, lives: int, updates: int) -> dict[str, Any]:
    environment = stack.environment()
    keyring = Keyring.from_base64(environment["QIANZHANG_MASTER_KEY"])
    database = Database(environment["QIANZHANG_DATABASE_URL"])
    client = await connect(stack.temporal.address, NAMESPACE, keyring)
    began = time.monotonic()
    lanes = await asyncio.gather(*(call(stack.settled) for _ in range(AT_ONCE)))
    console.print(f"stack up in {stack.start_seconds:.0f} s, people settled in {time.monotonic() - began:.0f} s")
    bench = Bench(stack, Lives(client, database, keyring), lanes)
    await bench.run(lives, updates)
    await database.close()
    return bench.figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lives", type=int, default=6, help="of each kind, one at a time; more of them at once")
    parser.add_argument("--updates", type=int, default=100, help="of each kind")
    given = parser.parse_args()
    machine = {"cores": os.cpu_count(), "load_at_start": [round(load, 1) for load in os.getloadavg()]}
    console.print("{cores} cores, load at the start {load_at_start}".format(**machine))
    with tempfile.TemporaryDirectory() as folder:
        stack = BenchStack(Path(folder) / "stack", console.print)
        try:
            stack.start()
            figures = asyncio.run(measure(stack, given.lives, given.updates))
        finally:
            stack.stop()
            stack.layout.remove()
    print(json.dumps({"machine": machine} | figures, ensure_ascii=False))  # noqa: T201
    leave(0)


if __name__ == "__main__":
    main()
