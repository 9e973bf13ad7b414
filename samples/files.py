"""Where the sample files lie."""

from pathlib import Path

FOLDER = Path(__file__).parent
LICENCE = FOLDER / "licence.jpg"
ID_PORTRAIT = FOLDER / "id_portrait.jpg"
ID_EMBLEM = FOLDER / "id_emblem.jpg"
CONTRACT = FOLDER / "contract.pdf"
