"""commit: drafts become migrations of real projects, with their own tools; all of it or nothing."""

import contextlib
import random
import shutil
import subprocess
import time

import pytest

from drafts import read_drafts
from formats import DbmateProject, FlaskProject, run_in_client
from proxy import binary, ddltap, ddltap_json, environment, init, kill_and_wait, make_repository

PRODUCTION = "pythonpydev$bankroll"
CHANGES = [
    "ALTER TABLE users ADD COLUMN nickname varchar(64) DEFAULT '100%' COMMENT 'a:b %(x)s \\\\ \"q\"' AFTER email",
    "ALTER TABLE users CHANGE nickname display_name varchar(80) DEFAULT '100%' COMMENT 'a:b %(x)s \\\\ \"q\"'",
    "CREATE TABLE settings (id int PRIMARY KEY, value varchar(60) DEFAULT '{\"a\":1}')",
    "ALTER TABLE settings ADD note varchar(9) DEFAULT '\"\"\"'",
    "CREATE INDEX by_name ON users (display_name)",
    "CREATE TRIGGER users_before BEFORE INSERT ON users FOR EACH ROW\nBEGIN\n  -- it's a comment; 100%\n"
    "  SET NEW.email := CONCAT(DATE_FORMAT(NOW(), '%Y:%m'), ':name', '\\\\', '\\'', NEW.email);\nEND",
    "CREATE VIEW names AS SELECT id, display_name, '%' AS percent FROM users",
    "ALTER TABLE accounts DROP COLUMN balance",
    "RENAME TABLE settings TO preferences",
    "CREATE PROCEDURE twice(IN a int)\nBEGIN\n  SELECT a * 2 AS `:b`; SELECT 1 % 2;\nEND",
    "ALTER TABLE users MODIFY email varchar(200) NOT NULL",
    "CREATE TABLE tags (id int PRIMARY KEY, user_id int, CONSTRAINT tag_user FOREIGN KEY (user_id) REFERENCES users (id))",
]
MADE = {}


