"""show and diff: what the drafts amount to; diff --against: what production lacks, from real dumps and servers."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

import pymysql
import pytest

from proxy import binary, ddltap, ddltap_json, environment, init, make_repository
from servers import cache_directory

BEFORE = [
    "CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(100), note VARCHAR(50), nick INT)",
    "INSERT INTO users (email) VALUES ('a@example.org; DELIMITER $$'), ('it''s /* no comment')",
    "CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, FOREIGN KEY (user_id) REFERENCES users (id))",
    "CREATE TABLE parted (id INT PRIMARY KEY) PARTITION BY HASH (id) PARTITIONS 4",
    "CREATE VIEW rich AS SELECT id, email FROM users WHERE id > 1",
    "CREATE VIEW a_richer AS SELECT * FROM rich",
    "CREATE TRIGGER stamp BEFORE INSERT ON `users` FOR EACH ROW BEGIN SET NEW.note = ';'; /* a; b */ END",
    "CREATE TRIGGER stamp_again BEFORE INSERT ON `users` FOR EACH ROW SET NEW.nick = 1",
    "CREATE PROCEDURE tidy(a INT) BEGIN SELECT 'it;'; SELECT a; END",
    "CREATE FUNCTION twice(a INT) RETURNS INT DETERMINISTIC RETURN 2 * a",
    "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO BEGIN DELETE FROM orders; END",
    "SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
    'CREATE PROCEDURE "quoted"() SELECT "id", \'\\\' FROM "users"',
    "SET sql_mode = DEFAULT",
]
MARIADB_ALONE = [
    "CREATE SEQUENCE numbers START WITH 7",
    "SET sql_mode = ORACLE",
    "CREATE PACKAGE tools AS PROCEDURE x(a INT); END",
    "CREATE PACKAGE BODY tools AS PROCEDURE x(a INT) AS BEGIN NULL; END; END",
    "SET sql_mode = DEFAULT",
]
CHANGES = [
    "ALTER TABLE users ADD nickname VARCHAR(64) AFTER email, MODIFY note VARCHAR(60)",
    "ALTER TABLE users CHANGE nick handle INT",
    "CREATE TABLE badges (id INT PRIMARY KEY, name VARCHAR(20))",
    "CREATE OR REPLACE VIEW rich AS SELECT id FROM users",
    "DROP PROCEDURE tidy",
    "CREATE TRIGGER first_of_all BEFORE INSERT ON `users` FOR EACH ROW PRECEDES stamp SET NEW.email = ''",
]


def fill(server, database, statements):
    server.fresh_database(database)
    with contextlib.closing(server.connect(database=database)) as connection:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def before(server):
    return BEFORE + (MARIADB_ALONE if server.is_mariadb else [])


def dump_program(server):
    cache = cache_directory()
    if server.is_mariadb:
        return cache / "suites" / "mariadb" / "usr" / "bin" / "mariadb-dump"
    return cache / "mysql" / "usr" / "bin" / "mysqldump"


def dump(server, path, *options, database="production"):
    """A real dump by the server's own program; it must exist (tests/servers/fetch.sh)."""
    command = [dump_program(server), "--no-defaults", "-h", server.host, "-P", str(server.port), "-u", server.root]
    with open(path, "wb") as out:
        subprocess.run(
            [str(word) for word in command] + [*options, database], stdout=out, stderr=subprocess.PIPE, check=True
        )
    return path


ALL = ("--routines", "--events", "--triggers")


@pytest.fixture
def project(server, tmp_path):
    repo = make_repository(tmp_path / "repo")
    init(repo, server.url("bankroll"))
    return repo


def signature(server, database):
    """The schema, but for what a comparison leaves out."""
    return {
        key: {
            column: text.split(" AUTO_INCREMENT=")[0].rstrip("; ")
            for column, text in columns.items()
            if column not in ("Database Collation",)
        }
        for key, columns in server.schema(database).items()
    }


