"""Where a mark stands on a page: from what the reader sees to what the file stores."""

from typing import Any, NamedTuple

from pydantic import BaseModel, Field

from activities.seals.artwork import SealArtwork
from models.errors import PlacementOutsidePage

EDGE_TOLERANCE = 0.01


class PageSize(BaseModel):
    """A page as it is seen: cropped, turned, in PDF points."""

    width: float
    height: float


class Placement(BaseModel):
    """The centre of a mark, in PDF points from the lower left of the visible page.

    Without ``width`` and ``height`` the mark has its own size; one of them alone keeps its proportions.
    """

    page: int = Field(ge=1)
    x: float
    y: float
    width: float | None = Field(default=None, gt=0)
    height: float | None = Field(default=None, gt=0)

    def size_of(self, artwork: SealArtwork) -> tuple[float, float]:
        proportion = artwork.height / artwork.width
        if self.width is not None:
            return self.width, self.height or self.width * proportion
        if self.height is not None:
            return self.height / proportion, self.height
        return artwork.width, artwork.height


class PartyMark(BaseModel):
    """One party's mark: the first placement becomes its signature field, the others read-only buttons."""

    field_name: str = Field(pattern=r"^[A-Za-z0-9_-]{1,60}$")
    placements: list[Placement] = Field(min_length=1)
    artwork: SealArtwork


class Rectangle(NamedTuple):
    """Lower left and upper right corner in the page's own space."""

    left: float
    bottom: float
    right: float
    top: float


class VisiblePage(NamedTuple):
    """The window of a page's own space that a reader sees, and how it is turned (clockwise degrees)."""

    window: Rectangle
    rotation: int
    unit: float

    @classmethod
    def of(cls, page: Any) -> "VisiblePage":
        """From a normalised pikepdf page, which carries its boxes itself."""
        window = Rectangle(*(float(edge) for edge in page.CropBox))
        return cls(window, int(page.get("/Rotate", 0)), float(page.get("/UserUnit", 1)))

    @property
    def size(self) -> PageSize:
        width = (self.window.right - self.window.left) * self.unit
        height = (self.window.top - self.window.bottom) * self.unit
        return PageSize(width=height, height=width) if self.rotation % 180 else PageSize(width=width, height=height)

    def rectangle(self, placement: Placement, size: tuple[float, float]) -> Rectangle:
        """The mark's rectangle in the page's own space; raises PlacementOutsidePage."""
        half_width, half_height = size[0] / 2, size[1] / 2
        seen = self.size
        inside = (
            half_width - EDGE_TOLERANCE <= placement.x <= seen.width - half_width + EDGE_TOLERANCE
            and half_height - EDGE_TOLERANCE <= placement.y <= seen.height - half_height + EDGE_TOLERANCE
        )
        if not inside:
            raise PlacementOutsidePage(page=placement.page, width=seen.width, height=seen.height)
        lower = self._own_point(placement.x - half_width, placement.y - half_height)
        upper = self._own_point(placement.x + half_width, placement.y + half_height)
        return Rectangle(
            min(lower[0], upper[0]), min(lower[1], upper[1]), max(lower[0], upper[0]), max(lower[1], upper[1])
        )

    def _own_point(self, x: float, y: float) -> tuple[float, float]:
        x, y = x / self.unit, y / self.unit
        left, bottom, right, top = self.window
        match self.rotation:
            case 90:
                return right - y, bottom + x
            case 180:
                return right - x, top - y
            case 270:
                return left + y, top - x
            case _:
                return left + x, bottom + y