def git(root, *arguments):
    done = subprocess.run(
        ["git", "-C", str(root), "-c", "user.name=a", "-c", "user.email=a@example.org", *arguments],
        capture_output=True, text=True, env=environment(),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def begin(project, server, database="bankroll"):
    """The project's files in git, ddltap initialised in it."""
    git(project.root, "config", "user.name", "Somebody")
    git(project.root, "config", "user.email", "somebody@example.org")
    init(project.root, server.url(database))
    git(project.root, "add", "-A")
    git(project.root, "commit", "-qm", "the project")
    project.repo = project.root
    return project


@pytest.fixture
def flask(server, tmp_path, tmp_path_factory):
    server.fresh_database()
    make_repository(tmp_path / "app")
    project = FlaskProject(tmp_path / "app", server)
    if server.kind not in MADE:
        project.flask("init")
        project.flask("migrate", "-m", "first tables")
        project.flask("upgrade")
        project.flask("revision", "-m", "nothing")
        MADE[server.kind] = tmp_path_factory.mktemp("made") / "migrations"
        shutil.copytree(project.root / "migrations", MADE[server.kind])
    else:
        shutil.copytree(MADE[server.kind], project.root / "migrations")
    project.flask("upgrade")
    (project.root / ".gitignore").write_text("__pycache__/\n")
    return begin(project, server)


def tinker(project, server, proxy, changes=CHANGES):
    through = proxy(server, repo=project.root)
    through.execute(*changes)
    through.wait_for_drafts(len(changes))
    return through


def commit(root, *arguments):
    """The changes of these tests are meant; what lint has to say of them is tested below."""
    return ddltap(root, "commit", "--no-lint", *arguments)


def schema_of(server, database):
    schema = server.schema(database)
    for table in ("alembic_version", "schema_migrations"):
        schema.pop(("TABLE", table), None)
    schema = {key: facts for key, facts in schema.items() if key[0] != "DATABASE"}
    for facts in schema.values():
        facts.pop("collation_connection", None)
    return schema


def production(server):
    """An account without SUPER on a database of another name."""
    server.fresh_database(PRODUCTION)
    server.execute("CREATE USER IF NOT EXISTS shop@'%' IDENTIFIED BY ''")
    server.execute("GRANT ALL ON `pythonpydev$bankroll`.* TO shop@'%'")
    server.execute("SET GLOBAL log_bin_trust_function_creators = 1")


def flask_as(project, user, *arguments, database):
    url = f"mysql+pymysql://{user}@{project.server.host}:{project.server.port}/{database}?charset=utf8mb4"
    done = subprocess.run(
        ["/usr/bin/python3", "-m", "flask", "--app", "app", "db", *arguments],
        cwd=project.root, env=project.environment(database) | {"DATABASE_URL": url}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_story_of_the_model_user(server, flask, proxy):
    before = schema_of(server, "bankroll")
    tinker(flask, server, proxy)
    after = schema_of(server, "bankroll")
    (flask.root / "notes.txt").write_text("mine")
    git(flask.root, "add", "notes.txt")
    done = commit(flask.root, "-m", "users get a display name")
    assert done.returncode == 0, done.stderr

    # git: one commit of one file; what was staged stays so
    files = git(flask.root, "show", "--name-only", "--format=%s", "HEAD").split("\n")
    assert files[0] == "users get a display name" and files[2].endswith("users_get_a_display_name.py") and files[3] == ""
    assert git(flask.root, "diff", "--cached", "--name-only") == "notes.txt\n"
    assert read_drafts(flask.root) == [] and ddltap_json(flask.root, "list") == []

    # development: nothing to do
    assert "(head)" in flask.flask("current")
    flask.flask("upgrade")
    assert schema_of(server, "bankroll") == after
    assert ddltap(flask.root, "verify").returncode == 0
    scanned = ddltap(flask.root, "scan", "--full")
    assert scanned.returncode == 0, scanned.stdout
    flask.flask("migrate", "-m", "what the models lack")
    for path in (flask.root / "migrations" / "versions").glob("*what_the_models_lack.py"):
        path.unlink()

    # production
    production(server)
    flask_as(flask, "shop", "upgrade", database=PRODUCTION)
    assert schema_of(server, PRODUCTION) == after
    flask_as(flask, "shop", "downgrade", database=PRODUCTION)
    assert schema_of(server, PRODUCTION) == before
    flask_as(flask, "shop", "downgrade", "base", database=PRODUCTION)
    server.fresh_database(PRODUCTION)
    run_in_client(server, PRODUCTION, flask.flask("upgrade", "--sql", database=PRODUCTION))
    assert schema_of(server, PRODUCTION) == after


def test_the_migrations_themselves_are_the_baseline_of_a_full_proof(server, flask, proxy, tmp_path):
    tinker(flask, server, proxy)
    replay = tmp_path / "replay.sh"
    replay.write_text(
        "#!/bin/sh\nexport DATABASE_URL=$(echo \"$DATABASE_URL\" | sed 's,^mysql:,mysql+pymysql:,')\n"
        "exec /usr/bin/python3 -m flask --app app db upgrade\n"
    )
    options = ("-c", f"replay.command=sh {replay}", "verify", "--full")
    proven = ddltap(flask.root, *options)
    assert proven.returncode == 0, proven.stdout + proven.stderr
    assert commit(flask.root, "-m", "all").returncode == 0
    proven = ddltap(flask.root, *options)
    assert proven.returncode == 0, proven.stdout + proven.stderr
    for path in (flask.root / "migrations" / "versions").glob("*_all.py"):
        path.write_text(path.read_text().replace("by_name", "by_nobody"))
    wrong = ddltap(flask.root, *options, "--json")
    assert wrong.returncode == 1 and "TABLE users" in wrong.stdout
    unset = ddltap(flask.root, "verify", "--full")
    assert unset.returncode == 2 and "[replay]" in unset.stderr


def test_drafts_are_committed_one_after_the_other(server, flask, proxy):
    before = schema_of(server, "bankroll")
    tinker(flask, server, proxy)
    after = schema_of(server, "bankroll")
    for ids, name in (("3..4", "settings"), ("1..2", "names"), ("8", "balance")):
        done = commit(flask.root, "-m", name, ids)
        assert done.returncode == 0, done.stderr
        verified = ddltap(flask.root, "verify")
        assert verified.returncode == 0, verified.stdout
    assert ddltap(flask.root, "scan", "--full").returncode == 0
    rest = commit(flask.root, "-m", "the rest")
    assert rest.returncode == 0, rest.stderr
    flask.flask("upgrade")
    assert schema_of(server, "bankroll") == after
    server.fresh_database(PRODUCTION)
    flask.flask("upgrade", database=PRODUCTION)
    assert schema_of(server, PRODUCTION) == after
    for _ in range(4):
        flask.flask("downgrade", database=PRODUCTION)
    assert schema_of(server, PRODUCTION) == before


def test_what_needs_another_draft_is_refused(flask, server, proxy):
    tinker(flask, server, proxy)
    before = state(flask, server)
    done = commit(flask.root, "-m", "too early", "2")
    assert done.returncode == 3, done.stdout
    assert state(flask, server) == before


def test_dry_run_prints_the_file_and_changes_nothing(flask, server, proxy):
    tinker(flask, server, proxy)
    before = state(flask, server)
    done = commit(flask.root, "--dry-run", "-m", "perhaps")
    assert done.returncode == 0 and "def upgrade()" in done.stdout and "_perhaps.py" in done.stdout
    assert state(flask, server) == before


def test_rows_that_somebody_wrote_into_a_draft_travel(flask, server, proxy):
    tinker(flask, server, proxy)
    path = read_drafts(flask.root)[3].path
    text = path.read_text().replace(
        "-- migrate:down\n", "INSERT INTO settings (id, value) VALUES (1, 'it''s 100%');\n-- migrate:down\nDELETE FROM settings;\n"
    )
    path.write_text(text)
    edited = commit(flask.root, "-m", "settings")
    assert edited.returncode == 3 and "ddltap apply" in edited.stderr
    assert ddltap(flask.root, "apply", "--yes").returncode == 0
    done = commit(flask.root, "-m", "settings")
    assert done.returncode == 0, done.stderr
    server.fresh_database(PRODUCTION)
    flask.flask("upgrade", database=PRODUCTION)
    assert server.execute("SELECT value FROM preferences", PRODUCTION) == (("it's 100%",),)


def test_models_that_do_not_know_it_are_told(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:1])
    done = subprocess.run(
        [binary(), "-C", str(flask.root), "-c", "format.python=/usr/bin/python3", "commit", "--no-lint", "-m", "nickname"],
        env=flask.environment("bankroll") | {"DDLTAP_DATABASE_URL": server.url("bankroll")}, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "users.nickname" in done.stderr and "nickname = db.Column(" in done.stderr, done.stderr


def test_a_database_that_stands_elsewhere_is_refused(flask, server, proxy):
    tinker(flask, server, proxy)
    before = state(flask, server)
    server.execute("UPDATE alembic_version SET version_num = '0123456789ab'", "bankroll")
    done = commit(flask.root, "-m", "x")
    assert done.returncode != 0 and "0123456789ab" in done.stderr
    server.execute("UPDATE alembic_version SET version_num = %s" % repr(before["stamp"][0][0]), "bankroll")
    assert state(flask, server) == before


def test_what_changed_behind_the_proxy_is_not_committed_over(server, flask, proxy):
    tinker(flask, server, proxy, CHANGES[:1] + CHANGES[2:3])
    server.execute("ALTER TABLE users DROP COLUMN nickname", "bankroll")
    server.execute("ALTER TABLE accounts ADD aside INT", "bankroll")
    before = state(flask, server)
    done = commit(flask.root, "-m", "x")
    assert done.returncode == 3 and "TABLE users" in done.stderr and "ddltap scan" in done.stderr
    assert state(flask, server) == before
    assert commit(flask.root, "-m", "settings", "2").returncode == 0


def test_what_lint_finds_stands_in_the_way_until_it_is_acknowledged(flask, server, proxy):
    tinker(flask, server, proxy, ["ALTER TABLE accounts DROP COLUMN balance"])
    before = state(flask, server)
    done = ddltap(flask.root, "commit", "-m", "no balance")
    assert done.returncode == 1 and "drop-column" in done.stderr and "lint:ok" in done.stderr
    assert state(flask, server) == before
    path = read_drafts(flask.root)[0].path
    path.write_text(path.read_text().replace("-- migrate:up\n", "-- migrate:up\n-- lint:ok drop-column nobody reads it\n"))
    done = ddltap(flask.root, "commit", "-m", "no balance")
    assert done.returncode == 0, done.stderr


# --- git --------------------------------------------------------------------------------------------


def test_drafts_that_git_tracks_go_with_the_commit(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:2])
    git(flask.root, "add", "ddltap/drafts")
    git(flask.root, "commit", "-qm", "for review")
    done = commit(flask.root, "-m", "names")
    assert done.returncode == 0, done.stderr
    shown = git(flask.root, "show", "--name-status", "--format=", "HEAD")
    assert shown.count("D\tddltap/drafts/") == 2 and shown.count("A\tmigrations/versions/") == 1
    assert git(flask.root, "status", "--porcelain") == ""


def test_a_hundred_drafts_that_git_tracks(flask, server, proxy):
    tinker(flask, server, proxy, [f"CREATE TABLE many_{number} (id int PRIMARY KEY)" for number in range(100)])
    git(flask.root, "add", "ddltap/drafts")
    git(flask.root, "commit", "-qm", "for review")
    done = ddltap(flask.root, "commit", "--no-verify", "-m", "many")
    assert done.returncode == 0, done.stderr
    assert git(flask.root, "show", "--name-status", "--format=", "HEAD").count("D\tddltap/drafts/") == 100


def test_a_merge_in_progress_is_refused(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:1])
    (flask.root / ".git" / "MERGE_HEAD").write_text(git(flask.root, "rev-parse", "HEAD"))
    done = commit(flask.root, "-m", "x")
    assert done.returncode == 3 and "merge is in progress" in done.stderr


