"""Pieces of text as an engine would return them, laid out by hand."""

from activities.providers.ocr import TextBox

HEIGHT = 30.0


def piece(text: str, x: float, y: float, score: float = 0.99, width: float | None = None) -> TextBox:
    """Upper left corner at (x, y); as wide as its letters unless told."""
    right, bottom = x + (width or len(text) * HEIGHT), y + HEIGHT
    return TextBox(text, score, ((x, y), (right, y), (right, bottom), (x, bottom)))


def column(text: str, x: float, y: float, bottom: float) -> TextBox:
    """Labels below each other that the engine took for one piece."""
    return TextBox(text, 0.99, ((x, y), (x + HEIGHT, y), (x + HEIGHT, bottom), (x, bottom)))