# --- the drafts -----------------------------------------------------------------------------------


def test_the_net_difference_traces_renames_and_drops_what_went_again(server, proxy):
    fill(server, "bankroll", before(server))
    through = proxy(server)
    through.execute(
        "ALTER TABLE users ADD a INT",
        "ALTER TABLE users CHANGE a b BIGINT",
        "ALTER TABLE users DROP b",
        "ALTER TABLE users ADD nickname VARCHAR(64) AFTER email",
        "ALTER TABLE users MODIFY note VARCHAR(55)",
        "ALTER TABLE users MODIFY note VARCHAR(60)",
        "ALTER TABLE users CHANGE nick alias INT",
        "ALTER TABLE users CHANGE alias handle INT",
        "RENAME TABLE parted TO halved",
        "RENAME TABLE halved TO split",
        "CREATE TABLE gone (id INT)",
        "DROP TABLE gone",
    )
    through.wait_for_drafts(12)
    done = ddltap(through.repo, "diff", "--summary")
    assert done.returncode == 1, done.stderr
    lines = [line.strip() for line in done.stdout.splitlines() if line.strip()]
    assert lines[:4] == [
        "users  + nickname varchar(64) after email",
        "users  ~ note varchar(50) -> varchar(60)",
        "users  > nick -> handle",
        "> table parted -> split",
    ]
    whole = ddltap(through.repo, "diff").stdout
    assert "+  `nickname` varchar(64) DEFAULT NULL," in whole and "--- TABLE parted" in whole
    assert "\x1b" not in whole


def test_the_statements_of_the_net_difference_lead_there_and_back(server, proxy):
    fill(server, "bankroll", before(server))
    fill(server, "production", before(server))
    through = proxy(server)
    through.execute(
        *CHANGES,
        "RENAME TABLE orders TO purchases",
        "ALTER TABLE purchases CHANGE user_id buyer INT",
        "DROP VIEW a_richer",
        "DROP VIEW rich",
        "RENAME TABLE users TO people",
        "ALTER TABLE people CHANGE id number INT AUTO_INCREMENT",
    )
    through.wait_for_drafts(len(CHANGES) + 6)
    found = ddltap_json(through.repo, "diff")
    assert found["differs"] and found["problems"] == [], found
    start = signature(server, "production")
    server.replay("production", server.root, found["up"])
    assert signature(server, "production") == signature(server, "bankroll")
    server.replay("production", server.root, found["down"])
    assert signature(server, "production") == start
    sql = ddltap(through.repo, "diff", "--sql")
    assert sql.returncode == 1
    assert found["up"] in sql.stdout and found["down"] in sql.stdout
    assert sql.stdout.index("-- migrate:up") < sql.stdout.index("-- migrate:down")


def test_named_drafts_and_ranges_are_what_is_compared(mariadb, proxy):
    mariadb.fresh_database()
    through = proxy(mariadb)
    through.execute("CREATE TABLE a (id INT)", "CREATE TABLE b (id INT)", "CREATE TABLE c (id INT)")
    through.wait_for_drafts(3)

    def lines(*arguments):
        return ddltap_json(through.repo, "diff", *arguments)["lines"]

    assert lines() == ["+ table a (id)", "+ table b (id)", "+ table c (id)"]
    assert lines("2") == ["+ table b (id)"]
    assert lines("#1", "3") == ["+ table a (id)", "+ table c (id)"]
    assert lines("2..") == ["+ table b (id)", "+ table c (id)"]
    assert lines("..2") == ["+ table a (id)", "+ table b (id)"]
    assert ddltap(through.repo, "diff", "7").returncode == 3
    assert "#7" in ddltap(through.repo, "diff", "1", "7").stderr
    assert ddltap(through.repo, "diff", "4..").returncode == 3
    assert ddltap(through.repo, "diff", "3..2").returncode == 2
    assert ddltap(through.repo, "diff", "invoices").returncode == 3
    assert ddltap(through.repo, "diff", "--sql", "--json").returncode == 2


