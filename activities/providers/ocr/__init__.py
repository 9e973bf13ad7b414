"""Reading licences and identity cards from photographs."""

from activities.providers.ocr.engine import Ocr
from activities.providers.ocr.identity_card import read_identity_card
from activities.providers.ocr.layout import TextBox
from activities.providers.ocr.licence import read_licence

__all__ = ["Ocr", "TextBox", "read_identity_card", "read_licence"]