def test_a_detached_head_and_a_linked_work_tree(server, flask, proxy, tmp_path):
    git(flask.root, "checkout", "-q", "--detach")
    tinker(flask, server, proxy, CHANGES[:1])
    assert commit(flask.root, "-m", "detached").returncode == 0
    assert git(flask.root, "log", "-1", "--format=%s") == "detached\n"
    linked = tmp_path / "linked"
    git(flask.root, "worktree", "add", "-q", "-b", "side", str(linked))
    init(linked, server.url("bankroll"))
    flask.root = linked
    tinker(flask, server, proxy, CHANGES[1:2])
    done = commit(linked, "-m", "linked")
    assert done.returncode == 0, done.stderr
    assert git(linked, "log", "-1", "--format=%s") == "linked\n" and git(linked, "status", "--porcelain") == ""
    assert "(head)" in flask.flask("current")


def test_a_file_that_cannot_be_written_leaves_nothing(server, flask, proxy):
    tinker(flask, server, proxy, CHANGES[:2])
    before = state(flask, server)
    versions = flask.root / "migrations" / "versions"
    aside = versions.rename(flask.root / "aside")
    versions.symlink_to("/proc/self")
    done = commit(flask.root, "-m", "x")
    assert done.returncode != 0
    versions.unlink()
    aside.rename(versions)
    assert state(flask, server) == before