def test_a_gap_between_named_drafts_is_said(mariadb, proxy):
    mariadb.fresh_database()
    through = proxy(mariadb)
    through.execute("CREATE TABLE a (id INT)", "ALTER TABLE a ADD b INT", "ALTER TABLE a ADD c INT")
    through.wait_for_drafts(3)
    notes = ddltap_json(through.repo, "diff", "1", "3")["notes"]
    assert len(notes) == 1 and "before #3" in notes[0]


def test_no_drafts_are_no_difference(mariadb, tmp_path):
    repo = make_repository(tmp_path / "repo")
    mariadb.fresh_database()
    init(repo, mariadb.url("bankroll"))
    done = ddltap(repo, "diff")
    assert done.returncode == 0 and done.stdout == "" and "No difference" in done.stderr
    assert ddltap_json(repo, "diff")["differs"] is False


def test_an_edited_draft_is_named(mariadb, proxy):
    mariadb.fresh_database()
    through = proxy(mariadb)
    through.execute("CREATE TABLE a (id INT)")
    (draft,) = through.wait_for_drafts(1)
    draft.path.write_text(draft.path.read_text().replace("id INT", "id BIGINT"))
    assert "#1 was edited" in ddltap(through.repo, "diff").stdout


def test_show_prints_lines_settings_sql_and_what_differs(server, proxy):
    fill(server, "bankroll", before(server))
    through = proxy(server)
    through.execute("ALTER TABLE users ADD nickname VARCHAR(64) AFTER email, CHANGE nick handle INT")
    through.wait_for_drafts(1)
    shown = ddltap(through.repo, "show", "1").stdout
    for text in (
        "  users  + nickname varchar(64) after email\n",
        "  users  > nick -> handle\n",
        "sql_mode=",
        "As it was run",
        "DROP COLUMN `nickname`",
        "\n@@ -",
        "\n+  `nickname` varchar(64) DEFAULT NULL,\n",
    ):
        assert text in shown, (text, shown)
    sql = ddltap(through.repo, "show", "--sql", "1").stdout
    assert sql.startswith("-- migrate:up\nALTER TABLE users") and "captured" not in sql
    found = ddltap_json(through.repo, "show", "1")
    assert found["lines"] == ["users  + nickname varchar(64) after email", "users  > nick -> handle"]
    assert found["settings"]["foreign_key_checks"] is True
    assert "@@" in found["objects"][0]["unified"]


def test_show_sql_composes_the_draft_that_is_missing(mariadb, proxy):
    mariadb.fresh_database()
    through = proxy(mariadb)
    through.execute("CREATE TABLE a (id INT)")
    (draft,) = through.wait_for_drafts(1)
    draft.path.unlink()
    assert "CREATE TABLE a (id INT)" in ddltap(through.repo, "show", "--sql", "1").stdout


# --- production -----------------------------------------------------------------------------------


def test_a_dump_of_the_same_schema_is_no_difference(server, project, tmp_path):
    fill(server, "bankroll", before(server))
    fill(server, "production", before(server))
    path = dump(server, tmp_path / "all.sql", *ALL)
    done = ddltap(project, "diff", "--against", str(path))
    assert (done.returncode, done.stdout.count("\n@@")) == (0, 0), done.stdout
    assert done.stdout.startswith("\nTo know") or "defaults of the database" in done.stdout
    whole = dump(server, tmp_path / "databases.sql", *ALL, "--databases")
    done = ddltap(project, "diff", "--against", str(whole))
    assert (done.returncode, done.stdout) == (0, ""), done.stdout


