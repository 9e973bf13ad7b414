from tests.running_pki import pki

__all__ = ["pki"]
