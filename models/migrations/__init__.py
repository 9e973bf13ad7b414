"""Tables by version (alembic). ``upgrade`` brings a database to this one; two at once wait for each other."""

from pathlib import Path

from alembic import command
from alembic.config import Config


def upgrade(database_url: str) -> None:
    """``database_url`` as in models/settings.py. To be called outside an event loop."""
    command.upgrade(configuration(database_url), "head")


def configuration(database_url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    config.set_main_option("sqlalchemy.url", database_url.replace("%", "%%"))
    return config
