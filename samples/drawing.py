"""Drawing aids of the sample pictures: print and red ink on paper."""

import math
from functools import cache
from typing import Literal

import pylopdf_fonts_zh_cn as fonts
from PIL import Image, ImageChops, ImageDraw, ImageFont

Colour = tuple[int, int, int]
Face = Literal["sans", "serif"]
INK: Colour = (32, 30, 30)
SEAL_RED: Colour = (200, 30, 38)


@cache
def font(face: Face, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(fonts.serif_path() if face == "serif" else fonts.sans_path()), size)


class Sheet:
    """A page to print on; positions are the left end of a line's middle, in pixels."""

    def __init__(self, size: tuple[int, int], paper: Colour) -> None:
        self.image = Image.new("RGB", size, paper)
        self.draw = ImageDraw.Draw(self.image)

    def text(self, at: tuple[float, float], words: str, size: int, colour: Colour = INK, face: Face = "serif") -> None:
        self.draw.text(at, words, font=font(face, size), fill=colour, anchor="lm")

    def bold(self, at: tuple[float, float], words: str, size: int, colour: Colour = INK, face: Face = "serif") -> None:
        self.draw.text(
            at, words, font=font(face, size), fill=colour, anchor="lm", stroke_width=size // 40 + 1, stroke_fill=colour
        )

    def centred(self, at: tuple[float, float], words: str, size: int, colour: Colour = INK) -> None:
        self.draw.text(at, words, font=font("serif", size), fill=colour, anchor="mm")

    def spread(self, at: tuple[float, float], words: str, width: float, size: int, colour: Colour = INK) -> None:
        """The letters over the whole width, as printed labels are."""
        step = (width - size) / max(len(words) - 1, 1)
        for number, letter in enumerate(words):
            self.bold((at[0] + number * step, at[1]), letter, size, colour)

    def paragraph(self, at: tuple[float, float], words: str, per_line: int, size: int, leading: float) -> None:
        for number, start in enumerate(range(0, len(words), per_line)):
            self.text((at[0], at[1] + number * leading), words[start : start + per_line], size)


def lay_ink(page: Image.Image, layer: Image.Image, centre: tuple[int, int]) -> None:
    """Ink takes light away: what was printed black under it stays black."""
    corner = (centre[0] - layer.width // 2, centre[1] - layer.height // 2)
    ink = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    under = page.crop((*corner, corner[0] + layer.width, corner[1] + layer.height))
    page.paste(ImageChops.multiply(under, ink), corner)


def round_seal(words: str, diameter: int, opacity: float = 0.8) -> Image.Image:
    """A registry's round red seal on a transparent layer, the words along the rim, a star inside."""
    layer = Image.new("RGBA", (diameter, diameter))
    draw = ImageDraw.Draw(layer)
    alpha = round(255 * opacity)
    draw.ellipse((2, 2, diameter - 3, diameter - 3), outline=(*SEAL_RED, alpha), width=max(diameter // 40, 2))
    radius = diameter * 0.39
    size = diameter // 8
    for number, letter in enumerate(words):
        angle = math.radians(-210 + 240 * number / max(len(words) - 1, 1))
        glyph = Image.new("RGBA", (size * 2, size * 2))
        ImageDraw.Draw(glyph).text((size, size), letter, font=font("serif", size), fill=(*SEAL_RED, alpha), anchor="mm")
        glyph = glyph.rotate(-math.degrees(angle) - 90, resample=Image.Resampling.BICUBIC)
        x, y = diameter / 2 + radius * math.cos(angle), diameter / 2 + radius * math.sin(angle)
        layer.alpha_composite(glyph, (round(x - size), round(y - size)))
    draw.polygon(_star(diameter / 2, diameter * 0.16), fill=(*SEAL_RED, alpha))
    return layer


def _star(centre: float, radius: float) -> list[tuple[float, float]]:
    return [
        (
            centre + radius * (1 if point % 2 == 0 else 0.38) * math.sin(math.pi * point / 5),
            centre - radius * (1 if point % 2 == 0 else 0.38) * math.cos(math.pi * point / 5),
        )
        for point in range(10)
    ]
