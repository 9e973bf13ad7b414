"""A drawn mark: vector operators that a PDF and an SVG preview share."""

import re

from pydantic import BaseModel

POINTS_PER_MM = 72 / 25.4
DRAWING = re.compile(rb"(?P<numbers>(?:-?[\d.]+ )*)(?P<operator>[A-Za-z]+\*?)\s")
SVG_COMMANDS = {b"m": "M", b"l": "L", b"c": "C", b"h": "Z"}


class SealArtwork(BaseModel):
    """``operators`` is a PDF content stream of absolute paths in points, origin at the lower left.

    It uses only ``rg RG w j`` to set up, ``m l c h`` to go and ``f f* B`` to paint, so that other renderers
    can read it too. ``version`` names the rules it was drawn by.
    """

    width_mm: float
    height_mm: float
    operators: bytes
    version: str

    @property
    def width(self) -> float:
        """In points."""
        return self.width_mm * POINTS_PER_MM

    @property
    def height(self) -> float:
        """In points."""
        return self.height_mm * POINTS_PER_MM

    def to_svg(self) -> str:
        """A standalone SVG picture of the same paths."""
        body = "".join(_svg_paths(self.operators))
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{self.width_mm:g}mm" height="{self.height_mm:g}mm" '
            f'viewBox="0 0 {self.width:.3f} {self.height:.3f}">'
            f'<g transform="matrix(1 0 0 -1 0 {self.height:.3f})">{body}</g></svg>'
        )


def _svg_paths(operators: bytes) -> list[str]:
    paths: list[str] = []
    outline: list[str] = []
    colour, line_width = "#000000", "0"
    for step in DRAWING.finditer(operators + b"\n"):
        numbers, operator = step["numbers"].decode().split(), step["operator"]
        if operator in SVG_COMMANDS:
            outline.append(SVG_COMMANDS[operator] + " ".join(numbers))
        elif operator == b"rg":
            colour = "#" + "".join(f"{round(float(part) * 255):02x}" for part in numbers)
        elif operator == b"w":
            line_width = numbers[0]
        elif operator in (b"f", b"f*", b"B"):
            rule = ' fill-rule="evenodd"' if operator == b"f*" else ""
            pen = f' stroke="{colour}" stroke-width="{line_width}"' if operator == b"B" else ""
            paths.append(f'<path d="{"".join(outline)}" fill="{colour}"{rule}{pen}/>')
            outline = []
    return paths
