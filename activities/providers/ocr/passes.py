"""The order of looking: fast first; closer, and without red ink, only when something needed is missing."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import cv2
import numpy as np
from PIL import Image
from pydantic import BaseModel

from activities.confined import ConfinementFailed, run_confined
from activities.photos import load_photo
from activities.providers.ocr.engine import Ocr
from activities.providers.ocr.layout import TextBox, quarter_turns
from models.errors import BusinessError, FileUnreadable, UploadOfOtherKind
from models.recognition import ReadField

FAST_SIDE = 1280
CLOSE_SIDE = 1600
SMALL_SIDE = 1400  # a smaller picture is enlarged to it
PLENTY = 12  # so many pieces of text show what the picture is; a closer look would not
LOAD_SECONDS = 10.0
CONTRADICTED = 0.8  # factor on the score of a field that the two passes read differently
RANK = {"missing": 0, "repaired": 1, "read": 2}

Reading = TypeVar("Reading", bound=BaseModel)


def read_photo(
    ocr: Ocr,
    photo: bytes,
    anchors: Sequence[str],
    parse: Callable[[Sequence[TextBox]], Reading],
    needed: Callable[[Reading], Sequence[ReadField]],
) -> Reading:
    """``parse`` gets an upright page; what it refuses twice is refused. Raises as ``load_photo`` and ``parse``."""
    image = _loaded(photo)
    boxes = ocr.read(_fitted(image, FAST_SIDE))
    turns = quarter_turns(boxes, anchors)
    reading, refusal = _tried(parse, boxes, turns)
    if reading and not any(field.needs_attention for field in needed(reading)):
        return reading
    if isinstance(refusal, UploadOfOtherKind) and len(boxes) >= PLENTY:
        raise refusal
    closer = _without_red_ink(_enlarged(image.rotate(-90 * turns, expand=True)))
    boxes = ocr.read(closer)
    second, _ = _tried(parse, boxes, quarter_turns(boxes, anchors))
    if reading and second:
        return merged(reading, second)
    if found := reading or second:
        return found
    assert refusal is not None
    raise refusal


def merged(first: Reading, second: Reading) -> Reading:
    """Field by field the surer one; other fields (the side of a card) are the first's."""
    fields = {
        name: surer(one, getattr(second, name))
        for name in type(first).model_fields
        if isinstance(one := getattr(first, name), ReadField)
    }
    return first.model_copy(update=fields)


def surer(one: ReadField, other: ReadField) -> ReadField:
    """Check digits first, then the score; of two equally good readings the fuller, as ink hides and adds nothing.

    Readings that contradict each other leave a doubt that a person has to settle.
    """
    if one.how == other.how == "read" and one.value and other.value and one.value != other.value:
        fuller = max(one, other, key=lambda field: len(field.value or ""))
        if one.value in other.value or other.value in one.value:
            return fuller
        better = max(one, other, key=_sureness)
        return better.model_copy(update={"score": better.score * CONTRADICTED})
    return max(one, other, key=_sureness)


def _sureness(field: ReadField) -> tuple[int, float]:
    return RANK[field.how], field.score


def _tried(
    parse: Callable[[Sequence[TextBox]], Reading], boxes: Sequence[TextBox], turns: int
) -> tuple[Reading | None, BusinessError | None]:
    try:
        return parse([box.turned(90 * turns) for box in boxes]), None
    except BusinessError as refusal:
        return None, refusal


def _loaded(photo: bytes) -> Image.Image:
    try:
        return run_confined(load_reduced, photo, seconds=LOAD_SECONDS)
    except ConfinementFailed as error:
        raise FileUnreadable from error


def load_reduced(photo: bytes) -> Image.Image:
    """``load_photo``, no larger than the closer look needs."""
    return _fitted(load_photo(photo), CLOSE_SIDE)


def _fitted(image: Image.Image, side: int) -> Image.Image:
    scale = side / max(image.size)
    return _scaled(image, scale) if scale < 1 else image


def _enlarged(image: Image.Image) -> Image.Image:
    scale = SMALL_SIDE / max(image.size)
    return _scaled(image, scale) if scale > 1 else image


def _scaled(image: Image.Image, scale: float) -> Image.Image:
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _without_red_ink(image: Image.Image) -> Image.Image:
    """The red channel divided by its background and stretched: seals fade, black print stays."""
    red = np.asarray(image)[:, :, 0]
    background = cv2.medianBlur(cv2.dilate(red, np.ones((15, 15), np.uint8)), 31)
    flat = np.clip(red.astype(np.float32) / np.maximum(background, 1) * 255, 0, 255)
    low, high = np.percentile(flat, (1, 90))
    stretched = np.clip((flat - low) / max(high - low, 1.0) * 255, 0, 255).astype(np.uint8)
    return Image.fromarray(stretched).convert("RGB")
