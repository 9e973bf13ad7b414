from collections.abc import Iterator

import pytest

from tests.platform import Platform
from tests.shared_cluster import SharedCluster


@pytest.fixture(scope="session")
def platform(shared_cluster: SharedCluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """On a database of its own: its authority's keys are sealed under another root than other tests' are."""
    folder = tmp_path_factory.mktemp("platform")
    with shared_cluster.database(f"platform_{folder.stat().st_ino}") as url, Platform(url, folder) as running:
        yield running