def test_without_git_and_in_a_sub_folder(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:1])
    head = git(flask.root, "rev-parse", "HEAD")
    done = commit(flask.root / "migrations", "--no-git", "-m", "x")
    assert done.returncode == 0, done.stderr
    assert git(flask.root, "rev-parse", "HEAD") == head
    assert "(head)" in flask.flask("current") and "_x.py" in git(flask.root, "status", "--porcelain", "-uall")


def test_the_hooks_of_ddltap_let_its_own_commit_pass(flask, server, proxy):
    assert ddltap(flask.root, "hook", "install").returncode == 0
    tinker(flask, server, proxy, CHANGES[:1])
    (flask.root / "mine.txt").write_text("mine")
    git(flask.root, "add", "mine.txt")
    refused = subprocess.run(["git", "-C", str(flask.root), "commit", "-qm", "mine"], capture_output=True, env=environment())
    assert refused.returncode != 0
    done = commit(flask.root, "-m", "names")
    assert done.returncode == 0, done.stderr
    git(flask.root, "commit", "-qm", "mine")


def test_amend_puts_it_into_the_last_commit(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:1])
    count = git(flask.root, "rev-list", "--count", "HEAD")
    assert commit(flask.root, "--amend", "-m", "both").returncode == 0
    assert git(flask.root, "rev-list", "--count", "HEAD") == count
    assert git(flask.root, "log", "-1", "--format=%s") == "both\n"


