"""lint: what could go wrong with drafts in production, on real servers: each rule seen, and seen silent."""

import json

import pytest

from proxy import ddltap, ddltap_json
from test_diff import fill

BEFORE = [
    "CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(100) NOT NULL DEFAULT 'x' COMMENT 'mail', "
    "note VARCHAR(50), age INT, kind ENUM('a','b','c'), price DECIMAL(10,4)) DEFAULT CHARSET=utf8mb4",
    "INSERT INTO users (email, note, age) VALUES ('a', NULL, 1), ('b', 'n', 1)",
    "CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, day INT)",
    "INSERT INTO orders VALUES (1, 1, 1)",
    "CREATE TABLE empty_one (id INT PRIMARY KEY, a INT)",
    "CREATE VIEW rich AS SELECT id FROM users",
    "CREATE PROCEDURE tidy() SELECT 1",
]
SCRATCH = "SELECT COUNT(*) FROM information_schema.SCHEMATA WHERE SCHEMA_NAME LIKE 'ddltap\\_scratch\\_%'"


@pytest.fixture
def through(server, proxy):
    fill(server, "bankroll", BEFORE)
    return proxy(server)


def tinker(through, *changes, drafts=None):
    through.execute(*changes)
    return through.wait_for_drafts(len(changes) if drafts is None else drafts)


def findings(repo, *arguments):
    """[(id, code, level, acknowledged)] of all drafts."""
    return [
        (draft["id"], finding["code"], finding["level"], finding["acknowledged"])
        for draft in ddltap_json(repo, "lint", *arguments)["drafts"]
        for finding in draft["findings"]
    ]


def codes(repo, *arguments):
    return {code for _, code, _, _ in findings(repo, *arguments)}


def found(repo, code, *arguments):
    return [
        finding
        for draft in ddltap_json(repo, "lint", *arguments)["drafts"]
        for finding in draft["findings"]
        if finding["code"] == code
    ]


def edit(through, index, old, new):
    path = sorted((through.repo / "ddltap" / "drafts").glob("*.sql"))[index]
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


# --- what goes


def test_what_goes_is_an_error_until_it_is_acknowledged(server, through):
    tinker(through, "ALTER TABLE users DROP COLUMN note", "DROP TABLE empty_one", "DROP VIEW rich", "DROP PROCEDURE tidy")
    done = ddltap(through.repo, "lint", "--json")
    assert done.returncode == 1 and json.loads(done.stdout)["errors"] == 4
    assert {(id, code) for id, code, level, _ in findings(through.repo) if level == "error"} == {
        (1, "drop-column"), (2, "drop-table"), (3, "drop-object"), (4, "drop-object")
    }
    edit(through, 0, "-- migrate:up\n", "-- lint:ok drop-column nobody reads it\n-- migrate:up\n")
    assert (1, "drop-column", "error", "nobody reads it") in findings(through.repo)
    assert ddltap(through.repo, "lint", "1").returncode == 0
    assert ddltap(through.repo, "lint", "1..2").returncode == 1
    assert server.execute(SCRATCH)[0][0] == 0


def test_an_acknowledgement_is_no_edit_of_the_statements(through):
    tinker(through, "ALTER TABLE users MODIFY email VARCHAR(120)")
    edit(through, 0, "-- migrate:up\n", "-- migrate:up\n-- lint:ok lost-attribute it is meant\n")
    assert {(finding["level"], finding["acknowledged"]) for finding in found(through.repo, "lost-attribute", "--offline")} == {
        ("error", "it is meant")
    }
    assert ddltap(through.repo, "lint").returncode == 0
    ddltap(through.repo, "discard", "1")
    ddltap(through.repo, "restore", "1")
    assert ddltap(through.repo, "lint").returncode == 0
    assert ddltap(through.repo, "commit", "-m", "x", "--no-git").returncode == 0


