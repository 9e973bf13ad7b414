"""Small documents made on the spot, and the steps from one to a signed contract."""

import io
from datetime import UTC, datetime
from typing import Any

import pikepdf

from activities.pdf.base import build_base
from activities.pdf.normalise import normalise
from activities.pdf.placement import PartyMark, Placement
from activities.pdf.sealing import PartySignature, seal
from activities.seals.enterprise import draw_enterprise_seal
from activities.seals.personal import draw_personal_signature
from tests.activities.pdf.pki import Holder, TestPki

ENTERPRISE, PERSON = "样例科技（杭州）有限公司", "张三样例"


def make_pdf(pages: int = 1, *, page: dict[str, Any] | None = None, catalog: dict[str, Any] | None = None) -> bytes:
    """Pages of text; ``page`` and ``catalog`` are entries laid over each page and the catalog."""
    with pikepdf.new() as pdf:
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        for number in range(pages):
            added = pdf.add_blank_page(page_size=(595, 842))
            added.Contents = pdf.make_stream(b"BT /F1 12 Tf 72 760 Td (Contract, page %d) Tj ET" % (number + 1))
            added.Resources = pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font))
            for key, value in (page or {}).items():
                added.obj[key] = value
        for key, value in (catalog or {}).items():
            pdf.Root[key] = value
        out = io.BytesIO()
        pdf.save(out, deterministic_id=True)
        return out.getvalue()


def sample_marks() -> list[PartyMark]:
    """An enterprise's seal at two places and a person's name at one, on the first page."""
    seal_places = [Placement(page=1, x=150, y=200), Placement(page=1, x=300, y=500)]
    return [
        PartyMark(field_name="party-a", placements=seal_places, artwork=draw_enterprise_seal(ENTERPRISE)),
        PartyMark(
            field_name="party-b",
            placements=[Placement(page=1, x=420, y=200)],
            artwork=draw_personal_signature(PERSON),
        ),
    ]


def sample_base(document: bytes | None = None) -> bytes:
    return build_base(normalise(document or make_pdf()).data, sample_marks())


def party(pki: TestPki, field_name: str, holder: Holder, **changes: Any) -> PartySignature:
    facts: dict[str, Any] = {
        "field_name": field_name,
        "certificate": holder.der,
        "chain": pki.chain,
        "key": holder.key,
        "revocation": pki.revocation(holder),
        "name": PERSON if field_name == "party-b" else ENTERPRISE,
        "reason": "签署《样例采购合同》",
        "signing_time": datetime.now(UTC),
    }
    return PartySignature(**{**facts, **changes})


def sample_contract(pki: TestPki, document: bytes | None = None) -> bytes:
    """Signed by both parties up to B-LTA."""
    parties = [party(pki, "party-a", pki.issue(ENTERPRISE)), party(pki, "party-b", pki.issue(PERSON))]
    return seal(sample_base(document), parties, pki.timestamp, pki.revocation(pki.timestamp_authority))
