"""The main job, done by two people over HTTP: a licence photo becomes a contract that anyone can verify."""

import importlib.metadata
import json
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.console import Console

from local.checkup import version_of
from local.postgres import installed_binaries
from local.stack import Stack
from local.temporal import temporal_binary
from local.visitor import Visitor
from samples import facts

SAMPLES = Path(facts.__file__).parent
SENDER_MOBILE = "19900000011"
TITLE = "样例服务合同"
ENTERPRISE_PLACES = [{"page": 2, "x": 150, "y": 450}, {"page": 1, "x": 500, "y": 90}]
PERSON_PLACES = [{"page": 2, "x": 385, "y": 450}]
LIBRARIES = ("temporalio", "fastapi", "pyhanko", "rapidocr", "onnxruntime", "typst")


class Demonstration:
    """One run; ``report`` becomes report.json."""

    def __init__(self, stack: Stack, console: Console, folder: Path) -> None:
        self.stack = stack
        self.console = console
        self.folder = folder
        self.steps: dict[str, float] = {}
        self.report: dict[str, Any] = {"steps": self.steps}

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        began = time.monotonic()
        with self.console.status(name):
            yield
        self.steps[name] = round(time.monotonic() - began, 2)
        self.console.print(f"[green]✓[/] {name} [dim]{self.steps[name]:.2f} s[/]")

    def visitor(self, mobile: str) -> Visitor:
        return Visitor(self.stack.server_url, self.stack.simulator_url, mobile)

    def run(self) -> None:
        self.report["stack_cold_start_seconds"] = round(self.stack.start_seconds, 2)
        self.report["stack_idle_memory_megabytes"] = round(self.stack.memory_megabytes())
        self.report["memory_measured_as"] = "sum of the proportional set sizes (PSS) of the whole process tree"
        self.report["versions"] = versions()
        began = time.monotonic()
        with self.visitor(SENDER_MOBILE) as sender, self.visitor(facts.PERSON_MOBILE) as other:
            with self.step("The sender registers with a code and logs in"):
                sender.register(facts.LEGAL_REPRESENTATIVE)
            self.verify_enterprise(sender)
            with self.step("The second party registers"):
                other.register(facts.PERSON_NAME)
            contract = self.sign(sender, other)
            self.take_away(sender, contract)
        self.report["job_seconds"] = round(time.monotonic() - began, 2)
        (self.folder / "report.json").write_text(json.dumps(self.report, ensure_ascii=False, indent=2))

    def verify_enterprise(self, sender: Visitor) -> None:
        with self.step("Licence and identity card are uploaded"):
            materials = {kind: sender.upload(SAMPLES / f"{kind}.jpg", kind)
                         for kind in ("licence", "id_portrait", "id_emblem")}  # fmt: skip
        with self.step("The photos are read"):
            view = sender.post("/v1/enterprise-verifications", **materials, role="legal_representative",
                               consents=[{"document": "personal_information_protection", "version": "1"}])  # fmt: skip
            process_id = view["id"]
            view = sender.wait_for(process_id, "awaiting_confirmation")
        self.report["enterprise_verification"] = process_id
        self.report["ocr_first_seconds_all_photos"] = self.reading_seconds(sender, process_id)
        with self.step("The photos are read again, with the models warm"):
            sender.act(view, "submit_materials", **materials)
            view = sender.wait_for(process_id, "awaiting_confirmation")
        warm = self.reading_seconds(sender, process_id)
        self.report |= {"ocr_warm_seconds": round(warm / len(materials), 2), "ocr_warm_seconds_all_photos": warm}
        with self.step("What was read is confirmed, and the phone check chosen"):
            fields, corrected = confirmation(view["subject"]["recognized"])
            self.report["fields_corrected_by_hand"] = corrected
            view = sender.act(view, "confirm", fields=fields)
            sender.act(sender.wait_for(process_id, "awaiting_method"), "choose_method", method="phone")
        with self.step("The legal representative's phone is checked"):
            self.check_phone(sender, process_id)
        with self.step("Certificate and seal are made"):
            view = sender.wait_for(process_id, "verified")
        self.report["enterprise"] = view["subject"]["enterprise"]

    def check_phone(self, sender: Visitor, process_id: str) -> None:
        check = sender.child_of(process_id, "phone_check")
        before = sender.inbox_size(facts.MOBILE)
        check = sender.act(check, "send_code", mobile=facts.MOBILE)
        code = sender.next_code(facts.MOBILE, before)
        sender.act(sender.wait_for(check["id"], "awaiting_code"), "submit_code", code=code)

    def reading_seconds(self, sender: Visitor, process_id: str) -> float:
        """Of the newest time in ``recognizing``: all photos, by the process's own events."""
        events = sender.get(f"/v1/processes/{process_id}/events")["items"]
        end = max(index for index, event in enumerate(events) if event["from_state"] == "recognizing")
        came, went = (datetime.fromisoformat(events[index]["at"]) for index in (end - 1, end))
        return round((went - came).total_seconds(), 2)

    def sign(self, sender: Visitor, other: Visitor) -> dict[str, Any]:
        with self.step("The contract is uploaded, drafted and sent"):
            document = sender.upload(SAMPLES / "contract.pdf", "contract_document")
            parties = [
                {"name": facts.NAME, "kind": "enterprise", "contact": SENDER_MOBILE,
                 "enterprise_uscc": facts.USCC, "fields": ENTERPRISE_PLACES},
                {"name": facts.PERSON_NAME, "kind": "person", "contact": facts.PERSON_MOBILE, "fields": PERSON_PLACES},
            ]  # fmt: skip
            view = sender.post("/v1/contracts", title=TITLE, document=document, parties=parties)
            contract_id: str = view["id"]
            self.report["contract"] = contract_id
            sender.act(view, "send")
        for party, name in ((sender, "The enterprise reads and consents"), (other, "The second party consents")):
            with self.step(name):
                self.consent(party, contract_id)
        with self.step("Both signatures and the timestamp are applied"):
            return sender.wait_for(contract_id, "completed")

    def consent(self, party: Visitor, contract_id: str) -> None:
        view = party.wait_for(contract_id, "signing")
        view = party.act(view, "open")
        challenge, code = party.receive_code("sign_contract", subject=contract_id)
        digest = view["subject"]["document_sha256"]
        party.act(view, "consent", challenge_id=challenge, code=code, document_sha256=digest)

    def take_away(self, sender: Visitor, contract: dict[str, Any]) -> None:
        contract_id, number = contract["id"], contract["subject"]["evidence_number"]
        pdf = self.folder / "contract.pdf"
        with self.step("Contract, picture and evidence are downloaded"):
            pdf.write_bytes(sender.get_bytes(f"/v1/contracts/{contract_id}/file"))
            picture = sender.get_bytes(f"/v1/contracts/{contract_id}/pages/1.png")
            (self.folder / "contract-page-1.png").write_bytes(picture)
            evidence = sender.get(f"/v1/evidence/{number}")
            (self.folder / "evidence.json").write_text(json.dumps(evidence, ensure_ascii=False, indent=2))
            (self.folder / "root.cer").write_bytes(sender.get_bytes("/pki/root.cer"))
        with self.step("The signed contract is validated"):
            verdict = sender.validate(pdf)
        self.report["evidence_number"] = number
        self.report["validation"] = verdict
        if verdict["verdict"] != "valid" or len(verdict["signatures"]) != 2:
            raise DemonstrationFailed(f"the signed contract is {verdict['verdict']}: {verdict}")


