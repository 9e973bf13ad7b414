"""The platform inside the test process: real Temporal (skipping time), PostgreSQL, simulator, OCR and HTTP.

It lives in a thread with a loop of its own; tests are plain functions that speak to it as people do.
"""

import asyncio
import base64
import hashlib
import socket
import sysconfig
import threading
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

import uvicorn
from PIL import Image
from sqlmodel import col, update
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from activities.providers.ocr import TextBox
from activities.providers.ocr.rapid import RapidOcr
from local.temporal import POLLS
from local.visitor import Visitor
from models.accounts import contact_index
from models.challenges import Challenge
from models.keyring import Keyring
from models.settings import Settings
from server import create_app
from simulator.app import create_app as create_simulator
from tests.people import Applicant, introduced, invented_mobile
from worker import Parts, build_worker
from workflows import search_attributes, task_queues
from workflows.encryption import data_converter

TEST_KEY = base64.b64encode(bytes(32)).decode()
"""The root key of every test platform, so that histories recorded on one can be replayed on another."""

T = TypeVar("T")


class AttentiveOcr:
    """The real engine, which reads each picture once: most tests hand in the same three samples."""

    def __init__(self) -> None:
        self.engine = RapidOcr()
        self.known: dict[bytes, list[TextBox]] = {}

    def read(self, image: Image.Image) -> list[TextBox]:
        digest = hashlib.sha256(image.tobytes()).digest()
        if digest not in self.known:
            self.known[digest] = self.engine.read(image)
        return self.known[digest]


class TestParts(Parts):
    __test__ = False

    def ocr(self) -> AttentiveOcr:
        return AttentiveOcr()


class Platform:
    """``with Platform(…) as platform``: everything runs until the block ends."""

    def __init__(self, database_url: str, folder: Path) -> None:
        self.folder = folder
        self.ready = threading.Event()
        self.stopping: asyncio.Event
        self.failure: BaseException | None = None
        self.secret = "test-secret"
        self.listeners = {name: socket.create_server(("127.0.0.1", 0)) for name in ("api", "simulator")}
        self.settings = Settings.model_validate(
            {
                "environment": "development",
                "database_url": database_url,
                "storage_url": (folder / "objects").as_uri(),
                "master_key": TEST_KEY,
                "public_url": self.url("api"),
                "provider_secret": self.secret,
                **{f"{name}_url": self.url("simulator") for name in ("sms", "mail", "carrier", "registry")},
            }
        )
        self.thread = threading.Thread(target=self._run, daemon=True)

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self.listeners[name].getsockname()[1]}"

    def __enter__(self) -> Self:
        self.thread.start()
        self.ready.wait(60)
        if self.failure:
            raise self.failure
        return self

    def __exit__(self, *_: object) -> None:
        self.loop.call_soon_threadsafe(self.stopping.set)
        self.thread.join(30)

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except BaseException as failure:
            self.failure = failure
            self.ready.set()
            raise

    async def _live(self) -> None:
        self.loop, self.stopping = asyncio.get_running_loop(), asyncio.Event()
        self.parts = TestParts(self.settings)
        async with AsyncExitStack() as stack:
            self.environment = await stack.enter_async_context(await temporal_environment(self.parts.keyring))
            self.client = self.environment.client
            await self._serve(stack, "simulator", create_simulator(self.secret, None, 0.2))
            address = self.client.service_client.config.target_host
            app = create_app(self.settings.model_copy(update={"temporal_address": address}))
            await self._serve(stack, "api", app)
            app.state.temporal = self.client
            await self.parts.certificate_authority.establish()
            for queue in task_queues.ALL:
                await stack.enter_async_context(build_worker(self.client, queue, self.parts))
            self.ready.set()
            await self.stopping.wait()

    async def _serve(self, stack: AsyncExitStack, name: str, app: Any) -> None:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False, timeout_graceful_shutdown=2))
        task = asyncio.create_task(server.serve(sockets=[self.listeners[name]]))
        while not server.started:
            await asyncio.sleep(0.01)
            if task.done():
                task.result()

        async def stop() -> None:
            server.should_exit = True
            await task

        stack.push_async_callback(stop)

    def run(self, work: Coroutine[Any, Any, T], seconds: float = 60.0) -> T:
        """Await something on the platform's own loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(seconds)

    def skip(self, process_id: str, time: timedelta) -> None:
        """Let that much time pass for one process."""
        handle = self.client.get_workflow_handle(process_id)
        self.run(self.environment.fast_forward(handle, time), 180.0)

    def rows(self, statement: Any) -> list[Any]:
        async def read() -> list[Any]:
            async with self.parts.database.transaction() as session:
                return list(await session.exec(statement))

        return self.run(read())

    def forget_quota(self, visitor: Visitor) -> None:
        """As if an hour had passed since this visitor's last code; its codes still hold."""

        async def forget() -> None:
            index = contact_index(self.parts.keyring, visitor.mobile)
            async with self.parts.database.transaction() as session:
                await session.exec(
                    update(Challenge)
                    .where(col(Challenge.contact_index) == index)
                    .values(created_at=col(Challenge.created_at) - timedelta(days=2))
                )

        self.run(forget())

    def visitor(self, name: str) -> Visitor:
        visitor = Visitor(self.url("api"), self.url("simulator"), invented_mobile())
        visitor.register(name)
        return visitor

    def applicant(self, name: str = "") -> Applicant:
        """Registered as the legal representative of an enterprise nobody has claimed."""
        return introduced(self.url("api"), self.url("simulator"), self.secret, name)


async def temporal_environment(keyring: Keyring) -> WorkflowEnvironment:
    return await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(Path(sysconfig.get_path("scripts")) / "temporal"),
        ts_config=TimeSkippingConfig(enabled=False),
        search_attributes=search_attributes.ALL,
        data_converter=data_converter(keyring),
        dev_server_log_level="error",
        dev_server_extra_args=[
            *("--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"),
            *("--dynamic-config-value", POLLS),
        ],
    )
