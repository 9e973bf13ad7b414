"""Sets the sample contract: ``python -m samples.contract`` writes ``contract.pdf``, two pages, room for both marks."""

import json
from datetime import UTC, datetime

import pylopdf_fonts_zh_cn as fonts
import typst

from samples import facts
from samples.files import CONTRACT, FOLDER

WRITTEN = datetime(2026, 1, 8, tzinfo=UTC)  # in the file's metadata: the same words give the same bytes

# Where the marks belong: page from 1, centre in PDF points from its lower left corner.
ENTERPRISE_MARK = (2, 165.0, 462.0)
PERSON_MARK = (2, 345.0, 462.0)


def set_contract() -> bytes:
    words = {
        "title": "样例服务合同",
        "number": "YL-2026-0001",
        "enterprise": {
            "name": facts.NAME,
            "uscc": facts.USCC,
            "legal_representative": facts.LEGAL_REPRESENTATIVE,
        },
        "person": {"name": facts.PERSON_NAME, "mobile": facts.PERSON_MOBILE},
        "start": "2026年2月1日",
        "end": "2026年7月31日",
        "amount": "36,000.00",
        "amount_in_words": "叁万陆仟元整",
    }
    pdf = typst.compile(
        FOLDER / "contract.typ",
        format="pdf",
        font_paths=[fonts.sans_path().parent],
        ignore_system_fonts=True,
        sys_inputs={"facts": json.dumps(words, ensure_ascii=False)},
        timestamp=WRITTEN,
    )
    assert isinstance(pdf, bytes)
    return pdf


if __name__ == "__main__":
    CONTRACT.write_bytes(set_contract())
