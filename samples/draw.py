"""Draws the sample pictures anew: ``python -m samples.draw``."""

from pathlib import Path

from PIL import Image

from samples.identity_card import draw_emblem_side, draw_portrait_side
from samples.licence import draw_licence
from samples.photographed import photographed

FOLDER = Path(__file__).parent
JPEG_QUALITY = 82


def main() -> None:
    _save("licence", photographed(draw_licence(), (1800, 1300), seed=1))
    _save("id_portrait", photographed(draw_portrait_side(), (1400, 900), seed=2))
    _save("id_emblem", photographed(draw_emblem_side(), (1400, 900), seed=3))


def _save(name: str, picture: Image.Image) -> None:
    picture.save(FOLDER / f"{name}.jpg", quality=JPEG_QUALITY)


if __name__ == "__main__":
    main()
