import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import text

from models.database import Database
from models.migrations import configuration


@pytest.mark.parametrize("turn", range(4))
async def test_each_empty_database_begins_without_rows(empty_database: Database, turn: int) -> None:
    async with empty_database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE mark (turn int)"))
        await connection.execute(text("INSERT INTO mark VALUES (:turn)"), {"turn": turn})
    async with empty_database.engine.connect() as connection:
        assert list(await connection.scalars(text("SELECT turn FROM mark"))) == [turn]


async def test_the_database_of_a_test_worker_is_at_the_newest_migration(database: Database) -> None:
    async with database.engine.connect() as connection:
        [found] = await connection.scalars(text("SELECT version_num FROM alembic_version"))
    assert found == ScriptDirectory.from_config(configuration("unused")).get_current_head()
