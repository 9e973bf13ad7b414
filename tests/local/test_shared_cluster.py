import pytest
from sqlalchemy import text
from sqlmodel import SQLModel

from models.database import Database
from tests.shared_cluster import import_rows


@pytest.mark.parametrize("turn", range(4))
async def test_each_empty_database_begins_without_rows(empty_database: Database, turn: int) -> None:
    async with empty_database.engine.begin() as connection:
        await connection.execute(text("CREATE TABLE mark (turn int)"))
        await connection.execute(text("INSERT INTO mark VALUES (:turn)"), {"turn": turn})
    async with empty_database.engine.connect() as connection:
        assert list(await connection.scalars(text("SELECT turn FROM mark"))) == [turn]


async def test_the_database_of_a_test_worker_holds_every_table(database: Database) -> None:
    async with database.engine.connect() as connection:
        found = await connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"))
    import_rows()
    assert SQLModel.metadata.tables
    assert set(SQLModel.metadata.tables) <= set(found)
