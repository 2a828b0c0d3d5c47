"""apply: drafts of teammates and drafts that were edited come into the development database."""

import contextlib
import shutil
import subprocess
import time

import pymysql
import pytest

from drafts import read_drafts
from proxy import binary, ddltap, ddltap_json, environment, init, make_repository
from servers import Server
from test_diff import fill
from test_verify import run

BEFORE = [
    "CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(100), note VARCHAR(50))",
    "INSERT INTO users (email, note) VALUES ('a@example.org', 'kept')",
]
CHANGES = [
    "ALTER TABLE users ADD nick VARCHAR(20) AFTER email",
    "CREATE TABLE badges (id INT PRIMARY KEY, title VARCHAR(30) NOT NULL)",
    "ALTER TABLE users CHANGE note remark VARCHAR(50)",
    "RENAME TABLE badges TO awards",
    "CREATE VIEW mails AS SELECT email, remark FROM users",
]


@pytest.fixture
def tinkered(server, proxy):
    fill(server, "bankroll", BEFORE)
    through = proxy(server)
    through.execute(*CHANGES)
    through.wait_for_drafts(len(CHANGES))
    return through


@pytest.fixture
def colleague(server, tinkered, tmp_path):
    """Another repository with another database, and the drafts of the first one."""
    fill(server, "theirs", BEFORE)
    repo = make_repository(tmp_path / "colleague")
    init(repo, server.url("theirs"))
    shutil.copytree(tinkered.repo / "ddltap" / "drafts", repo / "ddltap" / "drafts")
    return repo


@pytest.fixture
def other_server(server):
    """The teammate's own."""
    other = Server(server.kind)
    yield other
    other.stop()


def own(repo):
    """Drafts of this journal, without those that lie there and were not applied."""
    return [draft for draft in ddltap_json(repo, "list") if draft["id"] is not None]


def git(repo, *arguments):
    identity = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    subprocess.run(["git", "-C", str(repo), *identity, *arguments], check=True, env=environment())


def test_drafts_travel_by_git_between_two_developers_with_a_server_each(server, other_server, tinkered, proxy, tmp_path):
    fill(other_server, "bankroll", BEFORE)
    git(tinkered.repo, "add", "-A")
    git(tinkered.repo, "commit", "-qm", "drafts for review")
    subprocess.run(["git", "clone", "-q", str(tinkered.repo), str(tmp_path / "clone")], check=True, env=environment())
    clone = tmp_path / "clone"
    local = f"[proxy]\nupstream = {other_server.host}:{other_server.port}\n"
    (clone / "ddltap" / "local.ini").write_text(local)
    init(clone, other_server.url("bankroll"))
    assert ddltap(clone, "apply", "--yes").returncode == 0
    assert schema(other_server, "bankroll") == schema(server, "bankroll")

    # The teammate goes on, and the first developer takes it over.
    theirs = proxy(other_server, repo=clone)
    theirs.execute("ALTER TABLE awards ADD colour VARCHAR(10)", "DROP VIEW mails")
    theirs.wait_for_drafts(len(CHANGES) + 2)
    git(clone, "add", "-A")
    git(clone, "commit", "-qm", "more drafts")
    git(tinkered.repo, "pull", "-q", str(clone))
    done = ddltap(tinkered.repo, "apply", "--yes")
    assert done.returncode == 0, done.stderr
    assert schema(other_server, "bankroll") == schema(server, "bankroll")
    for repo in (tinkered.repo, clone):
        verified = ddltap(repo, "verify")
        assert verified.returncode == 0, verified.stdout


def schema(server, database):
    return {key: str(text).replace(database, "*") for key, text in server.schema(database).items() if key[0] != "DATABASE"}


def test_drafts_of_a_teammate_bring_the_other_database_to_the_same_schema(server, tinkered, colleague):
    listed = ddltap(colleague, "apply", "--yes")
    assert listed.returncode == 0, listed.stderr
    assert schema(server, "theirs") == schema(server, "bankroll")
    assert server.execute("SELECT email, remark FROM theirs.users") == (("a@example.org", "kept"),)
    done = ddltap(colleague, "verify")
    assert done.returncode == 0, done.stdout
    again = ddltap(colleague, "apply", "--yes")
    assert again.returncode == 0 and "Nothing to apply" in again.stdout
    assert ddltap(colleague, "squash", "1..5").returncode == 0
    assert ddltap(colleague, "undo", "--yes").returncode == 0
    assert server.execute("SELECT email, note FROM theirs.users") == (("a@example.org", "kept"),)


def test_a_squashed_draft_of_a_teammate_is_one_draft_here(server, tinkered, colleague):
    assert ddltap(tinkered.repo, "squash", "1..5").returncode == 0
    shutil.rmtree(colleague / "ddltap" / "drafts")
    shutil.copytree(tinkered.repo / "ddltap" / "drafts", colleague / "ddltap" / "drafts")
    assert ddltap(colleague, "apply", "--yes").returncode == 0
    assert schema(server, "theirs") == schema(server, "bankroll")
    assert len(own(colleague)) == 1
    assert ddltap(colleague, "verify").returncode == 0


def test_one_by_a_part_of_its_name(server, colleague):
    done = ddltap(colleague, "apply", "--yes", "0001_alter_users")
    assert done.returncode == 0, done.stderr
    assert "nick" in str(server.schema("theirs")) and "awards" not in str(server.schema("theirs"))
    assert len(own(colleague)) == 1


