"""scan: what never passed the proxy becomes a draft that leads there and back; what passed it is no drift."""

import concurrent.futures
import contextlib
import json
import subprocess
import threading
import time

import pytest

from proxy import binary, ddltap, ddltap_json, environment, init, make_repository

BEFORE = [
    "CREATE TABLE orgs (id INT PRIMARY KEY, title VARCHAR(20) NOT NULL DEFAULT 'x')",
    "CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(100), note VARCHAR(50), nick INT, org_id INT,"
    " KEY by_nick (nick), CONSTRAINT of_org FOREIGN KEY (org_id) REFERENCES orgs (id))",
    "CREATE TABLE badges (id INT PRIMARY KEY, name VARCHAR(20), user_id INT)",
    "CREATE TABLE log (id INT, at DATE)",
    "CREATE VIEW rich AS SELECT id, email FROM users WHERE id > 1",
    "CREATE VIEW titles AS SELECT count(*) AS n, title FROM orgs GROUP BY title ORDER BY 2",
    "CREATE TRIGGER one BEFORE INSERT ON users FOR EACH ROW SET NEW.nick = 1",
    "CREATE TRIGGER two BEFORE INSERT ON users FOR EACH ROW SET NEW.nick = 2",
    "CREATE TRIGGER three BEFORE INSERT ON users FOR EACH ROW SET NEW.nick = 3",
    "CREATE TRIGGER of_badges AFTER DELETE ON badges FOR EACH ROW DELETE FROM log WHERE id = OLD.id",
    "CREATE PROCEDURE tidy(a INT) BEGIN SELECT 'it;'; SELECT a; END",
    "CREATE FUNCTION twice(a INT) RETURNS INT DETERMINISTIC RETURN 2 * a",
    "CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01 00:00:00' DO DELETE FROM log",
]
MARIADB_ALONE = [
    "CREATE SEQUENCE numbers START WITH 7",
    "SET sql_mode = ORACLE",
    "CREATE PACKAGE tools AS PROCEDURE x(a INT); END",
    "CREATE PACKAGE BODY tools AS PROCEDURE x(a INT) AS BEGIN NULL; END; END",
    "SET sql_mode = DEFAULT",
]

# Each: what is done directly at the server, and the lines in which scan tells it.
CHANGES = {
    "a table comes": (["CREATE TABLE fresh (id INT PRIMARY KEY)"], ["+ table fresh (id)"]),
    "a table changes": (
        ["ALTER TABLE users ADD nickname VARCHAR(64) AFTER email, MODIFY note VARCHAR(60), DROP nick"],
        [
            "users  + nickname varchar(64) after email", "users  ~ note varchar(50) -> varchar(60)", "users  - nick",
            "users  - index by_nick",
        ],
    ),
    "a table goes, with its trigger": (["DROP TABLE badges"], ["- table badges", "- trigger of_badges"]),
    "a table gets another name": (
        ["RENAME TABLE log TO journal_of_all"],
        ["+ table journal_of_all (id, at)", "- table log"],
    ),
    "a parent gets another name": (
        ["RENAME TABLE orgs TO organisations"],
        ["+ table organisations (id, title)", "- table orgs", "users  + foreign key of_org", "users  - foreign key of_org"],
    ),
    "a foreign key comes": (
        ["ALTER TABLE badges ADD CONSTRAINT of_user FOREIGN KEY (user_id) REFERENCES users (id)"],
        ["badges  + index of_user (user_id)", "badges  + foreign key of_user"],
    ),
    "a view changes": (["CREATE OR REPLACE VIEW rich AS SELECT id FROM users"], ["view rich  ~ query"]),
    "a view comes and one goes": (
        ["CREATE VIEW poor AS SELECT id FROM rich", "DROP VIEW titles"],
        ["+ view poor", "- view titles"],
    ),
    "a view takes the name of a table": (
        ["DROP TABLE log", "CREATE VIEW log AS SELECT id FROM orgs"],
        ["+ view log", "- table log"],
    ),
    "a trigger fires later": (
        ["DROP TRIGGER one", "CREATE TRIGGER one BEFORE INSERT ON users FOR EACH ROW SET NEW.nick = 1"],
        ["- trigger one", "+ trigger one"],
    ),
    "a trigger fires between others": (
        ["CREATE TRIGGER half BEFORE INSERT ON users FOR EACH ROW PRECEDES two SET NEW.nick = 0"],
        ["+ trigger half"],
    ),
    "a trigger fires at another event": (
        ["DROP TRIGGER two", "CREATE TRIGGER two AFTER UPDATE ON users FOR EACH ROW SET @a = 2"],
        ["- trigger two", "+ trigger two"],
    ),
    "routines change": (
        ["DROP PROCEDURE tidy", "CREATE PROCEDURE tidy() SELECT 1", "DROP FUNCTION twice"],
        ["procedure tidy  ~ parameters (a INT) -> ()", "procedure tidy  ~ body", "- function twice"],
    ),
    "an event changes": (["ALTER EVENT nightly ON SCHEDULE EVERY 2 DAY"], ["event nightly  ~ schedule EVERY 1 DAY -> EVERY 2 DAY"]),
    "the defaults of the database change": (
        ["ALTER DATABASE bankroll CHARACTER SET latin1"],
        ["database bankroll  ~ character set utf8mb4 -> latin1"],
    ),
}
CHANGES_OF_MARIADB = {
    "a sequence changes": (["ALTER SEQUENCE numbers INCREMENT BY 5"], ["sequence numbers  ~ increment by 1 -> 5"]),
    "a sequence comes": (["CREATE SEQUENCE more"], ["+ sequence more"]),
    "a package goes": (["SET sql_mode = ORACLE", "DROP PACKAGE tools"], ["- package tools", "- package body tools"]),
}


