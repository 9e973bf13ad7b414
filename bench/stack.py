"""The stack of ``make up`` whose workers know the no-ops too, the people on it, and the processor time it takes."""

import asyncio
import os
import sys
from contextlib import suppress

import psutil
from temporalio.client import Client
from temporalio.plugin import SimplePlugin

from bench.lives import PERSON, Lane
from bench.noop import NoopDelivery, NoopProcess, nothing
from local.stack import Stack
from local.supervisor import ChildSpec
from local.visitor import Visitor
from models.settings import Settings
from tests.people import introduced, invented_mobile
from worker import Parts, build_worker
from workflows.encryption import data_converter
from workflows.task_queues import OCR, PROCESSES


class BenchStack(Stack):
    def _worker(self, queue: str) -> ChildSpec:
        if queue == OCR:
            return super()._worker(queue)
        return self._python(
            f"worker {queue}",
            ["-m", "bench.stack", queue],
            self.environment(),
            lambda pid: self.temporal.polls(queue, pid),
        )

    def settled(self) -> Lane:
        """A verified enterprise and a person, both registered."""
        sender = introduced(self.server_url, self.simulator_url, self.layout.secret("provider.key"))
        sender.until_verified()
        person = Visitor(self.server_url, self.simulator_url, invented_mobile())
        person.register(PERSON)
        return Lane(sender, person)

    def processor_milliseconds(self) -> dict[str, float]:
        """Of every part with the children it has and had, and of this program, which plays the people."""
        parts = {name: sum(map(milliseconds_of, tree(self.pid(name)))) for name in self.supervisor.children}
        return parts | {"this program": sum(os.times()[:2]) * 1000}


def tree(pid: int) -> list[psutil.Process]:
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


def milliseconds_of(process: psutil.Process) -> float:
    with suppress(psutil.NoSuchProcess):  # then its parent has inherited its time
        times = process.cpu_times()
        return 1000 * float(times.user + times.system + times.children_user + times.children_system)
    return 0.0


async def serve(queue: str) -> None:
    settings = Settings()
    parts = Parts(settings)
    flows = [NoopDelivery, NoopProcess] if queue == PROCESSES else None
    client = await Client.connect(
        settings.temporal_address,
        namespace=settings.temporal_namespace,
        data_converter=data_converter(parts.keyring),
        plugins=[SimplePlugin("noop", activities=[nothing], workflows=flows)],
    )
    await parts.certificate_authority.establish()
    async with build_worker(client, queue, parts):
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
