"""Pages as pictures, marks included."""

import io
import threading

import pypdfium2

from models.errors import FileUnreadable, ResourceNotFound

POINTS_PER_INCH = 72
PIXELS_MAX = 30_000_000
PNG_COMPRESSION = 3
PDFIUM = threading.Lock()  # the library keeps global state


def render_page(data: bytes, page: int, dpi: int = 100) -> bytes:
    """Page ``page`` (from 1) as PNG with the appearances of all fields.

    Raises FileUnreadable, ResourceNotFound for a page the document does not have.
    """
    with PDFIUM:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise FileUnreadable from error
        try:
            return _rendered(document, page, dpi)
        except pypdfium2.PdfiumError as error:
            raise FileUnreadable from error
        finally:
            document.close()


def _rendered(document: pypdfium2.PdfDocument, number: int, dpi: int) -> bytes:
    if not 1 <= number <= len(document):
        raise ResourceNotFound
    document.init_forms()
    page = document[number - 1]
    width, height = page.get_size()
    scale = dpi / POINTS_PER_INCH
    scale = min(scale, (PIXELS_MAX / max(width * height, 1)) ** 0.5)
    picture = page.render(scale=scale, may_draw_forms=True).to_pil()
    png = io.BytesIO()
    picture.save(png, "PNG", compress_level=PNG_COMPRESSION)
    return png.getvalue()