# --- all or nothing ----------------------------------------------------------------------------------


def state(project, server):
    """What a commit may change."""
    return {
        "head": git(project.root, "rev-parse", "HEAD"),
        "status": git(project.root, "status", "--porcelain", "-uall"),
        "drafts": {draft.path.name: draft.path.read_text() for draft in read_drafts(project.root)},
        "stamp": server.execute("SELECT version_num FROM alembic_version", "bankroll"),
        "list": [draft["id"] for draft in ddltap_json(project.root, "list")],
    }


def hook(project, name, text):
    path = project.root / ".git" / "hooks" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def is_done(project, server):
    assert ddltap_json(project.root, "list") == [] and read_drafts(project.root) == []
    assert "(head)" in project.flask("current")
    assert git(project.root, "status", "--porcelain", "-uall") == ""
    verified = ddltap(project.root, "verify")
    assert verified.returncode == 0, verified.stdout
    assert ddltap(project.root, "scan", "--full").returncode == 0


def test_a_hook_that_refuses_leaves_nothing(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:4])
    before = state(flask, server)
    refusing = hook(flask, "pre-commit", "echo 'not today' >&2; exit 1")
    done = commit(flask.root, "-m", "x")
    assert done.returncode == 3 and "not today" in done.stderr
    assert state(flask, server) == before
    refusing.unlink()
    assert commit(flask.root, "-m", "x").returncode == 0
    is_done(flask, server)


def test_other_commands_leave_a_commit_in_progress_alone(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:2])
    told, command = flask.root.parent / "told", f"{binary()} -C {flask.root}"
    hook(flask, "pre-commit", f"({command} list; echo $?; {command} discard 1; echo $?) >{told} 2>&1")
    done = ddltap(flask.root, "commit", "-m", "x")
    assert done.returncode == 0, done.stderr
    lines = told.read_text().splitlines()
    assert "#1" in lines[0] and lines[2] == "0" and lines[-1] == "3", lines
    assert "Another ddltap command" in lines[3] and "interrupted" not in told.read_text()
    is_done(flask, server)


KILL_DDLTAP = "kill -9 $(ps -o ppid= -p $PPID)"


def test_a_kill_before_the_git_commit_takes_all_back(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:4])
    git(flask.root, "add", "ddltap/drafts")
    git(flask.root, "commit", "-qm", "for review")
    before = state(flask, server)
    killing = hook(flask, "pre-commit", f"{KILL_DDLTAP}; exit 1")
    with contextlib.suppress(subprocess.CalledProcessError):
        subprocess.run([binary(), "-C", str(flask.root), "commit", "--no-lint", "-m", "x"], env=environment(), capture_output=True)
    killing.unlink()
    finished = ddltap(flask.root, "list")
    assert "interrupted; it is taken back" in finished.stderr
    assert state(flask, server) == before


def test_a_kill_after_the_git_commit_is_finished_by_the_next_command(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:4])
    killing = hook(flask, "post-commit", KILL_DDLTAP)
    subprocess.run([binary(), "-C", str(flask.root), "commit", "--no-lint", "-m", "x"], env=environment(), capture_output=True)
    killing.unlink()
    finished = ddltap(flask.root, "list")
    assert "interrupted; it is finished now" in finished.stderr, finished.stderr
    is_done(flask, server)