def test_what_production_lacks_is_found_and_its_statements_make_it_equal(server, project, tmp_path):
    fill(server, "production", before(server))
    fill(server, "bankroll", before(server) + CHANGES)
    path = dump(server, tmp_path / "production.sql", *ALL)
    found = ddltap_json(project, "diff", "--against", str(path))
    assert found["problems"] == [], found
    lines = set(found["lines"])
    assert {
        "users  + nickname varchar(64) after email",
        "+ table badges (id, name)",
        "view rich  ~ query",
        "- procedure tidy",
        "+ trigger first_of_all",
    } <= lines, lines
    start = signature(server, "production")
    server.replay("production", server.root, found["up"])
    assert ddltap_json(project, "diff", "--against", server.url("production"))["lines"] == []
    server.replay("production", server.root, found["down"])
    # a comparison of two schemas knows no renames: the column's data are gone, its definition is back
    assert signature(server, "production") == start


def test_a_server_is_compared_like_a_dump_of_it(server, project, tmp_path):
    fill(server, "production", before(server))
    fill(server, "bankroll", before(server) + CHANGES)
    path = dump(server, tmp_path / "production.sql", *ALL, "--databases")
    by_dump = ddltap_json(project, "diff", "--against", str(path))
    by_url = ddltap_json(project, "diff", "--against", server.url("production"))
    assert by_dump["lines"] == by_url["lines"]
    assert [(o["name"], o["unified"]) for o in by_dump["objects"]] == [
        (o["name"], o["unified"]) for o in by_url["objects"]
    ]


@pytest.mark.parametrize("lacks", ("bankroll", "production"))
def test_the_version_table_of_the_migration_tool_is_no_difference(mariadb, tmp_path, lacks):
    """Either side may not have run the tool yet: its table is not for us to make or to drop."""
    repo = make_repository(tmp_path / "repo")
    (repo / "db" / "migrations").mkdir(parents=True)
    (repo / "db" / "migrations" / "20260101000000_first.sql").write_text("-- migrate:up\n-- migrate:down\n")
    for database in ("bankroll", "production"):
        tool = [] if database == lacks else ["CREATE TABLE schema_migrations (version VARCHAR(128) PRIMARY KEY)"]
        fill(mariadb, database, BEFORE + tool)
    init(repo, mariadb.url("bankroll"))
    found = ddltap_json(repo, "diff", "--against", mariadb.url("production"))
    assert (found["lines"], found["up"]) == ([], ""), found
    path = dump(mariadb, tmp_path / "production.sql", *ALL)
    found = ddltap_json(repo, "diff", "--against", str(path))
    assert (found["lines"], found["up"]) == ([], ""), found


def test_definers_and_counters_do_not_count(server, project):
    for database in ("bankroll", "production"):
        fill(server, database, before(server))
    server.execute("DROP USER IF EXISTS somebody@localhost; CREATE USER somebody@localhost")
    server.execute(
        "DROP VIEW rich; CREATE DEFINER = somebody@localhost VIEW rich AS SELECT id, email FROM users WHERE id > 1;"
        "INSERT INTO users (email) VALUES ('x'), ('y'), ('z')",
        database="production",
    )
    done = ddltap(project, "diff", "--against", server.url("production"))
    assert done.returncode == 0, done.stdout


def test_what_the_dump_does_not_hold_is_named_and_not_missing(server, project, tmp_path):
    for database in ("bankroll", "production"):
        fill(server, database, before(server))
    path = dump(server, tmp_path / "tables.sql", "--skip-routines" if server.is_mariadb else "--skip-events")
    found = ddltap_json(project, "diff", "--against", str(path))
    assert found["lines"] == [], found["lines"]
    assert any("Routines are not compared" in note for note in found["notes"]), found["notes"]
    assert any("Events are not compared" in note for note in found["notes"]), found["notes"]


def test_what_servers_only_print_in_another_way_does_not_count(mariadb, tmp_path):
    repo = make_repository(tmp_path / "repo")
    table = "CREATE TABLE a (x INT, y INT, KEY b (x), KEY c (y)) CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci"
    fill(mariadb, "bankroll", [table])
    init(repo, mariadb.url("bankroll"))
    path = tmp_path / "production.sql"
    path.write_text(
        "-- Server version 10.11.6-MariaDB\nCREATE TABLE `a` (\n  `x` int DEFAULT NULL,\n  `y` int DEFAULT NULL,\n"
        "  KEY `c` (`y`),\n  KEY `b` (`x`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;\n"
    )
    done = ddltap(repo, "diff", "--against", str(path))
    assert done.returncode == 0 and "TABLE" not in done.stdout, done.stdout