def test_an_acknowledgement_of_another_rule_does_not_count(through):
    tinker(through, "ALTER TABLE users DROP COLUMN note")
    edit(through, 0, "-- migrate:up\n", "-- lint:ok drop-table really\n-- migrate:up\n")
    assert ddltap(through.repo, "lint").returncode == 1


def test_a_routine_that_is_made_again_does_not_go(through):
    tinker(through, "DROP PROCEDURE tidy", "CREATE PROCEDURE tidy() SELECT 2")
    assert "drop-object" not in codes(through.repo)
    assert "drop-object" in codes(through.repo, "1")


def test_levels_are_configurable(through):
    tinker(through, "ALTER TABLE users DROP COLUMN note")
    repo = through.repo
    assert ddltap(repo, "-c", "lint.levels=drop-column:warning", "lint").returncode == 0
    assert ddltap(repo, "-c", "lint.levels=drop-column:warning", "lint", "--strict").returncode == 1
    off = json.loads(ddltap(repo, "-c", "lint.levels=drop-column:off", "lint", "--json").stdout)
    assert "drop-column" not in [finding["code"] for finding in off["drafts"][0]["findings"]]
    done = ddltap(repo, "-c", "lint.levels=drop-colum:off", "lint")
    assert done.returncode == 2 and "-c: " in done.stderr and '"drop-colum"' in done.stderr


def test_statements_put_into_a_draft_by_hand(through):
    tinker(through, "ALTER TABLE users ADD a INT")
    edit(
        through, 0, "-- migrate:down",
        "DELETE FROM orders;\nUPDATE orders SET day = 2;\nDELETE FROM orders WHERE id IN (SELECT 1);\nTRUNCATE orders;\n-- migrate:down",
    )
    assert len(found(through.repo, "all-rows")) == 2
    assert len(found(through.repo, "truncate")) == 1


def test_a_partition_that_goes(server, through):
    tinker(
        through,
        "CREATE TABLE parted (id INT PRIMARY KEY) PARTITION BY RANGE (id) (PARTITION a VALUES LESS THAN (10), "
        "PARTITION b VALUES LESS THAN MAXVALUE)",
        "ALTER TABLE parted DROP PARTITION a",
    )
    assert [id for id, code, _, _ in findings(through.repo) if code == "drop-partition"] == [2]


# --- what MODIFY takes away


def test_what_modify_and_change_leave_out_is_lost(through):
    tinker(
        through,
        "ALTER TABLE users MODIFY email VARCHAR(120)",
        "ALTER TABLE users CHANGE id id INT NOT NULL",
        "ALTER TABLE users MODIFY note VARCHAR(60)",
    )
    lost = {finding["what"] for finding in found(through.repo, "lost-attribute")}
    assert lost == {
        "Column `email` of `users` lost NOT NULL.",
        "Column `email` of `users` lost DEFAULT 'x'.",
        "Column `id` of `users` lost AUTO_INCREMENT.",
    }
    assert [finding["what"] for finding in found(through.repo, "lost-comment")] == [
        "Column `email` of `users` lost COMMENT 'mail'."
    ]


def test_what_was_typed_is_not_lost(through):
    tinker(
        through,
        "ALTER TABLE users MODIFY email VARCHAR(120) NULL DEFAULT 'y' COMMENT ''",
        "ALTER TABLE users ALTER COLUMN email DROP DEFAULT",
        "ALTER TABLE users CHANGE id number INT NOT NULL AUTO_INCREMENT",
    )
    assert not {"lost-attribute", "lost-comment"} & codes(through.repo)


def test_a_draft_that_was_mended_by_hand_is_replayed(through):
    tinker(through, "ALTER TABLE users MODIFY email VARCHAR(120)")
    edit(through, 0, "VARCHAR(120)", "VARCHAR(10) NOT NULL DEFAULT 'x' COMMENT 'mail'")
    assert not {"lost-attribute", "lost-comment"} & codes(through.repo)
    assert "narrower-type" in codes(through.repo)
    offline = ddltap_json(through.repo, "lint", "--offline")
    assert "Of #1 only the text was looked at" in offline["notes"][0]
    assert not [f for f in offline["drafts"][0]["findings"] if f["code"] == "narrower-type"]


