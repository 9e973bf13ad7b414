"""Geometry of recognised text: which way is up, which pieces stand on one line, what follows a label."""

import math
import re
import statistics
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import combinations, pairwise
from typing import NamedTuple

TILTED_DEGREES = 9.0  # beyond it a text does not belong to the page: a watermark, a seal's rim
COLUMN_GAP = 2.0  # in heights of the text: a value does not reach over it
Point = tuple[float, float]


class TextBox(NamedTuple):
    """A piece of text with the four corners of its quadrangle, clockwise, in pixels (y downwards)."""

    text: str
    score: float
    corners: tuple[Point, Point, Point, Point]

    @property
    def left(self) -> Point:
        return _middle(sorted(self.corners)[:2])

    @property
    def right(self) -> Point:
        return _middle(sorted(self.corners)[2:])

    @property
    def height(self) -> float:
        by_x = sorted(self.corners)
        return (math.dist(by_x[0], by_x[1]) + math.dist(by_x[2], by_x[3])) / 2

    @property
    def width(self) -> float:
        return math.dist(self.left, self.right)

    @property
    def centre(self) -> Point:
        return _middle(self.corners)

    @property
    def angle(self) -> float | None:
        """Degrees of the longer side, in (-90, 90]; none for what is nearly a square."""
        a, b, c, _ = self.corners
        along, across = (b[0] - a[0], b[1] - a[1]), (c[0] - b[0], c[1] - b[1])
        if max(math.hypot(*along), math.hypot(*across)) < 1.5 * min(math.hypot(*along), math.hypot(*across)):
            return None
        x, y = max(along, across, key=lambda side: math.hypot(*side))
        return 90 - (90 - math.degrees(math.atan2(y, x))) % 180

    def turned(self, degrees: float) -> "TextBox":
        """Turned about the origin, clockwise as the picture is seen."""
        sine, cosine = math.sin(math.radians(degrees)), math.cos(math.radians(degrees))
        a, b, c, d = ((x * cosine - y * sine, x * sine + y * cosine) for x, y in self.corners)
        return self._replace(corners=(a, b, c, d))


def _middle(points: Sequence[Point]) -> Point:
    return statistics.fmean(p[0] for p in points), statistics.fmean(p[1] for p in points)


def quarter_turns(boxes: Sequence[TextBox], anchors: Sequence[str]) -> int:
    """How many clockwise quarter turns set the page upright.

    ``anchors`` are patterns of printed words in their order from the top of the page to its foot.
    """
    angles = [box.angle for box in boxes if len(box.text) >= 4]
    lying = [abs(angle) > 45 for angle in angles if angle is not None]
    candidates = (1, 3) if lying and statistics.fmean(lying) > 0.5 else (0, 2)
    return max(candidates, key=lambda turns: _in_order([b.turned(90 * turns) for b in boxes], anchors))


def _in_order(boxes: Sequence[TextBox], anchors: Sequence[str]) -> int:
    """Pairs of anchors found one above the other as printed, less those found upside down."""
    heights = [min(found) for anchor in anchors if (found := [box.centre[1] for box in matching(boxes, anchor)])]
    return sum(1 if above < below else -1 for above, below in combinations(heights, 2))


def matching(boxes: Iterable[TextBox], pattern: str) -> list[TextBox]:
    return [box for box in boxes if re.search(pattern, box.text)]


def levelled(boxes: Sequence[TextBox], anchors: Sequence[str]) -> list[TextBox]:
    """The page's own texts with its tilt taken out; the tilt is that of the anchors.

    The longest texts would not do: a watermark in tiles outweighs what is printed on an identity card.
    """
    known = [box for anchor in anchors for box in matching(boxes, anchor)]
    angles = [angle for box in known or boxes if (angle := box.angle) is not None and abs(angle) < 45]
    tilt = statistics.median(angles) if angles else 0.0
    return [
        piece
        for box in boxes
        for piece in _letters(box.turned(-tilt))
        if piece.angle is None or abs(piece.angle) <= TILTED_DEGREES or len(piece.text) == 1
    ]


