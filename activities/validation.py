"""Judge a PDF's signatures, in a child process of bounded means; runs on the sealing queue."""

import asyncio
import hashlib

from temporalio import activity

from activities.confined import ConfinementFailed, run_confined
from activities.heartbeats import beating
from activities.pdf.validation import validate
from activities.providers.certificate_authority import CertificateAuthority
from activities.providers.storage import ObjectStore
from models.validation import ValidationReport, Verdict

SECONDS = 60.0


class Validating:
    def __init__(self, store: ObjectStore, certificate_authority: CertificateAuthority) -> None:
        self.store = store
        self.certificate_authority = certificate_authority

    @activity.defn
    async def validate_document(self, storage_key: str) -> ValidationReport:
        """The verdict; a file that breaks the parser, or takes too long, is unreadable."""
        async with beating():
            data = await self.store.get(storage_key)
            root = (await self.certificate_authority.chain())[-1]
            try:
                report = await asyncio.to_thread(run_confined, validate, data, [root], seconds=SECONDS)
            except ConfinementFailed:
                digest = hashlib.sha256(data).hexdigest()
                report = ValidationReport(verdict=Verdict.UNREADABLE, document_sha256=digest, reasons=["unreadable"])
        return report
