"""The engine that ships its own weights; imported by the OCR worker alone, for it takes 0.2 s and 0.1 GB to load."""

import threading
from pathlib import Path

import numpy as np
import rapidocr
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from rapidocr.utils.output import RapidOCROutput

from activities.providers.ocr.layout import Point, TextBox

WEIGHTS = Path(rapidocr.__file__).parent / "models"
PINNED = {
    "Global.log_level": "error",  # its lines quote what was read
    "Det.model_path": str(WEIGHTS / "PP-OCRv6_det_small.onnx"),
    "Rec.model_path": str(WEIGHTS / "PP-OCRv6_rec_small.onnx"),
    "Cls.model_path": str(WEIGHTS / "ch_ppocr_mobile_v2.0_cls_mobile.onnx"),
    "EngineConfig.onnxruntime.intra_op_num_threads": 2,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
}


class RapidOcr:
    """PP-OCRv6 small on ONNX Runtime, weights in the wheel, no network. One picture at a time: 0.7 GB.

    The engine loads its weights at the first text it meets; one is shown to it here, so that no person waits.
    """

    def __init__(self) -> None:
        self._engine = rapidocr.RapidOCR(params=PINNED)
        self._turn = threading.Lock()
        page = Image.new("RGB", (320, 160), "white")
        ImageDraw.Draw(page).text((40, 40), "2026", fill="black", font_size=64)
        self.read(page)

    def read(self, image: Image.Image) -> list[TextBox]:
        pixels = np.ascontiguousarray(np.asarray(image)[:, :, ::-1])
        with self._turn:
            found = self._engine(pixels)
        if not isinstance(found, RapidOCROutput) or found.boxes is None or not found.txts or not found.scores:
            return []
        return [
            TextBox("".join(text.split()), float(score), _corners(box))
            for box, text, score in zip(found.boxes, found.txts, found.scores, strict=True)
        ]


def _corners(box: NDArray[np.float32]) -> tuple[Point, Point, Point, Point]:
    a, b, c, d = ((float(x), float(y)) for x, y in box)
    return a, b, c, d
