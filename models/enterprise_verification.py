"""What an applicant hands in for enterprise verification, and what is kept of it (C, D02, W)."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints
from sqlalchemy import JSON, Column
from sqlmodel import Field, SQLModel

from models.database import moment
from models.keyring import Keyring
from models.processes import Act
from models.recognition import IdentityCardReading, LicenceReading
from models.values import Name, ResidentId, Uscc

CONSENTS = ("personal_information_protection",)
"""Documents to agree to before materials are taken (C13, W02)."""

MATERIALS = ("licence", "id_portrait", "id_emblem")
UploadId = Annotated[str, StringConstraints(pattern=r"^upl_[0-9a-f]{32}$")]


class Consent(BaseModel):
    """Agreement to one version of a document (W02)."""

    model_config = ConfigDict(extra="forbid")

    document: Literal["personal_information_protection", "phone_callback"]
    version: Annotated[str, StringConstraints(min_length=1, max_length=40)]


class SubmitMaterials(BaseModel):
    """The three pictures, as upload ids (C05, C07)."""

    model_config = ConfigDict(extra="forbid")

    licence: UploadId
    id_portrait: UploadId
    id_emblem: UploadId


class OpenEnterpriseVerification(SubmitMaterials):
    """Materials, the role and the consents with which a verification starts (C08, C13)."""

    role: Literal["legal_representative"] = "legal_representative"
    consents: list[Consent]


class ConfirmedFacts(BaseModel):
    """What the applicant confirms or corrects after recognition (C10)."""

    model_config = ConfigDict(extra="forbid")

    name: Name
    uscc: Uscc
    kind: Annotated[str, StringConstraints(min_length=1, max_length=80)]
    legal_representative: Name
    resident_id: ResidentId
    term: Annotated[str, StringConstraints(max_length=80)] = ""


class Confirm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    fields: ConfirmedFacts


class ChooseMethod(BaseModel):
    """One of the methods offered (D01, D02)."""

    model_config = ConfigDict(extra="forbid")

    method: Literal["phone"]


METHODS_OFFERED = ("phone",)


class Reading(BaseModel):
    """What recognition found on the three pictures; None where it did not answer in time."""

    licence: LicenceReading | None = None
    portrait: IdentityCardReading | None = None
    emblem: IdentityCardReading | None = None


class VerificationMaterials(BaseModel):
    """The content of ``EnterpriseVerification.personal``: raw readings and the person's own values, both kept."""

    reading: Reading = Reading()
    confirmed: ConfirmedFacts | None = None


class EnterpriseVerification(SQLModel, table=True):
    """The submitted data of one verification; ``personal`` is emptied by erasure."""

    __tablename__ = "enterprise_verification"

    process_id: str = Field(primary_key=True)
    account_id: str
    role: str
    licence: str
    id_portrait: str
    id_emblem: str
    replaced: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Upload ids handed in before and replaced since."""
    consents: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    personal: bytes | None = None
    edited: bool = False
    """The confirmed values differ from the recognized ones (E03)."""
    created_at: datetime = Field(sa_type=moment())
    erased_at: datetime | None = Field(default=None, sa_type=moment())


def sealed(keyring: Keyring, process_id: str, materials: VerificationMaterials) -> bytes:
    return keyring.seal("columns", f"enterprise_verification/{process_id}", materials.model_dump_json().encode())


def opened(keyring: Keyring, row: EnterpriseVerification) -> VerificationMaterials:
    """Empty when nothing was read yet or everything was erased."""
    if row.personal is None:
        return VerificationMaterials()
    plain = keyring.open("columns", f"enterprise_verification/{row.process_id}", row.personal)
    return VerificationMaterials.model_validate_json(plain)


def differs(reading: Reading, fields: ConfirmedFacts) -> bool:
    """Whether the person changed what was recognized (E03)."""
    read = {
        "name": reading.licence and reading.licence.name.value,
        "uscc": reading.licence and reading.licence.uscc.value,
        "kind": reading.licence and reading.licence.kind.value,
        "legal_representative": reading.licence and reading.licence.legal_representative.value,
        "resident_id": reading.portrait and reading.portrait.number.value,
    }
    return any(getattr(fields, field) != value for field, value in read.items())


class ErasureReceipt(SQLModel, table=True):
    """Proof that submitted data was erased (W04): what, when, and why; nothing of the data itself."""

    __tablename__ = "erasure_receipt"

    id: str = Field(primary_key=True)
    process_id: str = Field(unique=True)
    reason: str
    erased: list[str] = Field(sa_column=Column(JSON, nullable=False))
    at: datetime = Field(sa_type=moment())


# Messages between workflow and activities.


class MaterialsSubmitted(Act):
    """New upload ids for the pictures."""

    materials: SubmitMaterials


class FactsConfirmed(Act):
    """The confirmed values, on their way through an encrypted payload."""

    fields: ConfirmedFacts


class MethodChosen(Act):
    method: str


class Recognition(BaseModel):
    """Outcome of reading the pictures: nothing to object, or the code of what the person must mend."""

    problem: str | None = None
    facts: dict[str, Any] = {}


class Claim(BaseModel):
    """Confirmed facts to hold against the registry and to claim the code with (C12, E01)."""

    process_id: str
    account_id: str
    fields: ConfirmedFacts
    at: datetime


class Erasure(BaseModel):
    """What to erase and under which receipt."""

    process_id: str
    receipt_id: str
    reason: str
    at: datetime


class Issuance(BaseModel):
    """The verification to turn into an enterprise, and the ids its effects use, so a retry repeats none."""

    process_id: str
    account_id: str
    enterprise_id: str
    seal_id: str
    at: datetime