def run(server, statements, database="bankroll"):
    with contextlib.closing(server.connect(database=database)) as connection:
        with connection.cursor() as cursor:
            for statement in statements:
                cursor.execute(statement)


def before(server):
    return BEFORE + (MARIADB_ALONE if server.is_mariadb else [])


def fill(server, database="bankroll"):
    server.fresh_database(database)
    run(server, before(server), database)


def signature(server, database="bankroll"):
    """All objects, and the order in which triggers fire."""
    order = server.execute(
        "SELECT EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION, TRIGGER_NAME FROM information_schema.TRIGGERS"
        f" WHERE TRIGGER_SCHEMA = '{database}' ORDER BY 1, 2, 3, ACTION_ORDER"
    )
    defaults = server.execute(
        "SELECT DEFAULT_CHARACTER_SET_NAME, DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA"
        f" WHERE SCHEMA_NAME = '{database}'"
    )
    objects = server.schema(database)
    for texts in objects.values():
        texts.pop("Database Collation", None)
        for column, text in texts.items():
            texts[column] = text.rstrip("; \n")  # MySQL keeps the ';' behind a body in a text of several statements
    return objects, order, defaults


@pytest.fixture
def project(server, tmp_path):
    fill(server)
    repo = make_repository(tmp_path / "repo")
    init(repo, server.url("bankroll"))
    return repo


def no_drift(repo, *options):
    found = ddltap_json(repo, "scan", *options)
    assert not found["drift"], found["lines"] + found["in_no_draft"]
    assert not found["incomplete"], found
    return found


def drafts_of(repo):
    return sorted((repo / "ddltap" / "drafts").glob("*.sql"))


# --- found ----------------------------------------------------------------------------------------------


def test_init_takes_the_baseline_and_nothing_is_found_then(server, project):
    assert no_drift(project)["first_look_only"]
    assert not no_drift(project, "--full")["first_look_only"]
    assert "none" in ddltap(project, "status").stdout


