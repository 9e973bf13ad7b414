"""Which fields are read right on a folder of licence photographs, and how fast.

``python -m bench.ocr --images DIR --truth FILE``; exit 1 if a code was accepted that is not the printed one.
"""

import argparse
import json
import statistics
import sys
import time
import unicodedata
from pathlib import Path

from activities.providers.ocr import Ocr, read_licence
from activities.providers.ocr.rapid import RapidOcr
from models.errors import BusinessError
from models.recognition import LicenceReading

FIELDS = ("name", "uscc", "registration_number", "legal_representative", "kind", "term")
CODES = ("uscc", "registration_number")


def main() -> int:
    arguments = _arguments()
    truths = json.loads(arguments.truth.read_text())["licences"]
    ocr = RapidOcr()
    first = next(iter(truths))
    read_licence(ocr, (arguments.images / first).read_bytes())
    seconds, right, asked, wrong_codes = [], dict.fromkeys(FIELDS, 0), dict.fromkeys(FIELDS, 0), 0
    for file, truth in truths.items():
        start = time.perf_counter()
        values = _values(ocr, (arguments.images / file).read_bytes())
        seconds.append(time.perf_counter() - start)
        marks = {field: _mark(values.get(field), truth, field) for field in FIELDS}
        for field, mark in marks.items():
            asked[field] += bool(truth.get(field))
            right[field] += mark == "right"
            wrong_codes += field in CODES and mark == "wrong"
        say(f"{file:24} {seconds[-1]:5.2f} s  " + "  ".join(f"{f}: {m}" for f, m in marks.items() if m))
    say("\n" + "   ".join(f"{field} {right[field]}/{asked[field]}" for field in FIELDS))
    say(f"warm median {statistics.median(seconds):.2f} s, slowest {max(seconds):.2f} s")
    say(f"wrong codes accepted: {wrong_codes}")
    return 1 if wrong_codes else 0


def say(line: str) -> None:
    sys.stdout.write(line + "\n")


def _values(ocr: Ocr, photo: bytes) -> dict[str, str | None]:
    try:
        reading = read_licence(ocr, photo)
    except BusinessError as error:
        say(f"refused: {error.code}")
        return {}
    return {field: _proposed(reading, field) for field in FIELDS}


def _proposed(reading: LicenceReading, field: str) -> str | None:
    found = getattr(reading, field).value
    return found if isinstance(found, str) else None


def _mark(value: str | None, truth: dict[str, str | None], field: str) -> str:
    """Empty if neither holds anything; a field that the truth file does not name is not judged, codes always are."""
    if field not in truth and field not in CODES:
        return ""
    expected = truth.get(field)
    if value is None:
        return "missing" if expected else ""
    return "right" if expected and _same(value, expected) else "wrong"


def _same(one: str, other: str) -> bool:
    return unicodedata.normalize("NFKC", one) == unicodedata.normalize("NFKC", other)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=Path, required=True)
    parser.add_argument("--truth", type=Path, required=True)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
