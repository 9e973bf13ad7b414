import io

import numpy as np
import pytest
from PIL import Image

from activities.photos import inspect_photo, load_photo
from models import limits
from models.errors import FileEmpty, FileTypeNotAccepted, FileUnreadable, ImageTooLarge, ImageTooSmall
from tests.activities.pictures import jpeg, png, png_claiming, saved, striped


def _flipped(data: bytes, at: int) -> bytes:
    return data[:at] + bytes([data[at] ^ 0xFF]) + data[at + 1 :]


def _animated() -> bytes:
    return png(striped(), save_all=True, append_images=[Image.new("RGB", (640, 480), "blue")])


def _header_claiming(data: bytes, width: int, height: int) -> bytes:
    """The JPEG with other dimensions in its start-of-frame segment."""
    at = data.index(b"\xff\xc0") + 5
    return data[:at] + height.to_bytes(2, "big") + width.to_bytes(2, "big") + data[at + 4 :]


REFUSED = {
    "empty": (b"", FileEmpty),
    "text": (b"no picture at all", FileTypeNotAccepted),
    "gif renamed": (saved(striped(), "GIF"), FileTypeNotAccepted),
    "bmp renamed": (saved(striped(), "BMP"), FileTypeNotAccepted),
    "tiff renamed": (saved(striped(), "TIFF"), FileTypeNotAccepted),
    "webp renamed": (saved(striped(), "WEBP"), FileTypeNotAccepted),
    "pdf renamed": (b"%PDF-1.7\n" + bytes(500), FileTypeNotAccepted),
    "svg with an entity": (b'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]><svg/>', FileTypeNotAccepted),
    "heic": (b"\x00\x00\x00\x18ftypheic" + bytes(200), FileTypeNotAccepted),
    "jpeg magic only": (b"\xff\xd8\xff", FileUnreadable),
    "png magic only": (b"\x89PNG\r\n\x1a\n", FileUnreadable),
    "truncated jpeg": (jpeg(striped())[:4000], FileUnreadable),
    "truncated png": (png(striped())[:700], FileUnreadable),
    "png with a bad checksum": (_flipped(png(striped()), 600), FileUnreadable),
    "animated png": (_animated(), FileTypeNotAccepted),
    "tiny": (png(striped((limits.IMAGE_SHORT_SIDE - 1, 900))), ImageTooSmall),
    "bomb of 900 megapixels": (png_claiming(30000, 30000), ImageTooLarge),
    "png of 169 megapixels": (png_claiming(13000, 13000), ImageTooLarge),
    "png just over the bound": (png_claiming(8000, 5001), ImageTooLarge),
    "jpeg claiming 65500 x 65500": (_header_claiming(jpeg(striped()), 65500, 65500), ImageTooLarge),
    "jpeg just over the bound": (_header_claiming(jpeg(striped()), 8000, 8001), ImageTooLarge),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
@pytest.mark.parametrize("judge", [inspect_photo, load_photo])
def test_c06_refuses_what_is_no_photo_by_name(case, judge):
    data, error = REFUSED[case]
    with pytest.raises(error):
        judge(data)


def test_c06_names_the_accepted_formats():
    with pytest.raises(FileTypeNotAccepted) as refusal:
        inspect_photo(b"GIF89a")
    assert refusal.value.facts == {"formats": "JPG、PNG"}


@pytest.mark.parametrize(("data", "media_type"), [(jpeg(striped()), "image/jpeg"), (png(striped()), "image/png")])
def test_c06_tells_type_and_size(data, media_type):
    assert inspect_photo(data) == (media_type, 640, 480)


@pytest.mark.parametrize("tail", [b"<script>alert(1)</script>", b"PK\x03\x04" + bytes(400)])
def test_accepts_what_stands_behind_the_picture(tail):
    assert load_photo(jpeg(striped()) + tail).size == (640, 480)


def test_accepts_a_phones_second_picture():
    two = io.BytesIO()
    striped().save(two, "MPO", save_all=True, append_images=[Image.new("RGB", (640, 480), "blue")])
    assert inspect_photo(two.getvalue()) == ("image/jpeg", 640, 480)
    assert load_photo(two.getvalue()).getpixel((5, 5))[0] > 200


@pytest.mark.parametrize(
    ("orientation", "size", "red"),
    [
        (1, (640, 480), (5, 240)),
        (3, (640, 480), (635, 240)),
        (6, (480, 640), (240, 5)),
        (8, (480, 640), (240, 635)),
    ],
)
def test_sets_the_picture_upright(orientation, size, red):
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = jpeg(striped(), exif=exif)
    assert inspect_photo(data)[1:] == size
    upright = load_photo(data)
    assert upright.size == size
    r, g, _ = upright.getpixel(red)
    assert r > 180
    assert g < 80


def test_a_broken_exif_block_does_not_spoil_the_picture():
    exif = Image.Exif()
    exif[0x0112] = 6
    data = jpeg(striped(), exif=exif)
    at = data.index(b"Exif\0\0") + 6
    broken = data[:at] + b"\xff" * 12 + data[at + 12 :]
    assert load_photo(broken).size == (640, 480)


def test_turns_every_colour_model_into_rgb():
    grey = striped().convert("L")
    wide = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257)
    for data in (jpeg(grey), png(grey), png(wide), png(striped().convert("P"))):
        picture = load_photo(data)
        assert picture.mode == "RGB"
        assert picture.getpixel((600, 470))[0] == pytest.approx(striped().getpixel((600, 470))[0], abs=12)
    cmyk = load_photo(jpeg(striped().convert("CMYK")))
    assert cmyk.mode == "RGB"
    assert cmyk.getpixel((5, 5))[0] > 180


def test_shows_what_is_transparent_on_white():
    clear = Image.new("RGBA", (400, 400), (0, 0, 0, 0))
    assert load_photo(png(clear)).getpixel((200, 200)) == (255, 255, 255)


def test_decodes_a_50_megapixel_jpeg_reduced():
    data = jpeg(Image.new("RGB", (8700, 5800), "beige"), quality=60)
    assert inspect_photo(data) == ("image/jpeg", 8700, 5800)
    assert load_photo(data).size == (4350, 2900)