def test_a_dump_comes_through_standard_input(mariadb, tmp_path):
    repo = make_repository(tmp_path / "repo")
    mariadb.fresh_database()
    init(repo, mariadb.url("bankroll"))
    done = subprocess.run(
        [binary(), "-C", str(repo), "diff", "--against", "-"],
        input="CREATE TABLE `a` (\n  `id` int(11) DEFAULT NULL\n) ENGINE=InnoDB;\n",
        capture_output=True,
        text=True,
        timeout=180,
        env=environment(),
    )
    assert done.returncode == 1 and done.stdout.startswith("  - table a\n"), done


def test_show_sql_of_what_has_no_draft_is_refused(mariadb, proxy):
    mariadb.fresh_database()
    through = proxy(mariadb)
    with pytest.raises(pymysql.err.MySQLError):
        through.execute("CREATE TABLE a (id INT, id INT)")
    done = ddltap(through.repo, "show", "--sql", "1")
    assert (done.returncode, done.stdout) == (3, "") and "no draft" in done.stderr, done


def test_what_alters_a_table_in_a_dump_is_named(mariadb, tmp_path):
    """As phpMyAdmin writes it: keys in an ALTER TABLE behind the rows."""
    repo = make_repository(tmp_path / "repo")
    fill(mariadb, "bankroll", ["CREATE TABLE a (id INT PRIMARY KEY)"])
    init(repo, mariadb.url("bankroll"))
    path = tmp_path / "admin.sql"
    path.write_text(
        "-- Server version: 10.11\nCREATE TABLE `a` (\n  `id` int(11) NOT NULL\n);\n"
        "CREATE TABLE `b` (\n  `id` int(11) NOT NULL\n);\nALTER TABLE `a`\n  ADD PRIMARY KEY (`id`);\n"
    )
    found = ddltap_json(repo, "diff", "--against", str(path))
    assert found["lines"] == ["- table b"]
    assert any("TABLE `a` is not compared" in note and "line 8" in note for note in found["notes"])


@pytest.mark.parametrize(
    "what, complaint",
    [
        ("/nonexistent/dump.sql", "/nonexistent/dump.sql"),
        ("mysql://root:s3cret@127.0.0.1:1/x", "127.0.0.1:1"),
        ("postgres://root@127.0.0.1/x", "URL"),
        ("mysql://root@127.0.0.1", "database"),
        ("/dev/null", "no dump"),
    ],
)
def test_what_cannot_be_compared_with_is_said(mariadb, tmp_path, what, complaint):
    repo = make_repository(tmp_path / "repo")
    mariadb.fresh_database()
    init(repo, mariadb.url("bankroll"))
    done = ddltap(repo, "diff", "--against", what)
    assert done.returncode in (2, 3), done
    assert complaint in done.stderr and "s3cret" not in done.stderr, done.stderr


def test_the_password_of_the_other_server_comes_from_the_environment(mariadb, tmp_path):
    repo = make_repository(tmp_path / "repo")
    mariadb.fresh_database()
    mariadb.fresh_database("production")
    mariadb.execute("CREATE OR REPLACE USER reader@'127.0.0.1' IDENTIFIED BY 'p4ss'")
    mariadb.execute("GRANT ALL ON production.* TO reader@'127.0.0.1'")
    mariadb.execute("CREATE OR REPLACE USER developer@'127.0.0.1' IDENTIFIED BY 'other'")
    mariadb.execute("GRANT ALL ON bankroll.* TO developer@'127.0.0.1'")
    (repo / ".env").write_text(f"DATABASE_URL={mariadb.url('bankroll').replace('root@', 'developer:other@')}\n")
    assert ddltap(repo, "init").returncode == 0
    url = mariadb.url("production").replace("root@", "reader@")
    assert ddltap(repo, "diff", "--against", url).returncode == 3
    done = subprocess.run(
        [binary(), "-C", str(repo), "diff", "--against", url],
        capture_output=True,
        timeout=180,
        env=environment() | {"MYSQL_PWD": "p4ss"},
    )
    assert done.returncode == 0, done


