"""THE list of workflows and activities per task queue, and the process that runs one queue."""

import asyncio
import os
import signal
from datetime import timedelta
from typing import Any

from statemachine.exceptions import TransitionNotAllowed
from temporalio.client import Client
from temporalio.worker import Worker
from temporalio.worker.workflow_sandbox import SandboxedWorkflowRunner, SandboxRestrictions

from activities.contract_signing import Consenting, Depositing, Drafting, Sealing
from activities.enterprise_verification import Recognizing, Verifying
from activities.messages import Messages
from activities.providers.carrier import Carrier
from activities.providers.certificate_authority import CertificateAuthority
from activities.providers.keys import SigningKeys
from activities.providers.mail import MailSender
from activities.providers.ocr import Ocr
from activities.providers.registry import Registry
from activities.providers.sms import SmsSender
from activities.providers.storage import ObjectStore, open_store
from activities.providers.timestamp import TimestampClient
from activities.records import Records
from activities.validation import Validating
from activities.willingness import PhoneChecking
from models.database import Database
from models.errors import BusinessError
from models.keyring import Keyring
from models.settings import Settings
from workflows import search_attributes, task_queues
from workflows.client import connect
from workflows.contract_signing import ContractSigning
from workflows.enterprise_verification import EnterpriseVerification
from workflows.messages import MessageDelivery
from workflows.validation import Validation
from workflows.willingness import PhoneCheck

WORKFLOWS = [EnterpriseVerification, PhoneCheck, ContractSigning, MessageDelivery, Validation]
PASSED_THROUGH = ("statemachine", "models", "activities", "workflows.search_attributes")
"""Loaded once outside the sandbox: pure (models), or only named by workflows as types (activities)."""

RUNNER = SandboxedWorkflowRunner(restrictions=SandboxRestrictions.default.with_passthrough_modules(*PASSED_THROUGH))


REFUSALS: list[type[BaseException]] = [BusinessError, TransitionNotAllowed]
"""What a handler may raise to refuse; anything else is a fault, and its task is retried."""


class Parts:
    """What activities are given; made once per process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.secret = settings.provider_secret.get_secret_value()
        self.keyring = Keyring.from_base64(settings.master_key.get_secret_value())
        self.database = Database(settings.database_url)
        self.store: ObjectStore = open_store(settings.storage_url, self.keyring)
        self.keys = SigningKeys(self.database, self.keyring)
        self.certificate_authority = CertificateAuthority(self.database, self.keys, settings.public_url)
        self.timestamps = TimestampClient(settings.timestamp_url or f"{settings.public_url}/pki/timestamp")

    def ocr(self) -> Ocr:
        """The engine; loaded in the OCR worker alone, for it takes 0.7 GB."""
        from activities.providers.ocr.rapid import RapidOcr

        return RapidOcr()


def activities_of(queue: str, parts: Parts) -> list[Any]:
    match queue:
        case task_queues.PROCESSES:
            return processes_activities(parts)
        case task_queues.OCR:
            return ocr_activities(parts)
        case task_queues.SEALING:
            return sealing_activities(parts)
    raise ValueError(f"no such task queue: {queue}")


def processes_activities(parts: Parts) -> list[Any]:
    settings, secret = parts.settings, parts.secret
    records = Records(parts.database)
    messages = Messages(
        parts.database,
        parts.keyring,
        SmsSender(settings.sms_url, secret),
        MailSender(settings.mail_url, secret),
        settings.public_url,
    )
    verifying = Verifying(
        parts.database,
        parts.keyring,
        parts.store,
        Registry(settings.registry_url, secret),
        parts.certificate_authority,
    )
    phone = PhoneChecking(parts.database, parts.keyring, Carrier(settings.carrier_url, secret))
    consenting = Consenting(parts.database, parts.keyring)
    depositing = Depositing(parts.database, parts.timestamps)
    return [
        records.move,
        messages.queue,
        messages.deliver,
        messages.give_up,
        verifying.claim_enterprise,
        verifying.replace_materials,
        verifying.issue_enterprise,
        verifying.erase_materials,
        phone.open_phone_check,
        phone.send_phone_code,
        phone.check_phone_code,
        phone.close_phone_check,
        consenting.open_contract,
        consenting.record_consent,
        consenting.drop_consent,
        consenting.record_return,
        depositing.deposit_evidence,
    ]


def ocr_activities(parts: Parts) -> list[Any]:
    return [Recognizing(parts.database, parts.keyring, parts.store, parts.ocr()).recognize_materials]


def sealing_activities(parts: Parts) -> list[Any]:
    drafting = Drafting(parts.database, parts.keyring, parts.store)
    sealing = Sealing(
        parts.database, parts.keyring, parts.store, parts.keys, parts.certificate_authority, parts.timestamps
    )
    validating = Validating(parts.store, parts.certificate_authority)
    return [drafting.prepare_contract, sealing.plan_signatures, sealing.apply_signatures, validating.validate_document]


def build_worker(client: Client, queue: str, parts: Parts) -> Worker:
    """The worker of one task queue; workflows run on ``processes``, slow work one at a time on its own queue."""
    slow = queue != task_queues.PROCESSES
    return Worker(
        client,
        task_queue=queue,
        workflows=[] if slow else WORKFLOWS,
        activities=activities_of(queue, parts),
        workflow_runner=RUNNER,
        workflow_failure_exception_types=REFUSALS,
        max_concurrent_activities=2 if slow else parts.settings.processes_concurrency,
        sticky_queue_schedule_to_start_timeout=timedelta(seconds=2),
        graceful_shutdown_timeout=timedelta(seconds=10),
        identity=f"{queue}@{os.getpid()}",
    )


async def run_worker(queue: str, settings: Settings) -> None:
    """Runs until SIGTERM or SIGINT. Refuses to start where a search attribute is not registered."""
    parts = Parts(settings)
    client = await connect(settings.temporal_address, settings.temporal_namespace, parts.keyring)
    unknown = await search_attributes.missing(client)
    if unknown:
        raise SystemExit(f"search attributes not registered in {client.namespace}: {', '.join(unknown)}")
    await parts.certificate_authority.establish()
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with build_worker(client, queue, parts):
        await stop.wait()
    await parts.database.close()