def _letters(box: TextBox) -> Iterator[TextBox]:
    """Labels below each other, recognised as one column, come apart into their letters."""
    count = len(box.text)
    if not 2 <= count <= 4 or box.angle is None or abs(box.angle) < 90 - TILTED_DEGREES:
        yield box
        return
    (x0, x1), top, bottom = (box.left[0], box.right[0]), *_span(box)
    step = (bottom - top) / count
    for number, letter in enumerate(box.text):
        y0, y1 = top + number * step, top + (number + 1) * step
        yield TextBox(letter, box.score, ((x0, y0), (x1, y0), (x1, y1), (x0, y1)))


def _span(box: TextBox) -> tuple[float, float]:
    ys = [y for _, y in box.corners]
    return min(ys), max(ys)


class Line(NamedTuple):
    """Pieces standing side by side, left to right."""

    boxes: tuple[TextBox, ...]

    @property
    def text(self) -> str:
        return "".join(box.text for box in self.boxes)

    @property
    def score(self) -> float:
        return min(box.score for box in self.boxes)


def lines(boxes: Sequence[TextBox]) -> list[Line]:
    """Every piece in exactly one line, lines from top to bottom."""
    following = _neighbours(boxes)
    firsts = set(range(len(boxes))) - set(following.values())
    found = []
    for first in sorted(firsts, key=lambda index: boxes[index].left[1]):
        chain = [first]
        while chain[-1] in following:
            chain.append(following[chain[-1]])
        found.append(Line(tuple(boxes[index] for index in chain)))
    return found


def _neighbours(boxes: Sequence[TextBox]) -> dict[int, int]:
    """Left piece → right piece; nearest pairs first, each piece once on either side."""
    pairs = sorted(
        (distance, i, j)
        for i, left in enumerate(boxes)
        for j, right in enumerate(boxes)
        if i != j and (distance := _gap(left, right)) is not None
    )
    following: dict[int, int] = {}
    taken: set[int] = set()
    for _, i, j in pairs:
        if i not in following and j not in taken:
            following[i] = j
            taken.add(j)
    return following


def _gap(left: TextBox, right: TextBox) -> float | None:
    """How far ``right`` begins behind ``left`` on the same line; none if it does not."""
    low, high = sorted((left.height, right.height))
    across = right.left[0] - left.right[0]
    down = abs(right.left[1] - left.right[1])
    if high > 2.2 * low or across < -0.6 * low or down > 0.5 * high or right.centre[0] <= left.centre[0]:
        return None
    return max(across, 0.0) + 3 * down


class Entry(NamedTuple):
    """What stands behind a label: ``boxes`` hold it, the first of them perhaps beginning with the label."""

    label: str
    text: str
    boxes: tuple[TextBox, ...]

    @property
    def score(self) -> float:
        return min((box.score for box in self.boxes), default=0.0)


def entries(found: Iterable[Line], labels: Mapping[str, str]) -> list[Entry]:
    """Lines cut at their labels (name → pattern); a label counts only where a piece of text begins."""
    anywhere = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in labels.items()))
    return [entry for line in found for entry in _entries_of(line, anywhere)]


def _entries_of(line: Line, labels: re.Pattern[str]) -> Iterator[Entry]:
    starts = [sum(len(box.text) for box in line.boxes[:number]) for number in range(len(line.boxes))]
    cuts: list[tuple[str, int, int]] = []
    for start in starts:
        found = labels.match(line.text, start)
        if found and found.lastgroup and (not cuts or start >= cuts[-1][2]):
            cuts.append((found.lastgroup, start, found.end()))
    for number, (label, _, begin) in enumerate(cuts):
        end = cuts[number + 1][1] if number + 1 < len(cuts) else len(line.text)
        pieces = [(box, at) for box, at in zip(line.boxes, starts, strict=True) if at < end]
        pieces = [(box, at) for box, at in pieces if at + len(box.text) > begin]
        for (box, _), (after, at) in pairwise(pieces):
            if after.left[0] - box.right[0] > COLUMN_GAP * box.height:
                pieces, end = [piece for piece in pieces if piece[1] < at], at
                break
        yield Entry(label, line.text[begin:end].lstrip(":："), tuple(box for box, _ in pieces))
