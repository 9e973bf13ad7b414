"""Forms of the licence as pieces of text: no engine runs."""

import pytest

from activities.providers.ocr.licence import parse_licence
from models.errors import FileUnreadable, UploadOfOtherKind
from samples import facts
from tests.activities.providers.ocr.pieces import piece

FRAME = [piece("营业执照", 400, 20), piece("经营范围", 100, 600), piece("登记机关", 600, 800)]


def _form(*rows: tuple[str, str]):
    """Labels in one column, values in the next."""
    boxes = list(FRAME)
    for number, (label, value) in enumerate(rows):
        y = 120 + 60 * number
        boxes += [piece(label, 100, y, width=150), piece(value, 270, y + 2)]
    return parse_licence(boxes)


def test_reads_the_form_of_an_enterprise():
    reading = _form(
        ("统一社会信用代码", facts.USCC),
        ("名称", "样例云签(北京)科技有限公司"),
        ("类型", facts.KIND),
        ("法定代表人", facts.LEGAL_REPRESENTATIVE),
        ("营业期限", facts.TERM),
    )
    assert reading.name.value == facts.NAME
    assert reading.name.raw == "样例云签(北京)科技有限公司"
    assert reading.uscc.value == facts.USCC
    assert reading.kind.value == facts.KIND
    assert reading.legal_representative.value == facts.LEGAL_REPRESENTATIVE
    assert reading.term.value == facts.TERM
    assert reading.registration_number.how == "missing"
    assert not reading.name.needs_attention


@pytest.mark.parametrize("label", ["法定代表人", "法定代表入", "投资人", "经营者", "负责人", "执行事务合伙人"])
def test_knows_every_word_for_the_person(label):
    assert _form((label, "张样例")).legal_representative.value == "张样例"


@pytest.mark.parametrize("label", ["类型", "主体类型", "市场主体类型", "企业类型"])
def test_knows_every_word_for_the_kind(label):
    assert _form((label, "个体工商户")).kind.value == "个体工商户"


@pytest.mark.parametrize("term", ["长期", "永久", "2015年8月19日至不约定期限", "2013年01月29日至2023年01月28日"])
def test_reads_every_form_of_term(term):
    assert _form(("营业期限", term)).term.value == term


def test_a_form_without_a_term_has_none():
    assert _form(("名称", facts.NAME), ("成立日期", "2020年01月08日")).term.how == "missing"


def test_reads_the_registration_number_of_an_old_form():
    reading = _form(("注册号", "100000000000014"), ("名称", facts.NAME))
    assert reading.registration_number.value == "100000000000014"
    assert reading.uscc.how == "missing"


def test_refuses_a_registration_number_with_a_wrong_check_digit():
    number = _form(("注册号", "100000000000015")).registration_number
    assert (number.how, number.value, number.raw) == ("missing", None, "100000000000015")


def test_a_mended_code_is_proposed_and_marked():
    code = _form(("统一社会信用代码", "91990000MAYANGL19B")).uscc
    assert (code.how, code.value, code.raw) == ("repaired", facts.USCC, "91990000MAYANGL19B")
    assert code.needs_attention


@pytest.mark.parametrize("read", ["91990000MAYA", "91990000MAYANGL194", "91990000MAYANGL1981"])
def test_no_code_is_accepted_that_does_not_hold(read):
    code = _form(("统一社会信用代码", read)).uscc
    assert (code.how, code.value) == ("missing", None)


def test_a_code_torn_in_two_is_put_together():
    boxes = [*FRAME, piece("统一社会信用代码", 100, 120), piece("91990000MA", 350, 120), piece("YANGL198", 655, 120)]
    assert parse_licence(boxes).uscc.value == facts.USCC


def test_two_codes_on_one_picture_leave_the_choice_to_the_person():
    code = _form(("统一社会信用代码", facts.USCC), ("代码", "91990000MA1YL2BT74")).uscc
    assert (code.how, code.value) == ("missing", None)


def test_a_long_name_goes_on_in_the_next_line():
    boxes = [
        *FRAME,
        piece("名称", 100, 120, width=150),
        piece("样例云签北京电子合同", 270, 122),
        piece("服务有限公司", 270, 160),
        piece("类型", 100, 220, width=150),
        piece("有限责任公司", 270, 222),
    ]
    reading = parse_licence(boxes)
    assert reading.name.value == "样例云签北京电子合同服务有限公司"
    assert reading.kind.value == "有限责任公司"


def test_a_name_without_its_label_is_found_by_its_shape_and_doubted():
    name = parse_licence([*FRAME, piece("样例云签北京科技有限公司", 270, 122)]).name
    assert name.value == "样例云签北京科技有限公司"
    assert name.needs_attention


@pytest.mark.parametrize("cut", ["例云", "有限公司", "样例云签京）科技有限公司"])
def test_a_name_cut_short_is_doubted(cut):
    assert _form(("名称", cut)).name.needs_attention


def test_a_name_that_begins_right_of_its_column_is_doubted():
    form = [
        *FRAME,
        piece("名称", 100, 120, width=150),
        piece("例云签北京科技有限公司", 300, 122),
        piece("类型", 100, 180, width=150),
        piece("有限责任公司", 270, 182),
    ]
    assert parse_licence(form).name.needs_attention
    form[4] = piece("样例云签北京科技有限公司", 270, 122)
    assert not parse_licence(form).name.needs_attention


def test_another_document_is_refused_by_name():
    with pytest.raises(UploadOfOtherKind) as refusal:
        parse_licence([piece(word, 100, 60 * n) for n, word in enumerate(("姓名", "性别", "民族", "住址"))])
    assert refusal.value.facts == {"expected": "licence"}


def test_a_picture_without_text_is_unreadable():
    with pytest.raises(FileUnreadable):
        parse_licence([piece("营业执照", 0, 0)])
