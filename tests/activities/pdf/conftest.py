import pytest

from tests.activities.pdf.documents import sample_contract
from tests.activities.pdf.pki import TestPki


@pytest.fixture(scope="session")
def pki() -> TestPki:
    return TestPki()


@pytest.fixture(scope="session")
def contract(pki: TestPki) -> bytes:
    return sample_contract(pki)
