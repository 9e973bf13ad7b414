import pytest

from activities.providers.ocr.passes import surer
from models.recognition import ReadField


def _field(value, score, how="read"):
    return ReadField(value=value, raw=value, score=score, how=how)


MISSING = ReadField(raw="91990000MAYA")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (_field("样例云签", 0.4), MISSING),
        (_field("样例云签", 0.4), _field("样例云答", 0.99, "repaired")),
        (_field("样例云签", 0.95), _field("样例云签", 0.9)),
        (_field("样例云签公司", 0.95), _field("例云签公司", 0.99)),
    ],
)
def test_the_surer_reading_wins_whichever_pass_it_came_from(one, other):
    assert surer(one, other) == surer(other, one) == one


def test_readings_that_contradict_each_other_need_attention():
    found = surer(_field("样例云签", 0.99), _field("样例云答", 0.98))
    assert found.value == "样例云签"
    assert found.needs_attention
