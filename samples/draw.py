"""Draws the sample pictures anew: ``python -m samples.draw``."""

from samples.files import ID_EMBLEM, ID_PORTRAIT, LICENCE
from samples.identity_card import draw_emblem_side, draw_portrait_side
from samples.licence import draw_licence
from samples.photographed import photographed

JPEG_QUALITY = 82


def main() -> None:
    photographed(draw_licence(), (1800, 1300), seed=1).save(LICENCE, quality=JPEG_QUALITY)
    photographed(draw_portrait_side(), (1400, 900), seed=2).save(ID_PORTRAIT, quality=JPEG_QUALITY)
    photographed(draw_emblem_side(), (1400, 900), seed=3).save(ID_EMBLEM, quality=JPEG_QUALITY)


if __name__ == "__main__":
    main()
