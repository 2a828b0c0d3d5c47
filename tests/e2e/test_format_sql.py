"""dbmate itself on the files that ddltap writes; golang-migrate's files as it sends them; the order of both."""

import random

import pytest

from formats import (
    TEXTS,
    DbmateProject,
    FormatTool,
    assert_texts_equal,
    insert_of,
    random_text,
    run_stamp,
)
from test_format_alembic import CHANGES, PRODUCTION


@pytest.fixture(scope="module")
def tool():
    tool = FormatTool()
    yield tool
    tool.close()


@pytest.fixture
def project(server, tmp_path):
    server.fresh_database()
    project = DbmateProject(tmp_path / "app", server)
    project.dbmate("new", "first_tables")
    path = next((project.root / "db" / "migrations").iterdir())
    path.rename(path.with_name("20260101000000_first_tables.sql")).write_text(
        "-- migrate:up\n"
        "CREATE TABLE users (id int PRIMARY KEY, email varchar(120));\n"
        "CREATE TABLE accounts (id int PRIMARY KEY, balance decimal(12,2) NOT NULL DEFAULT 0.00);\n"
        "-- migrate:down\nDROP TABLE accounts;\nDROP TABLE users;\n"
    )
    project.dbmate("up")
    return project


def schema_of(server, database):
    schema = server.schema(database)
    schema.pop(("TABLE", "schema_migrations"), None)
    return schema


def changes_on(server):
    return {
        "up": [up for up, _ in CHANGES],
        "down": [down for _, down in reversed(CHANGES)],
        "mariadb": server.is_mariadb,
    }


def test_the_commands_of_dbmate_are_content(server, project, tool):
    before = schema_of(server, "bankroll")
    for up, _ in CHANGES:
        server.execute(up, "bankroll")
    after = schema_of(server, "bankroll")
    answer = tool.compose(project.root, "users get a -- migrate:down name", **changes_on(server))
    assert answer["format"] == "dbmate"
    rows = [version for (version,) in server.execute(answer["query"], "bankroll")]
    assert tool.ask(project.root, rows=rows)["position"]["pending"] == 1
    assert run_stamp(server, "bankroll", answer["composed"]["stamp"])
    assert not run_stamp(server, "bankroll", answer["composed"]["stamp"])
    assert run_stamp(server, "bankroll", answer["composed"]["unstamp"])
    assert run_stamp(server, "bankroll", answer["composed"]["stamp"])
    assert "Pending: 0" in project.dbmate("status")
    project.dbmate("migrate", "--strict")
    assert schema_of(server, "bankroll") == after

    server.fresh_database(PRODUCTION)
    project.dbmate("up", "--strict", database=PRODUCTION)
    assert schema_of(server, PRODUCTION) == after
    project.dbmate("rollback", database=PRODUCTION)
    assert schema_of(server, PRODUCTION) == before
    assert "Pending: 1" in project.dbmate("status", database=PRODUCTION)


def test_texts_arrive_byte_for_byte(server, project, tool):
    dice = random.Random(20261122)
    texts = [random_text(dice) for _ in range(3000)]
    statements = [TEXTS] + [insert_of(dice, number, text) for number, text in enumerate(texts)]
    tool.compose(project.root, "texts", statements, ["DROP TABLE texts"], mariadb=server.is_mariadb)
    project.dbmate("up")
    assert_texts_equal(server, "bankroll", len(texts))
    project.dbmate("rollback")


def test_without_a_way_back_rollback_fails_loudly(server, project, tool):
    tool.compose(project.root, "drop", ["DROP TABLE accounts"], no_way_back="It was not read.")
    project.dbmate("up")
    output = project.dbmate("rollback", fails=True)
    assert "1644" in output and "This migration has no way back" in output
    assert "Pending: 0" in project.dbmate("status")