def test_what_the_account_may_not_see_is_named(server, project):
    for database in ("bankroll", "production"):
        fill(server, database, before(server))
    server.execute("DROP USER IF EXISTS reader@'127.0.0.1'; CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'p4ss'")
    server.execute("GRANT SELECT, EXECUTE, TRIGGER, EVENT ON production.* TO reader@'127.0.0.1'")
    url = server.url("production").replace("root@", "reader:p4ss@")
    done = ddltap(project, "diff", "--against", url, "--json")
    found = json.loads(done.stdout)
    assert found["incomplete"] and done.returncode == (1 if found["differs"] else 3), done
    assert any("VIEW `rich` is not compared" in note for note in found["notes"]), found["notes"]
    assert any("PROCEDURE `tidy` is not compared" in note for note in found["notes"]), found["notes"]
    assert not any("rich" in line or "tidy" in line for line in found["lines"]), found["lines"]


def test_another_kind_of_server_is_said(mariadb, mysql, tmp_path):
    repo = make_repository(tmp_path / "repo")
    mariadb.fresh_database()
    mysql.fresh_database("production")
    init(repo, mariadb.url("bankroll"))
    notes = ddltap_json(repo, "diff", "--against", mysql.url("production"))["notes"]
    versions = [f"{name} {'.'.join(server.version.split('.')[:2])}" for name, server in (("MariaDB", mariadb), ("MySQL", mysql))]
    assert any(all(version in note for version in versions) for note in notes), (versions, notes)


def test_a_thousand_tables_take_seconds(server, project):
    tables = [f"CREATE TABLE t{i} (id INT PRIMARY KEY, a VARCHAR(20), KEY (a))" for i in range(1000)]
    fill(server, "bankroll", tables)
    fill(server, "production", tables[:-1])
    done = subprocess.run(
        [binary(), "-C", str(project), "diff", "--summary", "--against", server.url("production")],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment(),
    )
    assert done.stdout.startswith("  + table t999 (id, a)\n"), done
    server.execute("DROP DATABASE bankroll; DROP DATABASE production")


def test_sakila_is_equal_to_its_own_dump(server, project, tmp_path):
    corpora = os.environ.get("DDLTAP_CORPORA")
    if not corpora:
        pytest.skip("DDLTAP_CORPORA names no corpora")
    schema = next(Path(corpora, "sakila").glob("**/*schema*.sql"))
    server.fresh_database()
    text = schema.read_text().replace("sakila", "bankroll").replace("DROP SCHEMA IF EXISTS bankroll;", "")
    text = text.replace("CREATE SCHEMA bankroll;", "")
    subprocess.run(
        [server.client, "--no-defaults", "-h", server.host, "-P", str(server.port), "-u", server.root, "bankroll"],
        input=text,
        text=True,
        check=True,
    )
    path = dump(server, tmp_path / "sakila.sql", *ALL, "--databases", database="bankroll")
    done = ddltap(project, "diff", "--against", str(path))
    assert (done.returncode, done.stdout) == (0, ""), done.stdout
    empty = tmp_path / "empty.sql"
    empty.write_text("CREATE DATABASE bankroll;\n")
    server.fresh_database("production")
    found = ddltap_json(project, "diff", "--against", server.url("production"))
    assert found["problems"] == [], found["problems"]
    server.replay("production", server.root, found["up"])
    again = ddltap(project, "diff", "--against", server.url("production"))
    assert again.returncode == 0, again.stdout
