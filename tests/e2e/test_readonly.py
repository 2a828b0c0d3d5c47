"""Files and folders that ddltap may not write to: each command works all the same, or says so and leaves all as it was."""

import contextlib
import os
import sqlite3
import subprocess

import pytest

from drafts import read_drafts
from proxy import SANITIZER_REPORT, binary, ddltap, environment
from test_commit import CHANGES, commit, flask, git, state, tinker  # noqa: F401
from test_uncommit import undo, versions

# The superuser passes over modes and owners; here she must not.
OBEY = ["setpriv", "--bounding-set=-dac_override,-dac_read_search,-fowner"] if os.getuid() == 0 else []
NOBODY = 65534
# What a command tells of a place that it may not write to.
DENIED = ("denied", "permission", "readonly", "read-only", "unable to open", "cannot be read")


def obeying(root, *arguments):
    done = subprocess.run(
        [*OBEY, binary(), "-C", str(root), *arguments], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=180, env=environment(),
    )  # fmt: skip
    assert not SANITIZER_REPORT.search(done.stderr), done.stderr
    return done


@contextlib.contextmanager
def closed(path, mode, owner=None):
    """A path with another mode, or of another user; of git's objects, those of each first byte too."""
    paths = [path, *path.iterdir()] if path.name == "objects" else [path]
    were = [(each, each.stat()) for each in paths]
    for each in paths:
        if owner is not None:
            os.chown(each, owner, owner)
        each.chmod(mode)
    try:
        yield
    finally:
        for each, was in were:
            if each.exists():
                os.chown(each, was.st_uid, was.st_gid)
                each.chmod(was.st_mode & 0o7777)


PLACES = {
    "versions": lambda project: project.root / "migrations" / "versions",
    "drafts": lambda project: project.root / "ddltap" / "drafts",
    "draft": lambda project: read_drafts(project.root)[0].path,
    "git": lambda project: project.root / ".git",
    "index": lambda project: project.root / ".git" / "index",
    "objects": lambda project: project.root / ".git" / "objects",
    "journal": lambda project: project.root / "ddltap" / "state" / "journal.sqlite",
    "claim": lambda project: project.root / "ddltap" / "state" / "journal.command.lock",
}
# How it is closed, and which commands are refused.
CLOSED = [
    ("versions", 0o555, None, ("commit", "undo commit")),
    ("versions", 0o755, NOBODY, ("commit", "undo commit")),
    ("drafts", 0o555, None, ("commit", "undo commit", "discard", "squash", "undo", "restore")),
    ("drafts", 0o755, NOBODY, ("commit", "undo commit")),
    ("draft", 0o000, None, ("commit", "discard", "squash")),
    ("draft", 0o600, NOBODY, ("commit", "discard")),
    ("git", 0o555, None, ("commit", "undo commit")),
    ("objects", 0o555, None, ("commit", "undo commit")),
    ("journal", 0o444, None, ("commit", "undo commit", "discard", "squash", "undo", "restore")),
    ("journal", 0o600, NOBODY, ("commit", "undo commit")),
    ("claim", 0o444, None, ("commit", "discard")),
]
COMMANDS = {
    "commit": ("commit", "--no-lint", "--no-verify", "-m", "x"),
    "undo commit": ("commit", "--undo"),
    "discard": ("discard", "1"),
    "squash": ("squash", "1..2"),
    "undo": ("undo", "--yes"),
    "restore": ("restore", "4"),
}


@pytest.mark.skipif(os.getuid() != 0, reason="another owner can be given by the superuser only")
def test_a_place_that_cannot_be_written_to(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:2] + ["CREATE TABLE aside (id INT PRIMARY KEY)", "CREATE TABLE gone (id INT PRIMARY KEY)"])
    assert ddltap(flask.root, "discard", "4").returncode == 0
    for place, mode, owner, refused in CLOSED:
        for name in refused:
            if name == "undo commit":
                assert commit(flask.root, "--no-verify", "-m", "first").returncode == 0
            before, schema = state(flask, server), server.schema("bankroll")
            with closed(PLACES[place](flask), mode, owner):
                done = obeying(flask.root, *COMMANDS[name])
            what = f"{place} {mode:o} {owner}: {name}: {done.returncode} {done.stdout}{done.stderr}"
            assert done.returncode == 3 and any(word in done.stderr for word in DENIED), what
            assert state(flask, server) == before and server.schema("bankroll") == schema, what
            if name == "undo commit":
                assert undo(flask.root).returncode == 0


@pytest.mark.parametrize("place", ("draft", "index"))
def test_a_file_that_is_read_only_in_a_folder_that_is_not(server, flask, proxy, place):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:3])
    known = versions(flask)
    for command in (("discard", "1"), ("restore", "1"), ("squash", "1..2"), ("commit", "--no-lint", "-m", "x")):
        with closed(PLACES[place](flask), 0o444):
            done = obeying(flask.root, *command)
        assert done.returncode == 0, f"{command}: {done.stderr}"
    with closed((versions(flask) - known).pop(), 0o444):
        done = obeying(flask.root, "commit", "--undo")
    assert done.returncode == 0, done.stderr
    assert versions(flask) == known and git(flask.root, "status", "--porcelain", "migrations") == ""


def test_what_only_looks_works_where_nothing_can_be_written(server, flask, proxy):  # noqa: F811
    through = tinker(flask, server, proxy, CHANGES[:2])
    through.stop()  # else it may write what is due before the folder is closed
    drafts = PLACES["drafts"](flask)
    with contextlib.closing(sqlite3.connect(PLACES["journal"](flask))) as journal, journal:
        journal.execute("UPDATE change SET file_due = 1 WHERE id = 2")
    with closed(drafts, 0o555):
        for command in (("list",), ("show", "1"), ("diff",), ("status",)):
            done = obeying(flask.root, *command)
            assert done.returncode in (0, 1) and "Permission denied" in done.stderr, f"{command}: {done.stderr}"
        assert obeying(flask.root, "check").returncode == 1
    assert ddltap(flask.root, "list").stderr == "" and len(through.drafts()) == 2
