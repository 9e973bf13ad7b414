from collections.abc import Iterator

import pytest

from tests.platform import Platform


@pytest.fixture(scope="session")
def platform(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with Platform(database_url, tmp_path_factory.mktemp("platform")) as running:
        yield running
