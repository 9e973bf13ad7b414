"""Recognition of printed text: what every engine offers."""

from typing import Protocol

from PIL import Image

from activities.providers.ocr.layout import TextBox


class Ocr(Protocol):
    def read(self, image: Image.Image) -> list[TextBox]:
        """The pieces of text on an RGB picture, in its pixels; upside down and sideways ones are read too."""
        ...
