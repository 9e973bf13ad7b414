"""Numbers with check digits as recognised: accepted, or mended where only one reading is possible, or refused.

Two substitutions are never tried: 2.2 % of them would end in another valid code.
"""

import re
import unicodedata
from collections.abc import Callable, Iterator

from models import values

USCC_NEVER = str.maketrans("IOSZV", "1052U")  # letters outside GB 32100's alphabet, by what they look like
ALIKE = ("0OQDC", "1ILT7", "2Z", "5S", "6G", "8B3", "4A", "UVW", "MNH", "XKY", "EF", "PR", "9G")
DIGIT = str.maketrans("OQDILZSGBT", "0001125687")
BUSINESS = ("91", "92", "93", "99")  # GB 32100: registered by market supervision, what a licence certifies
ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
ORGANISATION_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def runs(text: str, length: int) -> list[str]:
    """Letters and digits standing together, exactly ``length`` of them."""
    return re.findall(rf"(?<![0-9A-Z])[0-9A-Z]{{{length}}}(?![0-9A-Z])", plain(text))


def plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).upper()


def is_uscc(code: str) -> bool:
    """Both check digits: the code's own (GB 32100) and that of the organisation code inside (GB 11714)."""
    return _holds(values.uscc, code) and code[16] == _organisation_digit(code[8:16])


def _organisation_digit(first8: str) -> str:
    total = sum(ORGANISATION_ALPHABET.index(c) * w for c, w in zip(first8, ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def mended_uscc(run: str) -> str | None:
    """The one business code that look-alike characters can stand for, at most one beyond the forced ones."""
    forced = run.translate(USCC_NEVER)
    forced = forced[:2] + forced[2:8].translate(DIGIT) + forced[8:]
    candidates = {forced} if is_uscc(forced) else {code for code in _one_substitution(forced) if is_uscc(code)}
    business = [code for code in candidates if code.startswith(BUSINESS)]
    return business[0] if len(business) == 1 else None


def is_resident_id(number: str) -> bool:
    return _holds(values.resident_id, number)


def mended_resident_id(run: str, birth_date: str | None) -> str | None:
    """Letters taken for the digits they look like, nothing more: one check digit is no ground for guessing.

    ``birth_date`` (YYYYMMDD) as printed elsewhere on the card: what is mended must agree with it.
    """
    forced = run[:17].translate(DIGIT) + run[17].replace("K", "X")
    return forced if is_resident_id(forced) and birth_date in (None, forced[6:14]) else None


def is_registration_number(number: str) -> bool:
    """Before 2015: 13 digits (older, without a check digit) or 15, GS 15-2006, ISO 7064 MOD 11,10."""
    if not re.fullmatch(r"\d{13}|\d{15}", number):
        return False
    remainder = 10
    for digit in number[:14]:
        remainder = ((remainder + int(digit)) % 10 or 10) * 2 % 11
    return len(number) == 13 or (remainder + int(number[14])) % 10 == 1


def _one_substitution(code: str) -> Iterator[str]:
    for place, character in enumerate(code):
        for other in {o for group in ALIKE if character in group for o in group} - {character}:
            yield code[:place] + other + code[place + 1 :]


def _holds(rule: Callable[[str], str], text: str) -> bool:
    try:
        return rule(text) == text
    except ValueError:
        return False
