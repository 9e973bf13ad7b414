import pytest

from activities.providers.ocr.layout import TextBox, entries, levelled, lines, quarter_turns
from tests.activities.providers.ocr.pieces import column, piece

LABELS = {"name": "名称|[名称]", "kind": "类型|[类型]", "other": "住所|所|注册资本"}
ANCHORS = ("营业执照", "法定代表人", "登记机关")
PAGE = [piece("营业执照", 400, 100), piece("法定代表人", 100, 400), piece("登记机关", 600, 800)]


@pytest.mark.parametrize("turns", [0, 1, 2, 3])
def test_finds_the_upright_page(turns):
    seen = [box.turned(-90 * turns) for box in PAGE]
    assert quarter_turns(seen, ANCHORS) == turns


def test_a_tilted_page_is_levelled_and_a_watermark_dropped():
    marks = [piece(f"仅用于样例网站展示{n}", 50, 150 * n).turned(30) for n in range(9)]
    page = levelled([box.turned(6) for box in PAGE] + marks, ANCHORS)
    assert [box.text for box in page] == ["营业执照", "法定代表人", "登记机关"]
    assert all(abs(box.angle or 0) < 0.1 for box in page)


def test_labels_read_as_one_column_come_apart():
    page = levelled(
        [
            *PAGE,
            column("名类住", 100, 200, 320),
            piece("称样例商店", 180, 205),
            piece("型个体工商户", 180, 245),
            piece("所样例路", 180, 285),
        ],
        ANCHORS,
    )
    found = entries(lines(page), LABELS)
    assert [(e.label, e.text) for e in found] == [
        ("name", "样例商店"),
        ("kind", "个体工商户"),
        ("other", "样例路"),
    ]


def test_a_value_ends_at_the_next_column():
    found = entries(lines([piece("名", 100, 200), piece("称样例", 180, 203), piece("无标签的一栏", 500, 201)]), LABELS)
    assert [(e.label, e.text) for e in found] == [("name", "样例")]


def test_a_value_ends_at_the_next_label():
    found = entries(lines([piece("名称样例", 100, 200), piece("注册资本一元", 240, 200)]), LABELS)
    assert [(e.label, e.text) for e in found] == [("name", "样例"), ("other", "一元")]


def test_a_label_counts_only_where_a_piece_begins():
    assert entries(lines([piece("本店名称样例", 100, 200)]), LABELS) == []


def test_the_score_is_that_of_the_weakest_piece_holding_the_value():
    (entry,) = entries(
        lines([piece("名称", 100, 200, 0.4), piece("样", 170, 200, 0.7), piece("例", 205, 200, 0.9)]), LABELS
    )
    assert entry.score == 0.7


def test_angles_are_those_of_the_longer_side():
    upright = TextBox("样例", 1, ((0, 0), (30, 0), (30, 120), (0, 120)))
    assert upright.angle == 90
    assert piece("样例样例", 0, 0).turned(20).angle == pytest.approx(20)
    assert piece("样", 0, 0).angle is None