# --- what holds less


@pytest.mark.parametrize(
    "change, code",
    [
        ("MODIFY note VARCHAR(40)", "narrower-type"),
        ("MODIFY note VARCHAR(60)", None),
        ("MODIFY age SMALLINT", "narrower-type"),
        ("MODIFY age INT UNSIGNED", "narrower-type"),
        ("MODIFY age BIGINT", None),
        ("MODIFY price DECIMAL(10,2)", "narrower-type"),
        ("MODIFY age VARCHAR(20)", "type-changed"),
        ("MODIFY kind ENUM('a','b')", "enum-members"),
        ("MODIFY kind ENUM('b','a','c')", "enum-order"),
        ("MODIFY kind ENUM('a','b','c','d')", None),
        ("MODIFY note VARCHAR(50) CHARACTER SET latin1", "narrower-charset"),
    ],
)
def test_columns_that_hold_less(mariadb, proxy, change, code):
    fill(mariadb, "bankroll", BEFORE)
    through = proxy(mariadb)
    tinker(through, f"ALTER TABLE users {change}")
    got = codes(through.repo) & {"narrower-type", "type-changed", "enum-members", "enum-order", "narrower-charset"}
    assert got == ({code} if code else set())


# --- what rows must be like


def test_rows_of_development_are_asked(through):
    tinker(
        through,
        "ALTER TABLE users ADD UNIQUE KEY by_mail (email)",
        "ALTER TABLE empty_one ADD UNIQUE KEY by_a (a)",
        "ALTER TABLE users MODIFY age INT NOT NULL",
        "ALTER TABLE users ADD born DATE NOT NULL DEFAULT '2000-01-01', ADD weight INT NOT NULL",
        "ALTER TABLE orders ADD FOREIGN KEY (user_id) REFERENCES users (id)",
        "ALTER TABLE orders ADD CONSTRAINT some_day CHECK (day > 0)",
    )
    assert "fine" in found(through.repo, "new-unique", "1")[0]["rows"]
    assert "no rows that could tell" in found(through.repo, "new-unique", "2")[0]["rows"]
    assert [finding["what"] for finding in found(through.repo, "not-null")] == ["Column `age` of `users` can no longer be NULL."]
    assert [finding["what"] for finding in found(through.repo, "new-not-null")] == [
        "New column `weight` of `users` is NOT NULL without a default."
    ]
    assert "fine" in found(through.repo, "new-foreign-key")[0]["rows"]
    assert "fine" in found(through.repo, "new-check")[0]["rows"]
    assert found(through.repo, "new-unique", "--offline", "1")[0]["rows"] is None


@pytest.mark.parametrize(
    "statement, code, raised",
    [
        ("ALTER TABLE users MODIFY note VARCHAR(50) NOT NULL", "not-null", True),
        ("ALTER TABLE users ADD UNIQUE (age)", "new-unique", True),
        ("ALTER TABLE users ADD UNIQUE (email(5))", "new-unique", False),
        ("ALTER TABLE orders ADD FOREIGN KEY (day) REFERENCES empty_one (id)", "new-foreign-key", True),
        ("ALTER TABLE orders ADD FOREIGN KEY (day) REFERENCES users (id)", "new-foreign-key", False),
        ("ALTER TABLE orders ADD CONSTRAINT later CHECK (day > 5)", "new-check", True),
        ("ALTER TABLE orders ADD CONSTRAINT later CHECK (day > 0)", "new-check", False),
    ],
)
def test_rows_in_the_way_of_a_draft_that_is_not_applied_are_an_error(through, statement, code, raised):
    tinker(through, "ALTER TABLE orders ADD a INT")
    edit(through, 0, "ALTER TABLE orders ADD a INT;", statement + ";")
    finding = found(through.repo, code)[0]
    assert finding["level"] == ("error" if raised else "warning"), finding
    assert ("in the way." in finding["rows"]) == raised


