"""The platform inside the test process: real Temporal (skipping time), PostgreSQL, simulator, OCR and HTTP.

It lives in a thread with a loop of its own; tests are plain functions that speak to it as people do.
"""

import asyncio
import base64
import hashlib
import random
import socket
import sysconfig
import threading
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Self, TypeVar

import uvicorn
from PIL import Image
from sqlmodel import col, update
from stdnum.cn import uscc as stdnum_uscc
from temporalio.testing import TimeSkippingConfig, WorkflowEnvironment

from activities.providers.ocr import RapidOcr, TextBox
from activities.providers.registry import RegistryEntry
from local.visitor import Visitor
from models.accounts import contact_index
from models.challenges import Challenge
from models.keyring import Keyring
from models.settings import Settings
from models.values import resident_id_check_digit
from samples import facts
from server import create_app
from simulator.app import create_app as create_simulator
from simulator.client import SimulatorClient
from worker import Parts, build_worker
from workflows import search_attributes, task_queues
from workflows.encryption import data_converter

SAMPLES = Path(facts.__file__).parent
MATERIALS = ("licence", "id_portrait", "id_emblem")
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


class Applicant(Visitor):
    """Somebody with an enterprise of his own that the registry and the operators know."""

    enterprise: RegistryEntry
    resident_id: str
    own_mobile: str
    """The legal representative's, where the account's is another."""

    def fields(self) -> dict[str, str]:
        return {
            "name": self.enterprise.name,
            "uscc": self.enterprise.uscc,
            "kind": self.enterprise.kind,
            "legal_representative": self.enterprise.legal_representative,
            "resident_id": self.resident_id,
            "term": "长期",
        }

    def upload_materials(self) -> dict[str, str]:
        return {kind: self.upload(SAMPLES / f"{kind}.jpg", kind) for kind in MATERIALS}

    def open_verification(self, **materials: str) -> dict[str, Any]:
        return self.post(
            "/v1/enterprise-verifications",
            **(materials or self.upload_materials()),
            consents=[{"document": "personal_information_protection", "version": "1"}],
        )

    def until_confirmed(self) -> dict[str, Any]:
        view = self.wait_for(self.open_verification()["id"], "awaiting_confirmation")
        return self.act(view, "confirm", fields=self.fields())

    def until_checking(self) -> tuple[dict[str, Any], dict[str, Any]]:
        view = self.act(self.until_confirmed(), "choose_method", method="phone")
        return view, self.child_of(view["id"], "phone_check")

    def until_verified(self) -> dict[str, Any]:
        view, check = self.until_checking()
        check = self.act(check, "send_code", mobile=self.own_mobile)
        self.act(check, "submit_code", code=self.next_code(self.own_mobile, 0))
        return self.wait_for(view["id"], "verified")


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
        self.keyring_root = base64.b64encode(random.randbytes(32)).decode()
        self.listeners = {name: socket.create_server(("127.0.0.1", 0)) for name in ("api", "simulator")}
        self.settings = Settings.model_validate(
            {
                "environment": "development",
                "database_url": database_url,
                "storage_url": (folder / "objects").as_uri(),
                "master_key": self.keyring_root,
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
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", access_log=False))
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
        self.run(self.environment.fast_forward(handle, time))

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

    def applicant(self) -> Applicant:
        """Registered as the legal representative of an enterprise nobody has claimed."""
        applicant = Applicant(self.url("api"), self.url("simulator"), invented_mobile())
        applicant.enterprise = RegistryEntry(
            name=f"样例{random.randrange(10**8):08d}科技有限公司",
            uscc=invented_uscc(),
            kind="有限责任公司",
            legal_representative="王样例",
            status="active",
        )
        applicant.resident_id, applicant.own_mobile = invented_resident_id(), invented_mobile()
        self.run(self._introduce(applicant))
        applicant.register("王样例")
        return applicant

    async def _introduce(self, applicant: Applicant) -> None:
        simulator = SimulatorClient(self.url("simulator"), self.secret)
        await simulator.add_enterprise(applicant.enterprise)
        await simulator.add_subscriber("王样例", applicant.resident_id, applicant.own_mobile)


async def temporal_environment(keyring: Keyring) -> WorkflowEnvironment:
    return await WorkflowEnvironment.start_time_skipping_v2(
        dev_server_existing_path=str(Path(sysconfig.get_path("scripts")) / "temporal"),
        ts_config=TimeSkippingConfig(enabled=False),
        search_attributes=search_attributes.ALL,
        data_converter=data_converter(keyring),
        dev_server_log_level="error",
        dev_server_extra_args=["--dynamic-config-value", "frontend.WorkflowTimeSkippingEnabled=true"],
    )


def invented_mobile() -> str:
    """In a range the operators have not given out, past the simulator's magic numbers."""
    return f"1990{random.randrange(1_000_000, 10_000_000)}"


def invented_uscc() -> str:
    body = f"91990000MA{''.join(random.choices('0123456789ABCDEFGH', k=7))}"
    return body + stdnum_uscc.calc_check_digit(body)


def invented_resident_id() -> str:
    birth = date(1950, 1, 1) + timedelta(days=random.randrange(18_000))
    first = f"999999{birth:%Y%m%d}{random.randrange(1000):03d}"
    return first + resident_id_check_digit(first)