def test_the_version_table_is_the_one_that_dbmate_makes(server, project, tool):
    theirs = server.execute("SHOW CREATE TABLE schema_migrations", "bankroll")
    answer = tool.compose(project.root, "nothing", ["DO 0"])
    server.fresh_database(PRODUCTION)
    assert run_stamp(server, PRODUCTION, answer["composed"]["stamp"])
    assert server.execute("SHOW CREATE TABLE schema_migrations", PRODUCTION) == theirs


# --- golang-migrate: each file is one text for a connection with multi-statements --------------------------------------


@pytest.fixture
def pairs(server, tmp_path):
    server.fresh_database()
    (tmp_path / "migrations").mkdir()
    for way, text in [
        ("up", "CREATE TABLE users (id int PRIMARY KEY, email varchar(120));\n"
               "CREATE TABLE accounts (id int PRIMARY KEY, balance decimal(12,2) NOT NULL DEFAULT 0.00);\n"),
        ("down", "DROP TABLE accounts, users;\n"),
    ]:  # fmt: skip
        (tmp_path / "migrations" / f"000001_first_tables.{way}.sql").write_text(text)
    server.replay("bankroll", "root", (tmp_path / "migrations" / "000001_first_tables.up.sql").read_text())
    server.execute("CREATE TABLE schema_migrations (version bigint not null primary key, dirty boolean not null)", "bankroll")
    server.execute("INSERT INTO schema_migrations VALUES (1, 0)", "bankroll")
    return tmp_path


def test_pairs_run_as_golang_migrate_sends_them(server, pairs, tool):
    before = schema_of(server, "bankroll")
    answer = tool.compose(pairs, "users get a name", **changes_on(server))
    assert answer["format"] == "golang-migrate"
    up, down = (pairs / file["path"] for file in answer["composed"]["files"])
    assert (up.name, down.name) == ("000002_users_get_a_name.up.sql", "000002_users_get_a_name.down.sql")
    server.replay("bankroll", "root", up.read_bytes().decode())
    assert schema_of(server, "bankroll") != before
    server.replay("bankroll", "root", down.read_bytes().decode())
    assert schema_of(server, "bankroll") == before


def test_the_one_row_of_golang_migrate_moves(server, pairs, tool):
    answer = tool.compose(pairs, "nothing", ["DO 0"])
    stamp, unstamp = answer["composed"]["stamp"], answer["composed"]["unstamp"]
    assert server.execute(answer["query"], "bankroll") == (("1",),)
    assert run_stamp(server, "bankroll", stamp)
    assert server.execute("SELECT version, dirty FROM schema_migrations", "bankroll") == ((2, 0),)
    assert not run_stamp(server, "bankroll", stamp)
    assert run_stamp(server, "bankroll", unstamp)
    server.execute("UPDATE schema_migrations SET dirty = 1", "bankroll")
    assert server.execute(answer["query"], "bankroll") == (("1 dirty",),)
    assert not run_stamp(server, "bankroll", stamp)
    position = tool.ask(pairs, rows=["1 dirty"])["position"]
    assert "marked as dirty" in position["check"]


def test_the_first_pair_of_a_project(server, tmp_path, tool):
    server.fresh_database()
    (tmp_path / "sql").mkdir()
    answer = tool.compose(tmp_path, "first", ["DO 0"], format="golang-migrate", directory="sql")
    assert run_stamp(server, "bankroll", answer["composed"]["stamp"])
    assert server.execute("SELECT version, dirty FROM schema_migrations", "bankroll") == ((20261122101500, 0),)
    assert not run_stamp(server, "bankroll", answer["composed"]["stamp"])
    assert run_stamp(server, "bankroll", answer["composed"]["unstamp"])
    assert server.execute("SELECT version, dirty FROM schema_migrations", "bankroll") == ()


def test_a_pair_without_a_way_back_fails_loudly(server, pairs, tool):
    answer = tool.compose(pairs, "drop", ["DROP TABLE accounts"], no_way_back="It was not read.")
    down = pairs / answer["composed"]["files"][1]["path"]
    with pytest.raises(Exception, match="This migration has no way back"):
        server.replay("bankroll", "root", down.read_text())
