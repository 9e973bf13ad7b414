"""A drawn page made to look photographed: on a table, askew, unevenly lit, slightly blurred, with sensor noise."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Pixels = NDArray[np.float32]
CORNERS = ((0.09, 0.10), (0.93, 0.06), (0.95, 0.92), (0.055, 0.945))  # of the page in the picture, clockwise


def photographed(page: Image.Image, size: tuple[int, int], seed: int) -> Image.Image:
    """The same seed gives the same picture."""
    random = np.random.default_rng(seed)
    width, height = size
    source = np.array([(0, 0), (page.width, 0), (page.width, page.height), (0, page.height)], np.float32)
    target = np.array([(x * width, y * height) for x, y in CORNERS], np.float32)
    turn = cv2.getPerspectiveTransform(source, target)
    flat = np.asarray(page).astype(np.float32)
    seen = cv2.warpPerspective(flat, turn, size, flags=cv2.INTER_AREA)
    cover = cv2.warpPerspective(np.ones(flat.shape[:2], np.float32), turn, size)
    shadow = cv2.GaussianBlur(np.roll(cover, (10, 8), (0, 1)), (0, 0), 14)
    table = _table(size, random) * (1 - 0.55 * shadow[:, :, None])
    scene = table * (1 - cover[:, :, None]) + seen * cover[:, :, None]
    taken = cv2.GaussianBlur(scene * _light(size), (0, 0), 0.7) + random.normal(0, 3.0, scene.shape)
    return Image.fromarray(np.clip(taken, 0, 255).astype(np.uint8))


def _table(size: tuple[int, int], random: np.random.Generator) -> Pixels:
    """Wood: long grain, brown."""
    width, height = size
    grain = cv2.resize(random.normal(0, 1, (height // 3, width // 90)).astype(np.float32), size)
    tone = 1 + 0.07 * cv2.GaussianBlur(grain, (0, 0), 1.2)
    return (tone[:, :, None] * np.array([128, 96, 70], np.float32)).astype(np.float32)


def _light(size: tuple[int, int]) -> Pixels:
    """A window to the upper left."""
    x, y = np.meshgrid(np.linspace(0, 1, size[0]), np.linspace(0, 1, size[1]))
    return (1.04 - 0.26 * np.hypot(x - 0.15, y - 0.1))[:, :, None].astype(np.float32)