def test_what_somebody_worked_on_after_a_kill_stays(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:2])
    git(flask.root, "add", "ddltap/drafts")
    git(flask.root, "commit", "-qm", "for review")
    drafts = read_drafts(flask.root)
    killing = hook(flask, "pre-commit", f"{KILL_DDLTAP}; exit 1")
    subprocess.run([binary(), "-C", str(flask.root), "commit", "-m", "x"], env=environment(), capture_output=True)
    killing.unlink()
    (migration,) = (flask.root / "migrations" / "versions").glob("*_x.py")
    migration.write_text(migration.read_text() + "# mine\n")
    drafts[0].path.write_text("-- ddltap draft 1\n-- migrate:up\nSELECT 1;\n-- migrate:down\nSELECT 2;\n")
    finished = ddltap(flask.root, "list")
    assert "interrupted; it is taken back" in finished.stderr and f"{migration.name} is not as" in finished.stderr
    assert migration.read_text().endswith("# mine\n") and "SELECT 2" in drafts[0].path.read_text()
    assert drafts[1].path.exists()


def test_a_git_that_cannot_tell_decides_nothing(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:2])
    killing = hook(flask, "post-commit", KILL_DDLTAP)
    subprocess.run([binary(), "-C", str(flask.root), "commit", "-m", "x"], env=environment(), capture_output=True)
    killing.unlink()
    config = flask.root / ".git" / "config"
    text = config.read_text()
    config.write_text(text + "[core\n")
    told = ddltap(flask.root, "list")
    assert told.returncode == 0 and "interrupted commit" in told.stderr, told.stderr
    assert ddltap(flask.root, "discard", "1").returncode == 3
    config.write_text(text)
    git(flask.root, "switch", "-qc", "other", "HEAD~")
    assert "interrupted; it is finished now" in ddltap(flask.root, "list").stderr
    git(flask.root, "switch", "-q", "-")
    is_done(flask, server)


def test_a_message_that_is_no_text_is_refused(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:1])
    before = state(flask, server)
    command = [binary(), "-C", str(flask.root), "commit", "-m", b"caf\xe9"]
    done = subprocess.run(command, env=environment(), capture_output=True)
    assert done.returncode == 3 and b"not UTF-8" in done.stderr, done.stderr
    assert state(flask, server) == before


def test_a_database_that_cannot_be_marked_is_marked_by_the_next_command(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:2])
    client = f"{server.client} --no-defaults -h{server.host} -P{server.port} -uroot bankroll"
    moving = hook(flask, "post-commit", f"{client} -e 'RENAME TABLE alembic_version TO aside'")
    done = commit(flask.root, "-m", "x")
    assert done.returncode == 3 and "The next ddltap command tries again" in done.stderr, done.stderr
    moving.unlink()
    server.execute("RENAME TABLE aside TO alembic_version", "bankroll")
    assert ddltap(flask.root, "list").returncode == 0
    is_done(flask, server)


