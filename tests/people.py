"""Invented people for tests that go through HTTP."""

import asyncio
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from stdnum.cn import uscc as stdnum_uscc

from activities.providers.registry import RegistryEntry
from local.visitor import Visitor
from models.values import resident_id_check_digit
from samples import facts
from samples.files import CONTRACT
from simulator.client import SimulatorClient

SAMPLES = Path(facts.__file__).parent
MATERIALS = ("licence", "id_portrait", "id_emblem")
LEGAL_REPRESENTATIVE = "王样例"
PERSON = "李样例"
ENTERPRISE_PLACES = [{"page": 2, "x": 150, "y": 450}]
PERSON_PLACES = [{"page": 2, "x": 385, "y": 450}]


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

    def as_party(self, **changes: Any) -> dict[str, Any]:
        """The enterprise as a party of a contract."""
        return {
            "name": self.enterprise.name,
            "kind": "enterprise",
            "contact": self.mobile,
            "enterprise_uscc": self.enterprise.uscc,
            "fields": ENTERPRISE_PLACES,
        } | changes

    def draft(self, parties: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
        document = self.upload(CONTRACT, "contract_document")
        return self.post("/v1/contracts", **{"title": "样例合同", "document": document, "parties": parties} | changes)

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


def person_party(person: Visitor) -> dict[str, Any]:
    return {"name": PERSON, "kind": "person", "contact": person.mobile, "fields": PERSON_PLACES}


def introduced(api: str, simulator: str, secret: str, name: str = "") -> Applicant:
    """Registered at the API, with an enterprise that the registry and the operators know and nobody has claimed."""
    applicant = Applicant(api, simulator, invented_mobile())
    applicant.enterprise = RegistryEntry(
        name=name or f"样例{random.randrange(10**8):08d}科技有限公司",
        uscc=invented_uscc(),
        kind="有限责任公司",
        legal_representative=LEGAL_REPRESENTATIVE,
        status="active",
    )
    applicant.resident_id, applicant.own_mobile = invented_resident_id(), invented_mobile()
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, make_known(applicant, SimulatorClient(simulator, secret))).result()
    applicant.register(LEGAL_REPRESENTATIVE)
    return applicant


async def make_known(applicant: Applicant, simulator: SimulatorClient) -> None:
    await simulator.add_enterprise(applicant.enterprise)
    await simulator.add_subscriber(LEGAL_REPRESENTATIVE, applicant.resident_id, applicant.own_mobile)
    await simulator.close()


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
