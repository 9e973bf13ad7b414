"""Every number of the business rules, each with the requirement it comes from."""

from datetime import timedelta
from typing import NamedTuple

MEBIBYTE = 1024 * 1024


class UploadLimit(NamedTuple):
    """What one document kind may be: accepted formats (names of the field's file types) and size in bytes."""

    formats: tuple[str, ...]
    size: int


# Z2: keyed by (process, document kind); a contract's document is the platform's own bound.
UPLOADS = {
    ("enterprise_verification", "licence"): UploadLimit(("jpeg", "png"), 10 * MEBIBYTE),  # C06
    ("enterprise_verification", "id_portrait"): UploadLimit(("jpeg", "png"), 10 * MEBIBYTE),  # C06, C07
    ("enterprise_verification", "id_emblem"): UploadLimit(("jpeg", "png"), 10 * MEBIBYTE),  # C06, C07
    ("contract_signing", "contract_document"): UploadLimit(("pdf",), 20 * MEBIBYTE),
    ("validation", "signed_document"): UploadLimit(("pdf",), 50 * MEBIBYTE),
}
JPEG_PIXELS = 64_000_000
PNG_PIXELS = 40_000_000
IMAGE_SHORT_SIDE = 300
CONTRACT_PAGES = 300

VERIFICATION_WINDOW = timedelta(days=7)  # C15
CODE_LIFETIME = timedelta(minutes=5)
CODE_ATTEMPTS = 5
CODE_RESEND = timedelta(seconds=60)
CODES_PER_HOUR = 5
CODES_PER_DAY = 10
LOGIN_ATTEMPTS = 5
LOGIN_LOCK = timedelta(minutes=30)
SESSION_IDLE = timedelta(minutes=30)
SESSION_LIFETIME = timedelta(hours=12)
PASSWORD_LENGTH = (6, 18)  # A08
PASSWORD_HASHES_AT_ONCE = 2
JSON_BODY = MEBIBYTE
MULTIPART_BODY = 55 * MEBIBYTE
IDEMPOTENCY_RETENTION = timedelta(days=7)
SIGNING_DEADLINE = timedelta(days=30)
SIGNING_DEADLINE_MAX = timedelta(days=365)
PARTIES_MAX = 50
EVENT_CERTIFICATE_LIFETIME = timedelta(hours=1)
ENTERPRISE_CERTIFICATE_LIFETIME = timedelta(days=365)  # C17, O16
