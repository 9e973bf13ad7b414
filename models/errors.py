"""Every business refusal, named by its situation, in one tree of coarse categories.

``api/errors.py`` turns a category into an HTTP status; ``models/wording.py`` holds the words by ``code``.
A refusal carries facts (``facts``) that the words or the caller need; never unmasked personal data.
"""

import re
from typing import ClassVar


class BusinessError(Exception):
    """A refusal the person can understand and act on; anything else raised is a fault of ours."""

    code: ClassVar[str] = "business_error"

    def __init_subclass__(cls) -> None:
        cls.code = re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()

    def __init__(self, **facts: object) -> None:
        super().__init__(self.code)
        self.facts = facts


class Invalid(BusinessError):
    """The request is understood and its content refused."""


class Unauthenticated(BusinessError):
    """Nobody known is asking."""


class Forbidden(BusinessError):
    """Known, but not this act."""


class NotFound(BusinessError):
    """No such thing, or not the caller's to see."""


class Conflict(BusinessError):
    """Not possible in the present state."""


class TooMany(BusinessError):
    """A bounded number of tries or sends is used up; ``retry_after`` seconds in facts where waiting helps."""


class TooLarge(BusinessError):
    """More bytes, pixels or pages than the limit."""


class UnsupportedType(BusinessError):
    """Not one of the accepted file types."""


class Unavailable(BusinessError):
    """A part we depend on did not answer; the act may still be applied."""


# Requests
class RequestInvalid(Invalid): ...


class ResourceNotFound(NotFound): ...


class EventNotAllowed(Conflict):
    """The process is in ``state``; ``allowed`` lists the acts possible now."""


class IdempotencyKeyMissing(Invalid): ...


class IdempotencyKeyReused(Invalid): ...


class RequestInFlight(Conflict): ...


class PreconditionFailed(Conflict): ...


class MethodNotAllowed(Invalid):
    """``allowed`` lists the HTTP methods the address has."""


class BodyTooLarge(TooLarge): ...


class MediaTypeNotAccepted(UnsupportedType): ...


class EngineUnavailable(Unavailable): ...


class DatabaseUnavailable(Unavailable): ...


# Accounts (A)
class LoginRequired(Unauthenticated): ...


class CredentialsWrong(Unauthenticated): ...


class AccountLocked(TooMany): ...


class AccountExists(Conflict): ...


class PasswordTooWeak(Invalid): ...


class ContactOfAnotherAccount(Forbidden): ...


# Codes
class CodeWrong(Invalid):
    """``attempts_left`` tells how many tries the challenge still has."""


class CodeExpired(Invalid): ...


class CodeUsedUp(TooMany): ...


class CodeSentTooOften(TooMany): ...


class RecipientRefused(Invalid):
    """The partner never delivers to this number or mailbox; ``channel`` says which kind."""


# Files
class FileEmpty(Invalid): ...


class FileTooLarge(TooLarge): ...


class ImageTooLarge(TooLarge): ...


class ImageTooSmall(Invalid): ...


class DocumentTooLong(TooLarge): ...


class FileTypeNotAccepted(UnsupportedType): ...


class FileUnreadable(Invalid): ...


class DocumentEncrypted(Invalid): ...


class DocumentActive(Invalid):
    """The PDF carries scripts, launch actions, embedded files or XFA forms."""


class DocumentAlreadySigned(Invalid): ...


class UploadOfOtherKind(Invalid): ...


# Enterprise verification (C, D, E)
class EnterpriseAlreadyClaimed(Conflict):
    """E02; ``holder`` is the holder's masked account."""


class EnterpriseFactsDiffer(Invalid):
    """C11, C12: what was confirmed is not what the registry holds; ``fields`` names the differing ones."""


class EnterpriseNotRegistered(Invalid): ...


class EnterpriseNotActive(Invalid):
    """The registry holds it as cancelled (注销) or revoked (吊销)."""


class ConsentMissing(Invalid): ...


class PhoneNotOwnedByLegalRepresentative(Invalid):
    """D03."""


class ProviderUnavailable(Unavailable): ...


# Contracts (P, Q)
class EnterpriseNotVerified(Forbidden): ...


class PartyNameDiffers(Forbidden):
    """E06: the account's name is not the name the sender wrote."""


class ContractNotOpened(Conflict): ...


class ContractComplete(Conflict):
    """Q09."""


class AlreadyConsented(Conflict): ...


class SealMissing(Forbidden):
    """M03."""


class CertificateNotValid(Forbidden): ...


class CertificateReferenceReused(Conflict):
    """The idempotency key of an issuance came back with another subject."""


class DocumentReplaced(Conflict):
    """The consent names other bytes than those to be signed."""


class SealingStale(Conflict):
    """A certificate planned for this sealing has run out meanwhile; it is planned again."""


class PlacementOutsidePage(Invalid): ...


class SealTextInvalid(Invalid):
    """``part`` (name or number) of a seal must have ``minimum`` to ``maximum`` printable characters."""


class GlyphMissing(Invalid):
    """The seal font lacks ``characters``."""


class PlacementsDiffer(Conflict):
    """The consent repeats other places than the contract holds for this party."""


class PartiesInvalid(Invalid): ...


class DeadlineInvalid(Invalid): ...


def by_name(name: str) -> type[BusinessError] | None:
    """The class of that name: the way back from Temporal, which carries class names."""
    return {cls.__name__: cls for cls in all_errors()}.get(name)


def all_errors() -> list[type[BusinessError]]:
    found = [BusinessError]
    for cls in found:
        found.extend(cls.__subclasses__())
    return found
