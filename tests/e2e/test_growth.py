"""A journal that grows: it does not add up all changes each time, and lets go of what nothing can bring back."""

import contextlib
import sqlite3
import subprocess
import time

import pytest

from proxy import ddltap, ddltap_json, environment, init, make_repository

MANY = 70  # more than a survey adds up anew each time
DAY = 86_400_000_000
TABLES = [f"CREATE TABLE t{i} (id INT PRIMARY KEY, a INT)" for i in range(3)]


def git(repo, *arguments):
    subprocess.run(["git", "-C", str(repo), *arguments], check=True, capture_output=True, env=environment())


@pytest.fixture
def repo(server, tmp_path):
    server.fresh_database()
    for statement in TABLES:
        server.execute(statement, database="bankroll")
    repo = make_repository(tmp_path / "app")
    git(repo, "config", "user.name", "Somebody")
    git(repo, "config", "user.email", "somebody@example.org")
    (repo / "migrations").mkdir()
    init(repo, server.url())
    with open(repo / "ddltap" / "config.ini", "a") as config:
        config.write("\n[format]\nname = plain\ndirectory = migrations\n")
    git(repo, "add", "-A")
    git(repo, "commit", "-qm", "the project")
    return repo


def sql(repo, statement):
    journal = sqlite3.connect(repo / "ddltap" / "state" / "journal.sqlite", timeout=10)
    with contextlib.closing(journal), journal:
        return journal.execute(statement).fetchall()


def number(repo, statement):
    return sql(repo, statement)[0][0]


def make_many(through):
    succeed(through.repo, "scan")  # waits for the proxy's own look, which would begin a known schema half way
    through.execute(*(f"ALTER TABLE t{i % 3} ADD c{i} INT" for i in range(MANY)))
    through.wait_for_drafts(MANY, seconds=90)


def succeed(repo, *arguments, code=0):
    done = ddltap(repo, *arguments)
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def commit(repo, what, message):
    succeed(repo, "commit", "--no-lint", "-m", message, *what)


def known(repo):
    """The change that the known schema is of; 0: none."""
    rows = sql(repo, "SELECT value FROM setting WHERE name = 'known'")
    return int(rows[0][0]) if rows else 0


def age(repo, days=100):
    """All that is in the journal is so much older."""
    past = days * DAY
    sql(repo, f"UPDATE change SET at = at - {past}, ended_at = ended_at - {past}, committed_at = committed_at - {past}")


def wait_until_compacted(repo, seconds=60):
    deadline = time.monotonic() + seconds
    done = "NOT EXISTS (SELECT * FROM setting WHERE name = 'sweep')"
    while time.monotonic() < deadline:
        if gone := number(repo, f"SELECT count(*) FROM change WHERE NOT images_kept AND {done}"):
            return gone
        time.sleep(0.1)
    raise AssertionError("nothing was let go of")


def test_a_survey_begins_where_the_last_one_ended(server, proxy, repo):
    through = proxy(server, repo=repo)
    make_many(through)
    assert "No drift" in succeed(repo, "scan")
    last = known(repo)
    assert last == number(repo, "SELECT max(id) FROM change")
    # What the changes up to there say is not asked for any more.
    sql(repo, "UPDATE object SET after_image = NULL, after_state = 'absent'")
    through.execute("ALTER TABLE t0 DROP c0")
    assert "No drift" in succeed(repo, "scan", "--full")
    server.execute("ALTER TABLE t1 ADD outside INT", database="bankroll")
    assert "outside" in succeed(repo, "scan", code=1)
    assert "No drift" in succeed(repo, "scan", "--full")
    assert known(repo) == last


def test_the_known_schema_is_forgotten_with_a_baseline_of_today(server, proxy, repo):
    through = proxy(server, repo=repo)
    make_many(through)
    succeed(repo, "scan")
    assert known(repo) != 0
    commit(repo, [], "all of it")
    server.execute("ALTER TABLE t1 ADD outside INT", database="bankroll")
    succeed(repo, "scan", "--accept")
    assert known(repo) == 0
    assert "No drift" in succeed(repo, "scan", "--full")


