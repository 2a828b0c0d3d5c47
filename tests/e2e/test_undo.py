"""discard, restore and undo: what becomes of a draft, and of the change."""

import contextlib
import sqlite3

import pytest

from proxy import ddltap, ddltap_json
from test_diff import before, fill
from test_verify import CHANGES, run


@pytest.fixture
def tinkered(server, proxy):
    fill(server, "bankroll", before(server))
    through = proxy(server)
    through.before = server.schema("bankroll")
    through.execute(*CHANGES)
    through.wait_for_drafts(len(CHANGES))
    return through


def states(repo):
    return {change["id"]: change["draft_state"] for change in ddltap_json(repo, "list", "--all")}


def files(repo):
    return sorted(path.name for path in (repo / "ddltap" / "drafts").glob("*.sql"))


def test_a_discarded_draft_comes_back_as_it_was_edited(tinkered):
    path = tinkered.repo / "ddltap" / "drafts" / files(tinkered.repo)[0]
    text = path.read_text().replace("-- migrate:up\n", "-- migrate:up\n-- reviewed\n")
    path.write_text(text)
    assert ddltap(tinkered.repo, "discard", "1").returncode == 0
    assert not path.exists() and states(tinkered.repo)[1] == "discarded"
    assert ddltap(tinkered.repo, "restore", "1").returncode == 0
    assert path.read_text() == text and states(tinkered.repo)[1] == "pending"


def test_ranges_and_wrong_numbers(tinkered):
    assert ddltap(tinkered.repo, "discard", "2..4", "7").returncode == 0
    assert [id for id, state in sorted(states(tinkered.repo).items()) if state == "discarded"] == [2, 3, 4, 7]
    again = ddltap(tinkered.repo, "discard", "2")
    assert again.returncode == 3 and "#2 is no pending draft" in again.stderr
    wrong = ddltap(tinkered.repo, "restore", "1")
    assert wrong.returncode == 3 and "#1 is no draft that was set aside" in wrong.stderr
    assert ddltap(tinkered.repo, "discard").returncode == 2
    many = ddltap(tinkered.repo, "discard", *map(str, range(1, 66)))
    assert many.returncode == 2 and "takes 64 drafts at most" in many.stderr


def test_all_changes_are_undone_one_after_the_other(server, tinkered):
    for _ in CHANGES:
        done = ddltap(tinkered.repo, "undo", "--yes", "--no-verify")
        assert done.returncode == 0, done.stderr
    after = server.schema("bankroll")
    assert after == tinkered.before
    assert files(tinkered.repo) == [] and set(list(states(tinkered.repo).values())[:12]) == {"undone"}
    done = ddltap(tinkered.repo, "undo", "--yes")
    assert done.returncode == 3 and "nothing to undo" in done.stderr
    assert ddltap(tinkered.repo, "verify").returncode == 0


def test_an_undo_that_was_killed_ahead_of_its_mark_is_finished(server, tinkered):
    path = tinkered.repo / "ddltap" / "drafts" / files(tinkered.repo)[-1]
    number, text = max(states(tinkered.repo)), path.read_text()
    assert ddltap(tinkered.repo, "undo", "--yes", "--no-verify").returncode == 0
    schema = server.schema("bankroll")
    with contextlib.closing(sqlite3.connect(tinkered.repo / "ddltap" / "state" / "journal.sqlite")) as journal, journal:
        journal.execute("UPDATE change SET draft_state = 'pending' WHERE id = ?", [number])
    path.write_text(text)
    done = ddltap(tinkered.repo, "undo", "--yes")
    assert done.returncode == 0 and f"#{number}" in done.stdout, done.stderr
    assert states(tinkered.repo)[number] == "undone" and not path.exists()
    assert server.schema("bankroll") == schema
    assert ddltap(tinkered.repo, "verify").returncode == 0


def test_one_in_the_middle_is_undone_after_its_proof(server, tinkered):
    done = ddltap(tinkered.repo, "undo", "--yes", "6")
    assert done.returncode == 0, done.stderr
    assert "tidy" in str(server.schema("bankroll"))
    assert states(tinkered.repo)[6] == "undone"
    done = ddltap(tinkered.repo, "verify")
    assert done.returncode == 0, done.stdout


def test_what_a_later_change_touched_is_not_undone(tinkered):
    done = ddltap(tinkered.repo, "undo", "--yes", "1")
    assert done.returncode == 3 and "undo that one first" in done.stderr


def test_what_is_no_longer_as_it_was_left_is_not_undone(server, tinkered):
    run(server, "ALTER TABLE badges ADD colour INT", database="bankroll")
    done = ddltap(tinkered.repo, "undo", "--yes", "4")
    assert done.returncode == 3 and "not as #4 left it" in done.stderr


def test_nothing_is_undone_without_asking(server, tinkered):
    seen = server.schema("bankroll")
    done = ddltap(tinkered.repo, "undo", "12")
    assert done.returncode == 1 and "--yes" in done.stderr
    assert "rows" in done.stderr  # of the table that was dropped
    assert server.schema("bankroll") == seen and states(tinkered.repo)[12] == "pending"


def test_a_way_back_that_fails_half_way_leaves_the_database_as_it_was(server, tinkered):
    tinkered.execute("ALTER TABLE badges DROP FOREIGN KEY badges_ibfk_1, DROP COLUMN name")
    tinkered.wait_for_drafts(len(CHANGES) + 1)
    run(server, "INSERT INTO badges (id, user_id) VALUES (1, 12345)", database="bankroll")
    seen = server.schema("bankroll")
    done = ddltap(tinkered.repo, "undo", "--yes")
    assert done.returncode == 3 and "1452" in done.stderr and "The database is as it was." in done.stderr
    assert server.schema("bankroll") == seen and states(tinkered.repo)[13] == "pending"
    run(server, "DELETE FROM badges", database="bankroll")
    assert ddltap(tinkered.repo, "undo", "--yes").returncode == 0
    assert ddltap(tinkered.repo, "verify").returncode == 0
