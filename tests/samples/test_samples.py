import pypdfium2
import pytest

from models import values
from samples import facts
from samples.contract import ENTERPRISE_MARK, PERSON_MARK, set_contract
from samples.files import CONTRACT, ID_EMBLEM, ID_PORTRAIT, LICENCE


def test_the_invented_facts_pass_the_rules_of_the_field():
    assert values.uscc(facts.USCC) == facts.USCC
    assert values.resident_id(facts.RESIDENT_ID) == facts.RESIDENT_ID
    assert values.mobile(facts.MOBILE) == facts.MOBILE
    assert values.mobile(facts.PERSON_MOBILE) == facts.PERSON_MOBILE
    assert values.name(facts.NAME) == facts.NAME


def test_the_facts_cannot_be_anyones():
    assert facts.USCC[2:8] == "990000"
    assert facts.RESIDENT_ID[:6] == "999999"
    for name in (facts.NAME, facts.LEGAL_REPRESENTATIVE, facts.PERSON_NAME):
        assert "样例" in name


@pytest.mark.parametrize("picture", [LICENCE, ID_PORTRAIT, ID_EMBLEM])
def test_pictures_stay_small(picture):
    assert picture.stat().st_size < 400_000


def test_the_contract_in_the_tree_is_the_one_its_words_give():
    pages = [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(set_contract())]
    assert pages == [page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(CONTRACT)]
    assert len(pages) == 2
    assert facts.NAME in pages[0]
    assert facts.PERSON_NAME in pages[0]
    assert ENTERPRISE_MARK[0] == PERSON_MARK[0] == len(pages)