def test_parts_of_a_change_that_is_known_are_no_drift(server, proxy, repo):
    through = proxy(server, repo=repo)
    make_many(through)
    through.execute("DROP TABLE t1, t2")
    through.wait_for_drafts(MANY + 1)
    succeed(repo, "scan")
    assert known(repo) == number(repo, "SELECT max(id) FROM change")
    succeed(repo, "split", str(known(repo)))
    assert "No drift" in succeed(repo, "scan", "--full")
    through.execute("CREATE TABLE t1 (id INT)")
    assert "No drift" in succeed(repo, "scan", "--full")


def test_after_letting_go_everything_goes_on(server, proxy, repo):
    through = proxy(server, repo=repo)
    make_many(through)
    first = number(repo, "SELECT min(id) FROM change")
    newest = first + MANY - 1
    succeed(repo, "discard", str(newest - 1))
    commit(repo, [f"{first}..{newest - 2}"], "old ones")
    commit(repo, [str(newest)], "the newest commit")
    through.execute("ALTER TABLE t0 ADD waiting INT", "ALTER TABLE t0 ADD waiting_too INT")
    through.wait_for_drafts(2)
    succeed(repo, "scan")
    assert known(repo) == newest  # as the commit found it
    through.stop()
    age(repo)
    through = proxy(server, repo=repo)

    assert wait_until_compacted(repo) == MANY - 2
    kept = [row[0] for row in sql(repo, "SELECT id FROM change WHERE images_kept ORDER BY id")]
    assert kept == [newest - 1, newest, newest + 1, newest + 2]
    assert number(repo, "SELECT count(*) FROM pragma_foreign_key_check") == 0
    assert "not kept any more" in succeed(repo, "show", str(first))
    assert "not kept any more" not in succeed(repo, "show", str(newest))
    assert len(ddltap_json(repo, "list", "--all")) == MANY + 2
    status = ddltap_json(repo, "status")
    assert status["drift"]["state"] == "none" and status["drafts"]["pending"] == 2
    assert status["journal_bytes"] > 0 and "journal" in succeed(repo, "status")

    assert "No drift" in succeed(repo, "scan", "--full")
    server.execute("ALTER TABLE t2 ADD outside INT", database="bankroll")
    assert "outside" in succeed(repo, "scan", code=1)
    through.execute("ALTER TABLE t1 ADD later INT")
    through.wait_for_drafts(4)
    succeed(repo, "restore", str(newest - 1))
    succeed(repo, "undo", "--yes", str(newest + 4))
    succeed(repo, "squash", f"{newest + 1}..{newest + 2}")
    succeed(repo, "squash", "--undo", str(newest + 2))
    succeed(repo, "verify")
    commit(repo, [], "the rest")
    assert "No drift" in succeed(repo, "scan", "--full")
    assert len(list((repo / "migrations").glob("*"))) >= 3


def test_a_commit_that_was_let_go_of_is_not_taken_back(server, proxy, repo):
    through = proxy(server, repo=repo)
    make_many(through)
    commit(repo, ["1..69"], "old ones")
    commit(repo, ["70"], "newest")
    succeed(repo, "scan")
    through.stop()
    age(repo)
    through = proxy(server, repo=repo)
    wait_until_compacted(repo)
    through.stop()
    assert sql(repo, "SELECT name FROM setting WHERE name LIKE 'committed %'") == [("committed 70",)]

    succeed(repo, "commit", "--undo")
    drafts, journal = ddltap_json(repo, "list", "--all"), sql(repo, "SELECT id, draft_state FROM change")
    migrations = sorted((repo / "migrations").glob("*"))
    refused = succeed(repo, "commit", "--undo", code=3)
    assert "#1 " in refused and "not kept any more" in refused and "journal.keep_days" in refused
    assert ddltap_json(repo, "list", "--all") == drafts and sorted((repo / "migrations").glob("*")) == migrations
    assert sql(repo, "SELECT id, draft_state FROM change") == journal
    commit(repo, [], "newest again")
    assert "No drift" in succeed(repo, "scan", "--full")


def test_nothing_is_let_go_of_for_ever(server, proxy, repo):
    (repo / "ddltap" / "local.ini").write_text("[journal]\nkeep_days = 0\n")
    through = proxy(server, repo=repo)
    make_many(through)
    commit(repo, ["1..69"], "old ones")
    commit(repo, ["70"], "newest")
    succeed(repo, "scan")
    through.stop()
    age(repo)
    proxy(server, repo=repo)
    time.sleep(4)
    assert number(repo, "SELECT count(*) FROM change WHERE NOT images_kept") == 0
