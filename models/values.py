"""Values of the field, each with its one rule. Every class here is a validated, normalised ``str``."""

import re
import unicodedata
from datetime import date
from typing import Annotated, Literal

import phonenumbers
from pydantic import AfterValidator
from stdnum.cn import uscc as stdnum_uscc  # type: ignore[import-untyped,unused-ignore]

Channel = Literal["sms", "email"]

RESIDENT_ID_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
FORBIDDEN_CHARACTERS = frozenset("Cc Cf Cs Co Cn Zl Zp".split())


def uscc(text: str) -> str:
    """Unified social credit code: 18 characters, GB 32100-2015 check digit. Raises ValueError."""
    code = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    if len(code) != 18 or not stdnum_uscc.is_valid(code):
        raise ValueError("uscc_invalid")
    return code


def resident_id(text: str) -> str:
    """Mainland resident identity number: 18 characters, GB 11643 check digit and a real birth date.

    The area code is not judged: published area lists lag behind real cards. Raises ValueError.
    """
    number = re.sub(r"\s", "", unicodedata.normalize("NFKC", text)).upper()
    if not re.fullmatch(r"\d{17}[\dX]", number) or number[-1] != resident_id_check_digit(number[:17]):
        raise ValueError("resident_id_invalid")
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError as error:
        raise ValueError("resident_id_invalid") from error
    return number


def resident_id_check_digit(first17: str) -> str:
    return "10X98765432"[sum(w * int(d) for w, d in zip(RESIDENT_ID_WEIGHTS, first17, strict=True)) % 11]


def mobile(text: str) -> str:
    """Mainland mobile number as 11 digits. Raises ValueError."""
    try:
        number = phonenumbers.parse(unicodedata.normalize("NFKC", text), "CN")
    except phonenumbers.NumberParseException as error:
        raise ValueError("mobile_invalid") from error
    kind = phonenumbers.number_type(number)
    national = str(number.national_number)
    if number.country_code != 86 or kind != phonenumbers.PhoneNumberType.MOBILE or len(national) != 11:
        raise ValueError("mobile_invalid")
    return national


def email(text: str) -> str:
    """E-mail address, lower-cased whole: accounts never differ by letter case alone. Raises ValueError."""
    address = text.strip().lower()
    if len(address) > 254 or not EMAIL.fullmatch(address):
        raise ValueError("email_invalid")
    return address


def contact(text: str) -> str:
    """A mobile number or an e-mail address: what an account is known by (A03)."""
    return email(text) if "@" in text else mobile(text)


def channel_of(address: str) -> Channel:
    return "email" if "@" in address else "sms"


def name(text: str) -> str:
    """A person or enterprise name: NFC, inner spaces kept (C12), no invisible characters. Raises ValueError."""
    cleaned = unicodedata.normalize("NFC", text).strip()
    if not 1 <= len(cleaned) <= 120 or any(unicodedata.category(c) in FORBIDDEN_CHARACTERS for c in cleaned):
        raise ValueError("name_invalid")
    return cleaned


Uscc = Annotated[str, AfterValidator(uscc)]
ResidentId = Annotated[str, AfterValidator(resident_id)]
Mobile = Annotated[str, AfterValidator(mobile)]
Contact = Annotated[str, AfterValidator(contact)]
Name = Annotated[str, AfterValidator(name)]


def masked_name(text: str) -> str:
    """``**字`` (W01): only the last character stays."""
    return "*" * max(len(text) - 1, 1) + text[-1:]


def masked_number(text: str) -> str:
    """``350*****326`` (W01)."""
    return f"{text[:3]}*****{text[-3:]}"


def masked_contact(address: str) -> str:
    """``137****3482`` for a mobile, ``734...@qq.com`` for an e-mail (W01)."""
    if "@" in address:
        local, _, domain = address.partition("@")
        return f"{local[:3]}...@{domain}"
    return f"{address[:3]}****{address[-4:]}"
