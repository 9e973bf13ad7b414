"""Bringing a database's tables to the version of this code."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from alembic import command
from alembic.config import Config

import models

MIGRATIONS = Path(models.__file__).parent / "migrations"


def upgrade(url: str) -> None:
    """``url`` as in QIANZHANG_DATABASE_URL; in a thread, for the environment of alembic runs an event loop."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    with ThreadPoolExecutor(1) as thread:
        thread.submit(command.upgrade, config, "head").result()