class DemonstrationFailed(Exception):
    """The job ended, but not with a valid contract."""


def run_demo(stack: Stack, console: Console, folder: Path) -> None:
    """Raises local.visitor.Refused and DemonstrationFailed."""
    demonstration = Demonstration(stack, console, folder)
    demonstration.run()
    report = demonstration.report
    console.print(f"\nThe job took {report['job_seconds']:.1f} s. What it left in {folder}:")
    for name in ("contract.pdf", "contract-page-1.png", "evidence.json", "root.cer", "report.json"):
        console.print(f"  {name}")
    console.print("Look further: `make up` keeps everything running; the contract verifies without it:")
    console.print(f"  .venv/bin/qianzhang verify {folder / 'contract.pdf'} --root {folder / 'root.cer'}")


def confirmation(recognized: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    """What the photos say, and which fields the person had to fill in or correct after the paper originals."""
    licence, portrait = recognized["licence"] or {}, recognized["portrait"] or {}
    read = {
        "name": licence.get("name"),
        "uscc": licence.get("uscc"),
        "kind": licence.get("kind"),
        "legal_representative": licence.get("legal_representative"),
        "term": licence.get("term"),
        "resident_id": portrait.get("number"),
    }
    paper = {"name": facts.NAME, "uscc": facts.USCC, "kind": facts.KIND, "term": facts.TERM,
             "legal_representative": facts.LEGAL_REPRESENTATIVE, "resident_id": facts.RESIDENT_ID}  # fmt: skip
    corrected = [name for name, right in paper.items() if (read[name] or {}).get("value") != right]
    return paper, corrected


def versions() -> dict[str, str]:
    libraries = {name: importlib.metadata.version(name) for name in LIBRARIES}
    return {
        "qianzhang": importlib.metadata.version("qianzhang"),
        "python": platform.python_version(),
        "postgres": version_of(installed_binaries() / "bin" / "postgres"),
        "temporal": version_of(temporal_binary()),
    } | libraries