def test_what_does_not_run_is_not_begun(server, colleague):
    path = read_drafts(colleague)[2].path
    path.write_text(path.read_text().replace("CHANGE note", "CHANGE nobody"))
    before = schema(server, "theirs")
    done = ddltap(colleague, "apply", "--yes")
    assert done.returncode == 3 and "1054" in done.stderr
    assert schema(server, "theirs") == before and own(colleague) == []


def test_what_only_the_rows_refuse_leaves_the_database_as_it_was(server, colleague):
    text = read_drafts(colleague)[0].path.read_text()
    for draft in read_drafts(colleague):
        draft.path.unlink()
    own = text.split("-- migrate:up")[0]
    (colleague / "ddltap" / "drafts" / "20261122T101500Z_0001_two.sql").write_text(
        own + "-- migrate:up\nALTER TABLE users ADD a INT;\nALTER TABLE users ADD UNIQUE (note);\n"
        "-- migrate:down\nALTER TABLE users DROP KEY note;\nALTER TABLE users DROP a;\n"
    )
    run(server, "INSERT INTO users (note) VALUES ('x'), ('x')", database="theirs")
    before = schema(server, "theirs")
    done = ddltap(colleague, "apply", "--yes")
    assert done.returncode == 3 and "1062" in done.stderr and "The database is as it was." in done.stderr
    assert schema(server, "theirs") == before


def test_what_a_killed_apply_has_run_is_in_a_draft(mariadb, tmp_path):
    fill(mariadb, "theirs", BEFORE)
    repo = make_repository(tmp_path / "app")
    init(repo, mariadb.url("theirs"))
    (repo / "ddltap" / "drafts").mkdir(exist_ok=True)
    path = repo / "ddltap" / "drafts" / "20300101T000000Z_0001_two.sql"
    path.write_text(
        "-- ddltap draft 1\n-- migrate:up\nCREATE TABLE one (id INT PRIMARY KEY);\n"
        "ALTER TABLE users ADD nick INT;\n"
        "-- migrate:down\nALTER TABLE users DROP nick;\nDROP TABLE one;\n"
    )
    command = [binary(), "-C", str(repo), "apply", "--yes"]
    waiting = "SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'ALTER TABLE users ADD nick%' AND DB = 'theirs'"
    with contextlib.closing(mariadb.connect(database="theirs", autocommit=False)) as holder:
        holder.query("SELECT * FROM users")
        with subprocess.Popen(command, env=environment(), stderr=subprocess.DEVNULL) as process:
            while not (ids := mariadb.execute(waiting)) and process.poll() is None:
                time.sleep(0.05)
            process.kill()
        with contextlib.suppress(pymysql.MySQLError):  # the server may have found out that its client is gone
            mariadb.execute(f"KILL {ids[0][0]}")
        while mariadb.execute(waiting):
            time.sleep(0.05)
    listed = ddltap(repo, "list")
    assert "CREATE TABLE one" in listed.stdout and "apply\" was interrupted" in listed.stderr
    assert "interrupted" not in ddltap(repo, "list").stderr
    assert ddltap(repo, "undo", "--yes", "1").returncode == 0
    assert not mariadb.execute("SHOW TABLES LIKE 'one'", "theirs")
    assert ddltap(repo, "apply", "--yes").returncode == 0
    assert len(own(repo)) == 1 and ddltap(repo, "verify").returncode == 0


def test_an_edited_draft_is_brought_into_the_database(server, tinkered):
    path = read_drafts(tinkered.repo)[0].path
    text = path.read_text().replace("VARCHAR(20)", "VARCHAR(64)")
    path.write_text(text)
    unproven = ddltap(tinkered.repo, "verify")
    assert unproven.returncode == 1
    done = ddltap(tinkered.repo, "apply", "--yes")
    assert done.returncode == 0, done.stderr
    assert "varchar(64)" in str(server.schema("bankroll"))
    assert path.read_text() == text and "edited" not in ddltap(tinkered.repo, "list").stdout
    verified = ddltap(tinkered.repo, "verify")
    assert verified.returncode == 0, verified.stdout
    assert ddltap(tinkered.repo, "squash", "1..5").returncode == 0


def test_what_was_edited_and_not_asked_for_is_refused(server, tinkered):
    folder = tinkered.repo / "ddltap" / "drafts"
    text = "-- ddltap draft 1\n-- migrate:up\nCREATE TABLE ahead (id INT);\n-- migrate:down\nDROP TABLE ahead;\n"
    (folder / "20200101T000000Z_0001_ahead.sql").write_text(text)
    for draft in read_drafts(tinkered.repo)[1:4:2]:
        draft.path.write_text(draft.path.read_text().replace("VARCHAR(20)", "VARCHAR(64)").replace("remark", "words"))
    done = ddltap(tinkered.repo, "apply", "--yes", "3")
    assert done.returncode == 3 and "#1 was edited too" in done.stderr


def test_a_comment_is_no_change_of_the_database(server, tinkered):
    before = server.schema("bankroll")
    path = read_drafts(tinkered.repo)[1].path
    path.write_text(path.read_text().replace("-- migrate:up\n", "-- migrate:up\n-- seen by two\n"))
    assert ddltap(tinkered.repo, "apply", "--yes").returncode == 0
    assert server.schema("bankroll") == before
    assert "edited" not in ddltap(tinkered.repo, "list").stdout


def test_nothing_is_run_without_asking(server, tinkered):
    path = read_drafts(tinkered.repo)[0].path
    path.write_text(path.read_text().replace("VARCHAR(20)", "VARCHAR(64)"))
    done = ddltap(tinkered.repo, "apply")
    assert done.returncode == 1 and "--yes" in done.stderr and "varchar(64)" in done.stderr
    assert "varchar(64)" not in str(server.schema("bankroll"))