def test_kills_at_any_instant_leave_nothing_half_done(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:3])
    dice, outcomes = random.Random(server.kind), {"before": 0, "after": 0}
    began = time.monotonic()
    before = state(flask, server)
    commit(flask.root, "--dry-run", "-m", "x")
    length = time.monotonic() - began
    for _ in range(12):
        process = subprocess.Popen(
            [binary(), "-C", str(flask.root), "commit", "--no-lint", "-m", "x"], env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(dice.uniform(0, 1.2 * length))
        kill_and_wait(process)
        listed = ddltap(flask.root, "list", "--json")
        assert listed.returncode == 0, listed.stderr
        if listed.stdout.strip() == "[]":
            outcomes["after"] += 1
            is_done(flask, server)
            break
        outcomes["before"] += 1
        assert state(flask, server) == before
    assert outcomes["before"] + outcomes["after"] > 0


# --- other formats ------------------------------------------------------------------------------------


def test_dbmate_takes_it_for_its_own(server, tmp_path, proxy):
    server.fresh_database()
    make_repository(tmp_path / "app")
    project = DbmateProject(tmp_path / "app", server)
    (project.root / "db" / "migrations" / "20260101000000_first_tables.sql").write_text(
        "-- migrate:up\nCREATE TABLE users (id int PRIMARY KEY, email varchar(120) NOT NULL);\n"
        "CREATE TABLE accounts (id int PRIMARY KEY, balance decimal(12,2) NOT NULL DEFAULT 0.00);\n"
        "-- migrate:down\nDROP TABLE accounts;\nDROP TABLE users;\n"
    )
    project.dbmate("up")
    begin(project, server)
    before = schema_of(server, "bankroll")
    tinker(project, server, proxy)
    after = schema_of(server, "bankroll")
    done = commit(project.root, "-m", "users get a display name")
    assert done.returncode == 0, done.stderr
    assert "Pending: 0" in project.dbmate("status")
    production(server)
    project.dbmate("up", database=PRODUCTION)
    assert schema_of(server, PRODUCTION) == after
    project.dbmate("rollback", database=PRODUCTION)
    assert schema_of(server, PRODUCTION) == before


def test_pairs_of_files_and_a_dirty_database(server, tmp_path, proxy):
    server.fresh_database()
    server.execute("CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)", "bankroll")
    server.execute("INSERT INTO schema_migrations VALUES (1, 1)", "bankroll")
    root = make_repository(tmp_path / "app")
    (root / "migrations").mkdir()
    (root / "migrations" / "000001_first.up.sql").write_text("CREATE TABLE users (id int PRIMARY KEY, email varchar(9));\n")
    (root / "migrations" / "000001_first.down.sql").write_text("DROP TABLE users;\n")
    server.execute("CREATE TABLE users (id int PRIMARY KEY, email varchar(9))", "bankroll")

    class Project:
        pass

    project = Project()
    project.root = root
    begin(project, server)
    through = tinker(project, server, proxy, CHANGES[:2])
    dirty = commit(root, "-m", "names")
    assert dirty.returncode == 3 or dirty.returncode == 2
    server.execute("UPDATE schema_migrations SET dirty = 0", "bankroll")
    done = commit(root, "-m", "names")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in (root / "migrations").iterdir())[2:] == ["000002_names.down.sql", "000002_names.up.sql"]
    assert server.execute("SELECT version, dirty FROM schema_migrations", "bankroll") == ((2, 0),)

    # the tool's number for it has no zeros in front: a kill behind the mark is finished
    through.execute("CREATE TABLE more (id int PRIMARY KEY)")
    through.wait_for_drafts(1)
    killing = hook(project, "post-commit", KILL_DDLTAP)
    subprocess.run([binary(), "-C", str(root), "commit", "-m", "more"], env=environment(), capture_output=True)
    killing.unlink()
    server.execute("UPDATE schema_migrations SET version = 3", "bankroll")
    assert "interrupted; it is finished now" in ddltap(root, "list").stderr
    assert ddltap_json(root, "list") == []


def test_a_remark_in_a_draft_that_git_tracks_comes_back(flask, server, proxy):
    tinker(flask, server, proxy, CHANGES[:2])
    path = read_drafts(flask.root)[0].path
    path.write_text(path.read_text().replace("-- migrate:up\n", "-- migrate:up\n-- a remark of mine\n"))
    git(flask.root, "add", "ddltap/drafts")
    git(flask.root, "commit", "-qm", "for review")
    before = state(flask, server)
    refusing = hook(flask, "pre-commit", "exit 1")
    assert commit(flask.root, "-m", "x").returncode == 3
    assert state(flask, server) == before and "a remark of mine" in path.read_text()
    refusing.write_text(f"#!/bin/sh\n{KILL_DDLTAP}; exit 1\n")
    subprocess.run([binary(), "-C", str(flask.root), "commit", "-m", "x"], env=environment(), capture_output=True)
    refusing.unlink()
    assert "taken back" in ddltap(flask.root, "list").stderr
    assert state(flask, server) == before
