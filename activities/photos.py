"""Photographs people upload: JPEG and PNG, judged and decoded. Untrusted bytes: call by ``run_confined``."""

import io
import warnings
from typing import Literal, NamedTuple

from PIL import Image

from models import limits
from models.errors import FileEmpty, FileTypeNotAccepted, FileUnreadable, ImageTooLarge, ImageTooSmall

ACCEPTED = "JPG、PNG"
MAGIC: dict[bytes, Literal["JPEG", "PNG"]] = {b"\xff\xd8\xff": "JPEG", b"\x89PNG\r\n\x1a\n": "PNG"}
PIXELS = {"JPEG": limits.JPEG_PIXELS, "PNG": limits.PNG_PIXELS}
DRAFT_SIDE = 1600
EXIF_ORIENTATION = 0x0112
UPRIGHT = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
SIDEWAYS = frozenset({5, 6, 7, 8})


class PhotoFacts(NamedTuple):
    """``width`` and ``height`` in pixels as a viewer shows it, that is after the EXIF orientation."""

    media_type: str
    width: int
    height: int


def inspect_photo(data: bytes) -> PhotoFacts:
    """Decode the whole picture to prove that it is one.

    Raises FileEmpty, FileTypeNotAccepted, ImageTooLarge, ImageTooSmall, FileUnreadable.
    """
    image = _opened(data)
    width, height = image.size
    _decode(image)
    if _orientation(image) in SIDEWAYS:
        width, height = height, width
    return PhotoFacts(f"image/{_format(data).lower()}", width, height)


def load_photo(data: bytes) -> Image.Image:
    """The picture upright, in RGB, on white; a large JPEG comes reduced, its short side still ``DRAFT_SIDE``.

    Raises as ``inspect_photo`` does.
    """
    image = _opened(data)
    _decode(image)
    turn = UPRIGHT.get(_orientation(image))
    return _in_rgb(image if turn is None else image.transpose(turn))


def _format(data: bytes) -> Literal["JPEG", "PNG"]:
    if not data:
        raise FileEmpty
    for magic, name in MAGIC.items():
        if data.startswith(magic):
            return name
    raise FileTypeNotAccepted(formats=ACCEPTED)


def _opened(data: bytes) -> Image.Image:
    """The header read and judged; no pixel decoded yet."""
    name = _format(data)
    try:
        with warnings.catch_warnings(action="ignore"):  # the bounds below are stricter than Pillow's warning
            image = Image.open(io.BytesIO(data), formats=[name])
    except Image.DecompressionBombError as error:
        raise ImageTooLarge(limit=PIXELS[name]) from error
    except Exception as error:  # a decoder may raise anything on hostile bytes
        raise FileUnreadable from error
    if image.width * image.height > PIXELS[name]:
        raise ImageTooLarge(limit=PIXELS[name])
    if min(image.size) < limits.IMAGE_SHORT_SIDE:
        raise ImageTooSmall(limit=limits.IMAGE_SHORT_SIDE)
    # Phones append a second picture to a JPEG (MPO); only an animated PNG leaves open which picture is meant.
    if name == "PNG" and getattr(image, "n_frames", 1) > 1:
        raise FileTypeNotAccepted(formats=ACCEPTED)
    return image


def _decode(image: Image.Image) -> None:
    image.draft(None, (DRAFT_SIDE, DRAFT_SIDE))
    try:
        image.load()
    except Exception as error:  # as above
        raise FileUnreadable from error


def _orientation(image: Image.Image) -> int:
    """EXIF orientation 1 to 8; a broken EXIF block does not spoil the picture and counts as upright."""
    try:
        with warnings.catch_warnings(action="ignore"):
            return int(image.getexif().get(EXIF_ORIENTATION, 1))
    except Exception:
        return 1


def _in_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        return image.point(lambda level: level / 256).convert("L").convert("RGB")
    if "A" in image.mode or "transparency" in image.info:
        page = Image.new("RGBA", image.size, "white")
        return Image.alpha_composite(page, image.convert("RGBA")).convert("RGB")
    return image.convert("RGB")
