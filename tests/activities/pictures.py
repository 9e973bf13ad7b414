"""Pictures for tests as files, good and bad."""

import io
import struct
import zlib

from PIL import Image


def jpeg(image: Image.Image, **options: object) -> bytes:
    return _saved(image, "JPEG", options)


def png(image: Image.Image, **options: object) -> bytes:
    return _saved(image, "PNG", options)


def saved(image: Image.Image, format: str) -> bytes:
    return _saved(image, format, {})


def striped(size: tuple[int, int] = (640, 480)) -> Image.Image:
    """Left third red, the rest a gradient: its orientation shows, its JPEG is not trivial."""
    image = Image.linear_gradient("L").resize(size).convert("RGB")
    image.paste((220, 20, 20), (0, 0, size[0] // 3, size[1]))
    return image


def png_claiming(width: int, height: int) -> bytes:
    """A PNG of one bit a pixel, all zero: megapixels in kilobytes."""
    row = zlib.compressobj(9)
    packed = b"".join(row.compress(bytes((width + 7) // 8 + 1)) for _ in range(height)) + row.flush()
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", packed), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, body) for kind, body in chunks)


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def _saved(image: Image.Image, format: str, options: dict[str, object]) -> bytes:
    file = io.BytesIO()
    image.save(file, format, **options)  # type: ignore[arg-type]
    return file.getvalue()