@pytest.mark.parametrize("name", [*CHANGES, *CHANGES_OF_MARIADB])
def test_what_is_done_at_the_server_becomes_a_draft_there_and_back(server, project, name):
    if name in CHANGES_OF_MARIADB and not server.is_mariadb:
        pytest.skip("of MariaDB alone")
    statements, lines = (CHANGES | CHANGES_OF_MARIADB)[name]
    old = signature(server)
    run(server, statements)
    new = signature(server)
    status = ddltap_json(project, "status")
    assert status["drift"]["state"] == "found" and status["drift"]["objects"], status
    assert 'run "ddltap scan"' in ddltap(project, "status").stdout
    done = ddltap(project, "scan", "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1, done
    assert set(lines) <= set(found["lines"]), found["lines"]
    assert found["in_no_draft"] == [] and not found["incomplete"], found
    (draft,) = drafts_of(project)
    text = draft.read_text()
    assert f"{found['draft']['draft']}" == f"ddltap/drafts/{draft.name}"
    assert "  scan  root@localhost  bankroll  " in text.splitlines()[1], text
    up, down = text.split("-- migrate:up\n")[1].split("-- migrate:down\n")
    # The way back in the schema as it is, then the way there again.
    server.replay("bankroll", server.root, down)
    assert signature(server) == old, down
    server.replay("bankroll", server.root, up)
    assert signature(server) == new, up
    no_drift(project, "--full")
    assert len(drafts_of(project)) == 1


def test_one_object_gives_its_own_title_and_several_are_counted(server, project):
    run(server, ["ALTER TABLE users ADD a INT"])
    assert ddltap_json(project, "scan")["draft"]["title"] == "ALTER TABLE users"
    run(server, ["DROP VIEW rich"])
    assert ddltap_json(project, "scan")["draft"]["title"] == "DROP VIEW rich"
    run(server, ["CREATE TABLE x (id INT)", "CREATE TABLE y (id INT)", "ALTER TABLE log ADD b INT"])
    assert ddltap_json(project, "scan")["draft"]["title"] == "SCAN 3 objects"
    listed = ddltap_json(project, "list")
    assert [entry["tool"] for entry in listed] == ["scan"] * 3
    assert all(entry["way_back"] == "reversible" and not entry["edited"] for entry in listed), listed
    assert ddltap(project, "show", "3").returncode == 0


def test_data_that_goes_and_what_may_be_a_rename_are_said(server, project):
    run(server, ["ALTER TABLE users DROP email, CHANGE note remark VARCHAR(50), MODIFY nick TINYINT"])
    ddltap(project, "scan")
    run(server, ["RENAME TABLE log TO journal_of_all"])
    ddltap(project, "scan")
    first, second = (path.read_text() for path in drafts_of(project))
    assert "column `note` went and `remark` came with the same definition" in first, first
    assert "values of users.email" in first.replace("`", ""), first
    assert "Table `log` went and `journal_of_all` came with the same definition" in second, second


def test_a_drift_of_the_definer_alone_is_none_unless_drafts_keep_it(server, project):
    server.execute("DROP USER IF EXISTS somebody@localhost; CREATE USER somebody@localhost")
    run(server, ["CREATE OR REPLACE DEFINER = somebody@localhost VIEW rich AS SELECT id, email FROM users WHERE id > 1"])
    no_drift(project, "--full")
    found = json.loads(ddltap(project, "-c", "capture.definer=keep", "scan", "--full", "--json").stdout)
    (line,) = found["lines"]
    assert line.startswith("view rich  ~ definer"), line


def test_the_version_table_of_the_migration_tool_is_no_drift(server, tmp_path):
    fill(server)
    repo = make_repository(tmp_path / "repo")
    (repo / "migrations" / "versions").mkdir(parents=True)
    (repo / "migrations" / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (repo / "migrations" / "env.py").write_text("")
    init(repo, server.url("bankroll"))
    run(server, ["CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)", "CREATE TABLE schema_migrations (v INT)"])
    assert ddltap_json(repo, "scan")["lines"] == ["+ table schema_migrations (v)"]


# --- not found ------------------------------------------------------------------------------------------


CAPTURED = [
    "ALTER TABLE users ADD nickname VARCHAR(64)",
    "ALTER TABLE users CHANGE nick handle INT",
    "ALTER TABLE users RENAME INDEX by_nick TO by_handle",
    "RENAME TABLE orgs TO organisations",
    "ALTER TABLE organisations CHANGE id number INT",
    "RENAME TABLE users TO people",
    "RENAME TABLE badges TO swap, log TO badges, swap TO log",
    "CREATE OR REPLACE VIEW rich AS SELECT id FROM people",
    "ALTER VIEW rich AS SELECT id, email FROM people",
    "RENAME TABLE rich TO richest",
    "DROP TRIGGER two",
    "CREATE TRIGGER two BEFORE INSERT ON people FOR EACH ROW PRECEDES one SET NEW.handle = 2",
    "CREATE TRIGGER four BEFORE INSERT ON people FOR EACH ROW SET NEW.handle = 4",
    "ALTER PROCEDURE tidy COMMENT 'tidies'",
    "DROP FUNCTION twice",
    "CREATE FUNCTION twice(b INT) RETURNS INT DETERMINISTIC RETURN b + b",
    "ALTER EVENT nightly RENAME TO daily",
    "ALTER EVENT daily DISABLE",
    "CREATE TABLE fresh LIKE people",
    "CREATE TABLE other AS SELECT id FROM people",
    "ALTER TABLE other ADD PRIMARY KEY (id), COMMENT = 'x'",
    "ALTER TABLE other PARTITION BY HASH (id) PARTITIONS 3",
    "CREATE INDEX i ON fresh (email)",
    "DROP INDEX i ON fresh",
    "TRUNCATE TABLE other",
    "DROP TABLE fresh, other",
    "ALTER TABLE people DROP FOREIGN KEY of_org",
    "DROP TABLE organisations",  # its view is broken from now on
    "ALTER TABLE people DROP COLUMN email",
    "ALTER DATABASE bankroll CHARACTER SET latin1",
    "DROP TABLE log",
]
CAPTURED_BY_MARIADB = [
    "ALTER SEQUENCE numbers INCREMENT BY 3",
    "RENAME TABLE numbers TO digits",
    "CREATE OR REPLACE SEQUENCE digits",
    "SET sql_mode = ORACLE; DROP PACKAGE tools",
    "CREATE OR REPLACE TABLE people2 (id INT)",
    "ALTER TABLE people RENAME COLUMN note TO remark",
]


def test_nothing_is_found_after_captured_changes_of_every_kind(server, project, proxy):
    through = proxy(server, repo=project)
    statements = CAPTURED + (CAPTURED_BY_MARIADB if server.is_mariadb else [])
    for statement in statements:
        through.execute(statement)
        found = ddltap_json(project, "scan", "--full")
        assert not found["drift"] and not found["incomplete"], (statement, found["lines"], found["in_no_draft"], found["waiting"])
    assert all("changed outside" not in line for line in through.output)
    run(server, ["ALTER TABLE people ADD really INT"])
    assert ddltap_json(project, "scan")["lines"] == ["people  + really int" if not server.is_mariadb else "people  + really int(11)"]


def test_discarded_and_committed_out_of_order_are_no_drift(server, project, proxy):
    """Whatever becomes of drafts: what they say did happen."""
    through = proxy(server, repo=project)
    through.execute("ALTER TABLE users ADD a INT", "ALTER TABLE users ADD b INT", "ALTER TABLE users DROP a")
    through.wait_for_drafts(3)
    for path in drafts_of(project):
        path.unlink()
    no_drift(project, "--full")


def test_an_event_that_has_come_to_its_end_is_no_drift(server, project):
    run(server, ["CREATE EVENT once ON SCHEDULE AT '2035-01-01 00:00:00' DO DELETE FROM log"])
    assert ddltap_json(project, "scan")["drift"]
    run(server, ["DROP EVENT once"])
    found = no_drift(project)
    assert any("`once` has come to its end" in note for note in found["notes"]), found


def test_a_statement_that_rests_on_an_unseen_change_is_named(server, project, proxy):
    through = proxy(server, repo=project)
    run(server, ["ALTER TABLE users ADD unseen INT"])
    through.execute("ALTER TABLE users ADD seen INT")
    done = ddltap(project, "scan")
    assert done.returncode == 1 and "before #1" in done.stdout and "+ unseen int" in done.stdout, done
    assert ddltap(project, "scan").returncode == 1


def test_what_the_account_may_not_see_is_said_and_no_drift(server, project):
    server.execute("DROP USER IF EXISTS reader@'127.0.0.1'; CREATE USER reader@'127.0.0.1' IDENTIFIED BY 'p4ss'")
    server.execute("GRANT SELECT, EXECUTE, TRIGGER, EVENT ON bankroll.* TO reader@'127.0.0.1'")
    url = server.url("bankroll").replace("root@", "reader:p4ss@")
    done = subprocess.run(
        [binary(), "-C", str(project), "-c", "capture.user=reader", "scan", "--full", "--json"],
        capture_output=True, text=True, timeout=180, env=environment() | {"DDLTAP_DATABASE_URL": url},
    )
    found = json.loads(done.stdout)
    assert done.returncode == 3 and found["lines"] == [] and found["incomplete"], done
    assert any("VIEW `rich` is not compared" in note for note in found["notes"]), found["notes"]


# --- accept ---------------------------------------------------------------------------------------------


def test_accept_takes_the_drift_and_leaves_pending_drafts(server, project, proxy):
    through = proxy(server, repo=project)
    through.execute("CREATE TABLE mine (id INT)", "ALTER TABLE users ADD mine INT")
    through.wait_for_drafts(2)
    run(server, ["DROP VIEW rich", "CREATE TABLE given (id INT)"])
    done = ddltap(project, "scan", "--accept")
    assert done.returncode == 0 and "baseline" in done.stdout, done
    no_drift(project, "--full")
    assert len(drafts_of(project)) == 2 and ddltap_json(project, "status")["drafts"]["pending"] == 2
    run(server, ["DROP TABLE given"])
    assert ddltap_json(project, "scan")["lines"] == ["- table given"]


def test_accept_leaves_what_was_squashed_into_a_pending_draft(server, project, proxy):
    through = proxy(server, repo=project)
    through.execute("ALTER TABLE users ADD mine INT", "ALTER TABLE badges ADD mine INT", "ALTER TABLE log ADD gone INT",
                    "ALTER TABLE log ADD gone_too INT")  # fmt: skip
    through.wait_for_drafts(4)
    for arguments in (("squash", "1..2"), ("squash", "3..4"), ("discard", "4")):
        assert ddltap(project, *arguments).returncode == 0
    run(server, ["CREATE TABLE given (id INT)"])
    assert ddltap(project, "scan", "--accept").returncode == 0
    no_drift(project, "--full")
    verified = ddltap(project, "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_accept_refuses_what_it_cannot_tell_from_a_pending_draft(server, project, proxy):
    through = proxy(server, repo=project)
    through.execute("ALTER TABLE users ADD mine INT")
    through.wait_for_drafts(1)
    run(server, ["ALTER TABLE users ADD theirs INT"])
    done = ddltap(project, "scan", "--accept")
    assert done.returncode == 3 and "TABLE `users`" in done.stderr and "discard" in done.stderr, done
    assert ddltap_json(project, "scan")["lines"], "the baseline is as it was"


def test_without_a_baseline_scan_says_what_to_do(server, tmp_path):
    fill(server)
    repo = make_repository(tmp_path / "repo")
    done = ddltap(repo, "init", "--url", f"mysql://root@127.0.0.1:1/bankroll")
    assert done.returncode == 0 and "baseline" in done.stdout.lower(), done
    config = repo / "ddltap" / "config.ini"
    config.write_text(config.read_text().replace("127.0.0.1:1\n", f"127.0.0.1:{server.port}\n"))
    done = ddltap(repo, "scan")
    assert done.returncode == 3 and "--accept" in done.stderr, done
    assert "no baseline" in ddltap(repo, "status").stdout
    assert ddltap(repo, "scan", "--accept").returncode == 0
    no_drift(repo)


# --- the proxy, and several at once ---------------------------------------------------------------------


def wait_for_line(proxy, words, seconds=30):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        for line in proxy.output + proxy.errors:
            if words in line:
                return line
        time.sleep(0.05)
    pytest.fail(f"no line with {words!r}\n{proxy.said()}")


def test_the_proxy_says_at_its_start_what_changed_meanwhile(server, project, proxy):
    run(server, ["ALTER TABLE users ADD unseen INT", "DROP VIEW rich"])
    line = wait_for_line(proxy(server, repo=project), "changed outside of the proxy")
    assert "TABLE `users`" in line and "VIEW `rich`" in line and "ddltap scan" in line, line
    assert drafts_of(project) == []


def test_a_proxy_takes_the_baseline_that_init_could_not(server, tmp_path, proxy):
    fill(server)
    repo = make_repository(tmp_path / "repo")
    ddltap(repo, "init", "--url", "mysql://root@127.0.0.1:1/bankroll")
    config = repo / "ddltap" / "config.ini"
    config.write_text(config.read_text().replace("127.0.0.1:1\n", f"127.0.0.1:{server.port}\n"))
    through = proxy(server, repo=repo)
    wait_for_line(through, "is the baseline")
    through.execute("ALTER TABLE users ADD seen INT")
    through.wait_for_drafts(1)
    no_drift(repo)


def test_two_scans_at_once_make_one_draft(server, project):
    run(server, ["ALTER TABLE users ADD unseen INT"])
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        codes = sorted(pool.map(lambda _: ddltap(project, "scan").returncode, range(4)))
    assert codes == [0, 0, 0, 1]
    assert len(drafts_of(project)) == 1


def test_what_passes_the_proxy_while_scans_run_is_no_drift(server, project, proxy):
    through = proxy(server, repo=project)
    ended = threading.Event()

    def tinker(number):
        table = f"t{number}"
        while not ended.is_set():
            for statement in (
                f"CREATE TABLE {table} (id INT PRIMARY KEY)",
                f"ALTER TABLE {table} ADD a INT, ADD KEY (a)",
                f"CREATE TRIGGER {table}_x BEFORE INSERT ON {table} FOR EACH ROW SET NEW.a = 1",
                f"RENAME TABLE {table} TO {table}_other",
                f"ALTER TABLE {table}_other CHANGE a b INT",
                f"CREATE VIEW {table}_v AS SELECT b FROM {table}_other",
                f"DROP TABLE {table}_other",
                f"DROP VIEW {table}_v",
            ):
                through.execute(statement)
                time.sleep(0.05)

    threads = [threading.Thread(target=tinker, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    try:
        for _ in range(8):
            done = ddltap(project, "scan", "--full", "--json")
            found = json.loads(done.stdout)
            assert found["lines"] == [] and found["in_no_draft"] == [], (found["lines"], found["in_no_draft"])
            assert done.returncode in (0, 3), found
    finally:
        ended.set()
        for thread in threads:
            thread.join()
    no_drift(project, "--full")


# --- replay ---------------------------------------------------------------------------------------------


def replayed(server, tmp_path, command):
    """A project whose tool is a shell script: it feeds migrations.sql to the database of the URL. The database was
    made by it, but for the procedure."""
    server.fresh_database()
    repo = make_repository(tmp_path / "repo")
    (repo / "ddltap").mkdir()
    (repo / "ddltap" / "config.ini").write_text(f"[replay]\ncommand = {command}\nvariable = APP_URL\n")
    (repo / "migrate.sh").write_text(
        'echo "$APP_URL" >> urls\n'
        f"{server.client} --no-defaults -h {server.host} -P {server.port} -u {server.root} ${{APP_URL##*/}} < migrations.sql\n"
    )
    migrations = [statement for statement in BEFORE if "BEGIN" not in statement]
    (repo / "migrations.sql").write_text(";\n".join(migrations) + ";\n")
    subprocess.run(["sh", "migrate.sh"], cwd=repo, check=True, env=environment() | {"APP_URL": server.url("bankroll")})
    run(server, [statement for statement in BEFORE if "BEGIN" in statement])
    (repo / ".env").write_text(f"DATABASE_URL={server.url('bankroll')}\n")
    return repo, ddltap(repo, "init")


def test_the_baseline_is_what_the_replayed_migrations_give(server, tmp_path):
    repo, done = replayed(server, tmp_path, "sh migrate.sh")
    assert done.returncode == 0 and "what the migrations give" in done.stdout, done
    (draft,) = drafts_of(repo)
    text = draft.read_text()
    assert "PROCEDURE `tidy`" in text and "users" not in text, text
    assert "ddltap_scratch_" in (repo / "urls").read_text()
    assert server.execute("SHOW DATABASES LIKE 'ddltap\\_scratch%'") == ()
    no_drift(repo)


def test_a_replay_that_fails_is_said_without_the_password(server, tmp_path):
    server.execute("DROP USER IF EXISTS dev@'127.0.0.1'; CREATE USER dev@'127.0.0.1' IDENTIFIED BY 'p4$$ word'")
    server.execute("GRANT ALL ON *.* TO dev@'127.0.0.1' WITH GRANT OPTION")
    repo, _ = replayed(server, tmp_path, "echo connecting to $APP_URL; exit 4")
    (repo / "ddltap" / "state" / "journal.sqlite").unlink()
    done = ddltap(repo, "init", "--url", server.url("bankroll").replace("root", "dev:p4%24%24%20word"))
    assert done.returncode == 0 and "exit code 4" in done.stdout and "connecting to" in done.stdout, done
    assert "p4" not in done.stdout + done.stderr, done
    assert server.execute("SHOW DATABASES LIKE 'ddltap\\_scratch%'") == ()