# --- names


def test_renames(through):
    tinker(through, "ALTER TABLE users CHANGE note remark VARCHAR(50)", "RENAME TABLE orders TO purchases", "ALTER TABLE users ADD INDEX (age)")
    assert {(id, code) for id, code, _, _ in findings(through.repo) if code.startswith("rename")} == {
        (1, "rename-column"), (2, "rename-table")
    }


def test_names_of_this_machine(server, through):
    server.fresh_database("other")
    tinker(through, "CREATE PROCEDURE p() SELECT 'bankroll', 'bankroll.users'", "CREATE PROCEDURE q() SELECT 'bankroll'", "CREATE TABLE t (id INT PRIMARY KEY)")
    edit(through, 2, "CREATE TABLE t", "CREATE TABLE bankroll.t")
    edit(through, 2, "-- migrate:down", "CREATE TABLE other.t (id INT PRIMARY KEY);\nCREATE DEFINER = `root`@`%` VIEW w AS SELECT 1;\n-- migrate:down")
    assert [id for id, code, _, _ in findings(through.repo) if code == "development-name"] == [1, 3]
    assert [id for id, code, _, _ in findings(through.repo) if code == "other-schema"] == [3]
    assert found(through.repo, "definer")[0]["what"] == "DEFINER = `root`@`%`."


def test_what_an_account_for_one_database_may_not(through):
    tinker(through, "CREATE FUNCTION f() RETURNS INT DETERMINISTIC RETURN 1", "CREATE EVENT e ON SCHEDULE EVERY 1 DAY DO SELECT 1", "CREATE VIEW v AS SELECT 1")
    got = {(id, code) for id, code, _, _ in findings(through.repo)}
    assert (1, "log-trust") in got and (2, "privilege") in got
    assert not [id for id, code in got if id == 3 and code in ("privilege", "log-trust")]


# --- locks


def test_locks_are_measured(server, through):
    tinker(
        through,
        "ALTER TABLE users ADD a INT",
        "ALTER TABLE users ADD INDEX by_age (age)",
        "ALTER TABLE users MODIFY age VARCHAR(20)",
        "CREATE INDEX by_day ON orders (day)",
    )
    drafts = ddltap_json(through.repo, "lint")["drafts"]
    algorithms = [draft["locking"][0]["algorithm"] for draft in drafts]
    no_copy = "NOCOPY, LOCK=NONE" if server.is_mariadb else "INPLACE, LOCK=NONE"
    assert algorithms[:2] == ["INSTANT", no_copy] and algorithms[3] == no_copy
    assert algorithms[2] in ("COPY", "COPY, LOCK=NONE")
    expected = "copies-table" if algorithms[2] == "COPY" else "in-place"
    assert expected in {finding["code"] for finding in drafts[2]["findings"]}
    assert not {"copies-table", "blocks-writes"} & {finding["code"] for finding in drafts[0]["findings"] + drafts[1]["findings"]}
    assert ddltap_json(through.repo, "lint", "--offline")["drafts"][0]["locking"] == []


# --- the target


def test_what_the_target_lacks(mariadb, proxy):
    fill(mariadb, "bankroll", BEFORE)
    through = proxy(mariadb)
    tinker(
        through,
        "CREATE SEQUENCE numbers",
        "CREATE TABLE t (id UUID PRIMARY KEY, a TEXT DEFAULT 'x', b INT CHECK (b > 0), c INT DEFAULT (1 + 1))",
        "ALTER TABLE users ADD COLUMN IF NOT EXISTS a INT",
        "ALTER TABLE users ADD b INT",
    )
    repo = through.repo

    def lacking(target, id):
        done = json.loads(ddltap(repo, "-c", f"lint.target={target}", "lint", "--json", id).stdout)
        return {f["what"] for draft in done["drafts"] for f in draft["findings"] if f["code"] == "target-lacks"}

    assert lacking("mysql:8.0", "1") == {"MySQL 8.0 lacks sequences."}
    assert lacking("mysql:8.0", "2") == {
        "MySQL 8.0 lacks the type uuid.",
        "MySQL 8.0 lacks a literal as the default of a text, blob or json column.",
    }
    assert any("CHECK that is enforced, which MySQL has since 8.0.16" in what for what in lacking("mysql:8.0.11", "2"))
    assert lacking("mysql:8.4", "3") and not lacking("mysql:8.4", "4")
    assert not lacking("mariadb:10.11", "1..4")
    assert lacking("mariadb:10.6", "2") == {"MariaDB 10.6 lacks the type uuid, which MariaDB has since 10.7."}
    done = ddltap(repo, "-c", "lint.target=oracle", "lint")
    assert done.returncode == 2 and "mysql:8.0" in done.stderr


