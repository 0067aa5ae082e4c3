"""Databases of each kind: the same records, read in streams, never written to."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from itertools import islice
from pathlib import Path

import pandas as pd
import psycopg
import pytest
import sqlalchemy as sa

from client.sources import check_records, load_records
from client.sources.mapping import load_mapping
from client.sources.reading import open_source
from shared.errors import DataError
from tests.postgresql import new_database
from tests.unit.client.small_hospital import (
    CONTRACT,
    SENTINEL,
    mapping,
    typed_rows,
    write,
    write_mapping,
)

Queries = Callable[[str], Path]


def filled(url: str) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        typed_rows().to_sql("patients", connection, index=False)
    engine.dispose()


@pytest.fixture(params=["sqlite", "duckdb", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A database with the patients; files by a path relative to the mapping."""
    if request.param == "postgresql":
        found = new_database(request.getfixturevalue("postgresql"))
        filled(found)
        return found
    filled(f"{request.param}:///{tmp_path}/hospital.db")
    return f"{request.param}:///hospital.db"


@pytest.fixture
def asking(tmp_path: Path, url: str) -> Queries:
    def written(query: str) -> Path:
        source = {"kind": "sql", "url": url, "query": query}
        return write_mapping(tmp_path, {**mapping(), "source": source})

    return written


def failure(path: Path) -> DataError:
    with pytest.raises(DataError) as caught:
        load_records(CONTRACT, path)
    assert SENTINEL not in str(caught.value)
    assert caught.value.fix
    return caught.value


def test_each_database_gives_the_records_of_the_file(tmp_path: Path, asking: Queries) -> None:
    expected = load_records(CONTRACT, write(tmp_path)).records.content_hash()
    loaded = load_records(CONTRACT, asking("select * from patients order by id"))
    assert loaded.records.content_hash() == expected


def test_a_table_or_column_that_is_absent_is_said(asking: Queries) -> None:
    assert "no such table" in failure(asking("select * from nobody")).what
    assert "no such column" in failure(asking("select absent from patients")).what


@pytest.mark.parametrize(
    "query", ["delete from patients", "drop table patients", "create table x (y int)"]
)
def test_no_query_can_write(asking: Queries, query: str) -> None:
    failure(asking(query))
    assert load_records(CONTRACT, asking("select * from patients")).rows_read == 4


def test_batches_come_while_the_query_still_runs(asking: Queries) -> None:
    # A billion rows, which no client holds.
    query = "select a.* from patients a" + "".join(f", patients p{n}" for n in range(14))  # noqa: S608
    loaded = load_mapping(asking(query))
    batches = open_source(loaded, Path(asking(query)).parent).batches(loaded.local_columns)
    assert [batch.rows_read for batch in islice(batches, 3)] == [0, 20_000, 20_000]
    del batches


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "hospital.db").write_bytes(b"SQLite format 3\0" + SENTINEL.encode() * 1_000)
    source = {"kind": "sql", "url": "sqlite:///hospital.db", "query": "select * from patients"}
    path = write_mapping(tmp_path, {**mapping(), "source": source})
    assert "is not a database, or is damaged" in failure(path).what
    source = {"kind": "sql", "url": "duckdb:///hospital.db", "query": "select 1"}
    path = write_mapping(tmp_path, {**mapping(), "source": source})
    assert failure(path)


def test_a_damaged_page_loads_nothing(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "hospital.db")
    pd.concat([typed_rows()] * 2_000).to_sql("patients", connection, index=False)
    connection.close()
    content = bytearray((tmp_path / "hospital.db").read_bytes())
    middle = len(content) // 2
    content[middle : middle + 40_000] = b"\xff" * 40_000
    (tmp_path / "hospital.db").write_bytes(content)
    source = {"kind": "sql", "url": "sqlite:///hospital.db", "query": "select * from patients"}
    path = write_mapping(tmp_path, {**mapping(), "source": source})
    assert "damaged" in failure(path).what


@pytest.fixture
def guarded(postgresql: str) -> str:
    """A database that a reader with few rights reaches."""
    url = new_database(postgresql)
    filled(url)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS reader")
        connection.execute(f"CREATE ROLE reader LOGIN PASSWORD '{SENTINEL}'")
        connection.execute("REVOKE ALL ON patients FROM PUBLIC")
    return url


def test_a_user_without_rights_is_told_so(tmp_path: Path, guarded: str) -> None:
    url = guarded.replace("juntos@", f"reader:{SENTINEL}@")
    source = {"kind": "sql", "url": url, "query": "select * from patients"}
    path = write_mapping(tmp_path, {**mapping(), "source": source})
    error = failure(path)
    assert "may not read" in error.what
    assert "SELECT" in error.fix


def test_a_database_that_is_not_there(tmp_path: Path, postgresql: str) -> None:
    source = {"kind": "sql", "url": postgresql + "nowhere", "query": "select 1"}
    path = write_mapping(tmp_path, {**mapping(), "source": source})
    assert "no such database" in failure(path).what


def test_a_connection_that_breaks_loads_nothing(tmp_path: Path, postgresql: str) -> None:
    url = new_database(postgresql)
    filled(url)
    query = (
        "select p.*, case when n = 6000 then "
        "pg_terminate_backend(pg_backend_pid())::text end as gone "
        "from patients p, generate_series(1, 7000) n order by n"
    )
    source = {"kind": "sql", "url": url, "query": query}
    rows = {"patient_rows": "several", "patient": "id"}
    path = write_mapping(tmp_path, {**mapping(), "source": source, "rows": rows})
    with pytest.raises(DataError, match="the connection broke before the last row"):
        check_records(CONTRACT, path)


@pytest.fixture
def asks_for_passwords(postgresql: str) -> str:
    """A URL of a user who needs a password, with a place for it."""
    url = new_database(postgresql)
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("DROP ROLE IF EXISTS locked")
        connection.execute("CREATE ROLE locked LOGIN PASSWORD 'right'")
        row = connection.execute(
            "SELECT setting FROM pg_settings WHERE name = 'hba_file'"
        ).fetchone()
        assert row is not None
        rules = Path(str(row[0]))
        rule = "host all locked 127.0.0.1/32 scram-sha-256\n"
        if rule not in rules.read_text():
            rules.write_text(rule + rules.read_text())
        connection.execute("SELECT pg_reload_conf()")
    return url.replace("juntos@", "locked:{}@")


def test_a_wrong_password_is_told_and_not_shown(tmp_path: Path, asks_for_passwords: str) -> None:
    url = asks_for_passwords.format(SENTINEL)
    source = {"kind": "sql", "url": url, "query": "select 1"}
    error = failure(write_mapping(tmp_path, {**mapping(), "source": source}))
    assert "refused the user or the password" in error.what
    source = {"kind": "sql", "url": asks_for_passwords.format("right"), "query": "select 1 as id"}
    assert "whole columns" in failure(write_mapping(tmp_path, {**mapping(), "source": source})).what
