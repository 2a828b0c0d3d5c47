"""squash: several drafts become one with their net change; its undo; what verify, diff and undo make of it."""

import pytest

from drafts import read_drafts
from proxy import ddltap, ddltap_json
from test_diff import fill

BEFORE = [
    "CREATE TABLE users (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(100), note VARCHAR(50))",
    "INSERT INTO users (email, note) VALUES ('a@example.org', 'kept')",
    "CREATE VIEW mails AS SELECT email FROM users",
]
CHANGES = [
    "ALTER TABLE users ADD nick VARCHAR(20) AFTER email",
    "CREATE TABLE badges (id INT PRIMARY KEY AUTO_INCREMENT, title VARCHAR(30) NOT NULL)",
    "ALTER TABLE users CHANGE nick handle VARCHAR(40)",
    "ALTER TABLE badges ADD colour VARCHAR(10) DEFAULT 'red'",
    "ALTER TABLE users CHANGE note remark VARCHAR(50)",
    "CREATE INDEX by_handle ON users (handle)",
    "RENAME TABLE badges TO awards",
]


@pytest.fixture
def tinkered(server, proxy):
    fill(server, "bankroll", BEFORE)
    through = proxy(server)
    through.execute(*CHANGES)
    through.wait_for_drafts(len(CHANGES))
    return through


def texts(repo):
    return {draft.path.name: draft.path.read_text() for draft in read_drafts(repo)}


def states(repo):
    return {change["id"]: change["draft_state"] for change in ddltap_json(repo, "list", "--all")}


def test_a_run_becomes_one_draft_in_the_words_of_the_person(tinkered):
    done = ddltap(tinkered.repo, "squash", "1..7")
    assert done.returncode == 0, done.stderr
    (draft,) = read_drafts(tinkered.repo)
    assert "Net change of #1, #2, #3, #4, #5, #6 and #7" in "\n".join(draft.header)
    assert "CREATE TABLE" in draft.up and draft.up.count("CREATE TABLE") == 1 and "RENAME" not in draft.up.upper().replace(
        "RENAME COLUMN", ""
    )
    assert "VARCHAR(40)" in draft.up and "nick" not in draft.up
    assert "DROP TABLE `awards`" in draft.down and "note" in draft.down
    verified = ddltap(tinkered.repo, "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr


def test_a_part_is_squashed_and_the_rest_stays(tinkered):
    done = ddltap(tinkered.repo, "squash", "2", "4")
    assert done.returncode == 0, done.stderr
    assert sorted(states(tinkered.repo).values()) == ["pending"] * 6 + ["squashed"]
    assert ddltap(tinkered.repo, "verify").returncode == 0
    net = ddltap(tinkered.repo, "diff", "--summary")
    assert "awards" in net.stdout and "> note -> remark" in net.stdout
    assert ddltap(tinkered.repo, "squash", "4..7").returncode == 0
    assert ddltap(tinkered.repo, "verify").returncode == 0


def test_undo_brings_every_file_back_as_it_was(tinkered):
    before = texts(tinkered.repo)
    assert ddltap(tinkered.repo, "squash", "2", "4").returncode == 0
    once = texts(tinkered.repo)
    assert ddltap(tinkered.repo, "squash", "3..7").returncode == 0
    assert ddltap(tinkered.repo, "squash", "--undo", "7").returncode == 0
    assert texts(tinkered.repo) == once
    assert ddltap(tinkered.repo, "squash", "--undo", "4").returncode == 0
    assert texts(tinkered.repo) == before
    done = ddltap(tinkered.repo, "squash", "--undo", "4")
    assert done.returncode == 3 and "Nothing was squashed into #4" in done.stderr


def test_a_squashed_draft_is_undone_as_a_whole_and_rows_are_kept(server, tinkered):
    assert ddltap(tinkered.repo, "squash", "1..7").returncode == 0
    done = ddltap(tinkered.repo, "undo", "--yes")
    assert done.returncode == 0, done.stderr
    assert read_drafts(tinkered.repo) == []
    assert server.execute("SELECT email, note FROM bankroll.users") == (("a@example.org", "kept"),)


def test_what_takes_itself_back_comes_to_nothing(tinkered):
    tinkered.execute("CREATE TABLE gone (id INT)", "ALTER TABLE gone ADD a INT", "DROP TABLE gone")
    tinkered.wait_for_drafts(len(CHANGES) + 3)
    done = ddltap(tinkered.repo, "squash", "8..10")
    assert done.returncode == 0 and "take each other back" in done.stdout
    assert ddltap(tinkered.repo, "verify").returncode == 0


def test_names_that_are_swapped_at_once_have_a_way_back(server, tinkered):
    tinkered.execute("RENAME TABLE awards TO aside, users TO awards, aside TO users")
    tinkered.wait_for_drafts(len(CHANGES) + 1)
    last = read_drafts(tinkered.repo)[-1]
    assert "RENAME TABLE" in last.down
    verified = ddltap(tinkered.repo, "verify")
    assert verified.returncode == 0, verified.stdout
    done = ddltap(tinkered.repo, "squash", "1..")
    assert done.returncode == 0, done.stderr
    assert ddltap(tinkered.repo, "undo", "--yes").returncode == 0
    assert server.execute("SELECT email, note FROM bankroll.users") == (("a@example.org", "kept"),)


def test_what_cannot_be_squashed_is_refused_and_nothing_changes(tinkered):
    before = texts(tinkered.repo)
    alone = ddltap(tinkered.repo, "squash", "1")
    assert alone.returncode == 2 and "two or more" in alone.stderr
    path = read_drafts(tinkered.repo)[0].path
    path.write_text(path.read_text().replace("VARCHAR(20)", "VARCHAR(21)"))
    edited = ddltap(tinkered.repo, "squash", "1..3")
    assert edited.returncode == 3 and "was edited" in edited.stderr
    path.write_text(before[path.name])
    assert texts(tinkered.repo) == before
