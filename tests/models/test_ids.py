import random
import time
import uuid

from models.ids import id_from, new_id


def test_an_id_is_a_typed_prefix_over_a_uuid_version_7() -> None:
    prefix, _, number = new_id("prc").partition("_")
    made = uuid.UUID(number)
    assert (prefix, made.version, made.variant) == ("prc", 7, uuid.RFC_4122)
    assert abs((made.int >> 80) - time.time() * 1000) < 60_000


def test_ids_sort_by_the_time_they_were_made() -> None:
    source = random.Random(1)
    ids = [id_from("prc", moment, source) for moment in range(1_000, 1_050)]
    assert ids == sorted(ids)
    assert len(set(ids)) == 50


def test_a_replay_makes_the_same_id() -> None:
    assert id_from("msg", 123_456, random.Random(7)) == id_from("msg", 123_456, random.Random(7))