# --- the rest


def test_hygiene(server, through):
    tinker(
        through,
        "CREATE TABLE bare (a INT, `group` INT)",
        "ALTER TABLE users ADD INDEX one (age), ADD INDEX two (age, id)",
        "CREATE TABLE good (id INT PRIMARY KEY, a INT, UNIQUE (a)) DEFAULT CHARSET=utf8mb4",
        "CREATE TABLE old (id INT PRIMARY KEY) DEFAULT CHARSET=utf8mb3",
    )
    got = {(id, code) for id, code, _, _ in findings(through.repo)}
    assert {(1, "no-primary-key"), (1, "reserved-name"), (2, "duplicate-index"), (4, "old-utf8")} <= got
    assert not [code for id, code in got if id == 3]


def test_secrets(through):
    tinker(through, "CREATE TABLE t (id INT PRIMARY KEY)")
    edit(
        through, 0, "-- migrate:down",
        "INSERT INTO t VALUES ('mysql://app:hunter2@db/app');\nINSERT INTO t VALUES ('<redacted>');\n-- migrate:down",
    )
    done = ddltap(through.repo, "lint", "--json")
    assert done.returncode == 1 and "hunter2" not in done.stdout + done.stderr
    assert {"secret", "redacted"} <= codes(through.repo)


def test_drafts_of_others_are_looked_at(through):
    tinker(through, "ALTER TABLE users ADD a INT")
    (through.repo / "ddltap" / "drafts" / "20300101T000000Z_0001_theirs.sql").write_text(
        "-- ddltap draft 1\n-- migrate:up\nALTER TABLE users MODIFY email VARCHAR(20);\n-- migrate:down\n"
    )
    assert {(None, "lost-attribute"), (None, "narrower-type")} <= {(id, code) for id, code, _, _ in findings(through.repo)}


def test_without_a_server_texts_and_images_are_looked_at(server, through):
    tinker(through, "ALTER TABLE users MODIFY email VARCHAR(120)")
    done = ddltap(through.repo, "-c", "proxy.upstream=127.0.0.1:1", "lint", "--json")
    assert done.returncode == 1, done.stderr
    result = json.loads(done.stdout)
    assert "Nothing was measured" in result["notes"][0]
    assert "lost-attribute" in {finding["code"] for finding in result["drafts"][0]["findings"]}
    away = ddltap(through.repo, "lint", "--on", "mysql://root@127.0.0.1:1/bankroll")
    assert away.returncode == 3 and "127.0.0.1:1" in away.stderr, away


def test_what_a_person_reads(through):
    tinker(through, "ALTER TABLE users DROP COLUMN note")
    done = ddltap(through.repo, "lint")
    assert "#1  ALTER TABLE users\n  error    drop-column      Column `note` of `users` goes.\n" in done.stdout
    assert "1 draft: 1 error, " in done.stdout and "-- lint:ok CODE reason" in done.stdout
    assert ddltap(through.repo, "lint", "9").returncode == 3
    assert ddltap(through.repo, "lint", "x").returncode == 3
    assert "| `drop-column` | error |" in ddltap(through.repo, "lint", "--rules").stdout
