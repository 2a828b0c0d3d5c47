"""commit --undo: the newest migration becomes the drafts that it was made of; all of it or nothing."""

import contextlib
import random
import subprocess
import time

import pytest

from drafts import read_drafts
from formats import DbmateProject, FlaskProject
from proxy import binary, ddltap, ddltap_json, environment, kill_and_wait, make_repository
from test_commit import CHANGES, KILL_DDLTAP, begin, commit, flask, git, hook, is_done, schema_of, state, tinker  # noqa: F401


def undo(root, *arguments):
    return ddltap(root, "commit", "--undo", *arguments)


def killed(project, *arguments):
    subprocess.run([binary(), "-C", str(project.root), "commit", *arguments], env=environment(), capture_output=True)


def baseline_holds(root):
    """Baseline and pending drafts give what the database holds, and back."""
    verified = ddltap(root, "verify")
    assert verified.returncode == 0, verified.stdout + verified.stderr
    scanned = ddltap(root, "scan", "--full")
    assert scanned.returncode == 0, scanned.stdout


def body(path):
    """What a migration does: without its numbers, dates and message."""
    text = path.read_text()
    return text[text.index("def upgrade") :] if "def upgrade" in text else text[text.index("-- migrate:up") :]


def versions(project):
    return set((project.root / "migrations" / "versions").glob("*.py"))


def facts(before):
    """What is as before an undone commit: all but the history of git."""
    return {name: fact for name, fact in before.items() if name != "head"}


def test_drafts_are_pending_again_and_give_the_same_migration(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy)
    path = read_drafts(flask.root)[3].path
    path.write_text(path.read_text().replace("-- migrate:up\n", "-- migrate:up\n-- lint:ok nothing a remark of mine\n"))
    assert ddltap(flask.root, "squash", "1..2").returncode == 0
    before, schema, known = state(flask, server), schema_of(server, "bankroll"), versions(flask)
    listed = ddltap_json(flask.root, "list", "--all")
    assert commit(flask.root, "-m", "users get a display name").returncode == 0
    first = body((versions(flask) - known).pop())
    (flask.root / "notes.txt").write_text("mine")
    git(flask.root, "add", "notes.txt")

    done = undo(flask.root)
    assert done.returncode == 0, done.stderr
    git(flask.root, "reset", "-q", "notes.txt")
    (flask.root / "notes.txt").unlink()
    assert facts(state(flask, server)) == facts(before)
    assert ddltap_json(flask.root, "list", "--all") == listed
    assert schema_of(server, "bankroll") == schema and versions(flask) == known
    shown = git(flask.root, "show", "--name-status", "--format=%s", "HEAD").split("\n")
    assert shown[0] == 'Take back "users get a display name"' and shown[2].startswith("D\tmigrations/versions/") and shown[3] == ""
    current, heads = flask.flask("current").split()[0], flask.flask("heads").split()[0]
    assert current == heads == before["stamp"][0][0]
    baseline_holds(flask.root)

    again = commit(flask.root, "-m", "users get a display name")
    assert again.returncode == 0, again.stderr
    assert body((versions(flask) - known).pop()) == first
    is_done(flask, server)


def test_drafts_that_came_since_stay_pending_behind(server, flask, proxy):  # noqa: F811
    through = tinker(flask, server, proxy, CHANGES[:4])
    before = state(flask, server)
    assert commit(flask.root, "-m", "one").returncode == 0
    through.execute("ALTER TABLE settings ADD more INT", "CREATE TABLE later (id INT PRIMARY KEY)")
    through.wait_for_drafts(2)
    done = undo(flask.root, "-m", "not yet")
    assert done.returncode == 0, done.stderr
    assert ddltap_json(flask.root, "list") != [] and git(flask.root, "log", "-1", "--format=%s") == "not yet\n"
    now = state(flask, server)
    assert now["list"] == [1, 2, 3, 4, 5, 6] and now["stamp"] == before["stamp"]
    assert {name: text for name, text in now["drafts"].items() if name in before["drafts"]} == before["drafts"]
    baseline_holds(flask.root)
    assert commit(flask.root, "-m", "all").returncode == 0
    is_done(flask, server)


def test_commits_are_taken_back_one_after_the_other(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy)
    states = [state(flask, server)]
    for ids, name in (("3..4", "settings"), ("1..2", "names"), ("8", "balance")):
        assert commit(flask.root, "-m", name, ids).returncode == 0
        states.append(state(flask, server))
    assert commit(flask.root, "-m", "the rest").returncode == 0
    for was in reversed(states):
        done = undo(flask.root)
        assert done.returncode == 0, done.stderr
        assert facts(state(flask, server)) == facts(was)
        baseline_holds(flask.root)
    done = undo(flask.root)
    assert done.returncode == 3 and "nothing to take back" in done.stderr
    assert commit(flask.root, "-m", "all").returncode == 0
    is_done(flask, server)


def test_verbatim_and_drafts_that_git_tracks(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:3])
    git(flask.root, "add", "ddltap/drafts")
    git(flask.root, "commit", "-qm", "for review")
    before, known = state(flask, server), versions(flask)
    assert commit(flask.root, "--verbatim", "-m", "x").returncode == 0
    first = body((versions(flask) - known).pop())
    done = undo(flask.root)
    assert done.returncode == 0, done.stderr
    assert git(flask.root, "show", "--name-status", "--format=", "HEAD").count("A\tddltap/drafts/") == 3
    assert facts(state(flask, server)) == facts(before) and before["status"] == ""
    assert git(flask.root, "diff", before["head"].strip(), "HEAD") == ""
    assert commit(flask.root, "--verbatim", "-m", "x").returncode == 0
    assert body((versions(flask) - known).pop()) == first


def test_drafts_that_were_staged_only_are_not_committed(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:2])
    before = state(flask, server)
    git(flask.root, "add", "ddltap/drafts")
    assert commit(flask.root, "-m", "x").returncode == 0
    done = undo(flask.root)
    assert done.returncode == 0, done.stderr
    assert git(flask.root, "show", "--name-status", "--format=", "HEAD").count("\n") == 1
    assert facts(state(flask, server)) == facts(before)


def test_without_git_and_without_the_mark(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:2])
    before = state(flask, server)
    assert commit(flask.root, "--no-git", "--no-stamp", "-m", "x").returncode == 0
    refused = undo(flask.root)
    assert refused.returncode == 2 and f"it is at {before['stamp'][0][0]}" in refused.stderr
    done = undo(flask.root, "--no-stamp")
    assert done.returncode == 0, done.stderr
    assert state(flask, server) == before

    assert commit(flask.root, "-m", "x").returncode == 0
    head = git(flask.root, "rev-parse", "HEAD")
    done = undo(flask.root, "--no-git")
    assert done.returncode == 0 and "no git commit" in done.stdout, done.stderr
    now = state(flask, server)
    assert now["head"] == head and now["status"].startswith(" D migrations/versions/")
    assert now["stamp"] == before["stamp"] and now["drafts"] == before["drafts"]
    baseline_holds(flask.root)


def test_line_ends_that_git_wrote_are_no_edit(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:2])
    before, known = state(flask, server), versions(flask)
    git(flask.root, "config", "core.autocrlf", "true")
    assert commit(flask.root, "-m", "x").returncode == 0
    path = (versions(flask) - known).pop()
    path.unlink()
    git(flask.root, "checkout", "-q", "--", str(path))
    content = path.read_bytes()
    assert b"\r\n" in content
    refusing = hook(flask, "pre-commit", "exit 1")
    refused = undo(flask.root)
    assert refused.returncode == 3 and "not as ddltap committed it" not in refused.stderr, refused.stderr
    assert path.read_bytes() == content
    refusing.unlink()
    path.write_bytes(content + b"# mine\r\n")
    refused = undo(flask.root)
    assert refused.returncode == 3 and "not as ddltap committed it" in refused.stderr, refused.stderr
    path.write_bytes(content)
    done = undo(flask.root)
    assert done.returncode == 0, done.stderr
    assert facts(state(flask, server)) == facts(before)


def test_dry_run_says_it_and_changes_nothing(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:2])
    parent = state(flask, server)["stamp"][0][0]
    drafts = [draft.path.name for draft in read_drafts(flask.root)]
    assert commit(flask.root, "-m", "x").returncode == 0
    before = state(flask, server)
    done = undo(flask.root, "--dry-run")
    assert done.returncode == 0 and "Nothing was done" in done.stdout
    assert "_x.py" in done.stdout and all(name in done.stdout for name in drafts) and f"back to {parent}" in done.stdout
    assert state(flask, server) == before


@pytest.mark.parametrize("wrong", (("--amend",), ("1",), ("--verbatim",), ("--no-lint",), ("--head", "x")))
def test_what_has_no_meaning_with_it_is_refused(tmp_path, wrong):
    done = ddltap(tmp_path, "commit", "--undo", *wrong)
    assert done.returncode == 2 and "no meaning" in done.stderr
    assert ddltap(tmp_path, "commit", "--pushed", "-m", "x").returncode == 2


# --- what is not sound -------------------------------------------------------------------------------


@pytest.fixture
def committed(server, flask, proxy):  # noqa: F811
    """(project, path of the migration); taking it back must be refused, and nothing change."""
    flask.through = tinker(flask, server, proxy, CHANGES[:2])
    known = versions(flask)
    assert commit(flask.root, "-m", "x").returncode == 0
    flask.path = (versions(flask) - known).pop()
    return flask


def refuses(project, server, *words, code=3):
    before = state(project, server)
    done = undo(project.root)
    assert done.returncode == code, done.stdout + done.stderr
    assert all(word in done.stderr for word in words), done.stderr
    assert state(project, server) == before


def test_nothing_was_committed(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:1])
    refuses(flask, server, "nothing to take back")


def test_the_database_is_elsewhere(server, committed):
    server.execute("UPDATE alembic_version SET version_num = '0123456789ab'", "bankroll")
    refuses(committed, server, "it is at 0123456789ab", "--no-stamp", code=2)
    server.execute("DELETE FROM alembic_version", "bankroll")
    refuses(committed, server, "it is at none", code=2)


def test_the_database_is_at_a_migration_of_another_branch_too(server, committed):
    server.execute("INSERT INTO alembic_version VALUES ('0123456789ab')", "bankroll")
    refuses(committed, server, "0123456789ab too, which is in no file of this branch", "--no-stamp", code=2)


def test_the_migration_was_reverted_by_a_person(server, committed):
    """The sentence says how to go on, and that does it."""
    (version,) = state(committed, server)["stamp"][0]
    made = git(committed.root, "rev-parse", "HEAD").strip()
    git(committed.root, "revert", "--no-edit", "HEAD")
    path = committed.path.relative_to(committed.root)
    refuses(committed, server, f"git restore --source={made} -- {path}", version)
    git(committed.root, "restore", f"--source={made}", "--", str(path))
    done = undo(committed.root)
    assert done.returncode == 0 and "no git commit" in done.stdout, done.stderr
    assert git(committed.root, "status", "--porcelain", "--untracked-files=no") == ""
    baseline_holds(committed.root)


def test_the_migration_was_reset_away_by_a_person(server, committed):
    made = git(committed.root, "rev-parse", "HEAD").strip()
    git(committed.root, "reset", "-q", "--hard", "HEAD~")
    path = committed.path.relative_to(committed.root)
    refuses(committed, server, f"git restore --source={made} -- {path}")
    git(committed.root, "restore", f"--source={made}", "--", str(path))
    assert undo(committed.root).returncode == 0
    baseline_holds(committed.root)


def test_drafts_that_lie_there_are_said_to_stay(server, committed):
    name = next(line[len("+ ddltap/drafts/") :] for line in undo(committed.root, "--dry-run").stdout.splitlines() if line[0] == "+")
    (committed.root / "ddltap" / "drafts" / name).write_text("mine")
    done = undo(committed.root, "--dry-run")
    assert f"+ ddltap/drafts/{name}" not in done.stdout and f"  ddltap/drafts/{name} lies there already" in done.stdout


def test_the_file_was_edited_or_is_gone(server, committed):
    text = committed.path.read_text()
    committed.path.write_text(text + "# mine\n")
    refuses(committed, server, committed.path.name, "not as ddltap committed it")
    git(committed.root, "commit", "-qam", "an edit")
    refuses(committed, server, committed.path.name, "not as ddltap committed it")
    committed.path.write_text(text)
    refuses(committed, server, committed.path.name, "otherwise in git's index")
    git(committed.root, "reset", "-q", "--hard", "HEAD~")
    git(committed.root, "switch", "-qc", "other", "HEAD~")
    refuses(committed, server, committed.path.name, "not here")
    git(committed.root, "switch", "-q", "-")
    assert undo(committed.root).returncode == 0


@pytest.mark.parametrize("cause", ("mark", "kill"))
def test_what_was_edited_before_its_commit_was_finished_is_no_work_of_ddltap(server, flask, proxy, cause):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:2])
    known = versions(flask)
    client = f"{server.client} --no-defaults -h{server.host} -P{server.port} -uroot bankroll"
    moving = f"{client} -e 'RENAME TABLE alembic_version TO aside'"
    stopping = hook(flask, "post-commit", moving if cause == "mark" else KILL_DDLTAP)
    killed(flask, "--no-lint", "-m", "x")
    stopping.unlink()
    if cause == "mark":
        server.execute("RENAME TABLE aside TO alembic_version", "bankroll")
    path = (versions(flask) - known).pop()
    text = path.read_text()
    path.write_text(text + "# mine\n")
    git(flask.root, "commit", "-qam", "an edit")
    assert "it is finished now" in ddltap(flask.root, "list").stderr
    refuses(flask, server, path.name, "not as ddltap committed it")
    path.write_text(text)
    git(flask.root, "commit", "-qam", "no edit")
    assert undo(flask.root).returncode == 0


def test_a_migration_builds_upon_it(server, committed):
    committed.flask("revision", "-m", "on top")
    refuses(committed, server, "on_top.py", "builds upon")


def test_a_merge_is_in_progress(server, committed):
    (committed.root / ".git" / "MERGE_HEAD").write_text(git(committed.root, "rev-parse", "HEAD"))
    refuses(committed, server, "merge is in progress")


def test_it_was_pushed(server, committed, tmp_path):
    git(tmp_path, "init", "-q", "--bare", str(tmp_path / "remote"))
    git(committed.root, "remote", "add", "origin", str(tmp_path / "remote"))
    git(committed.root, "push", "-q", "origin", "HEAD:refs/heads/main")
    refuses(committed, server, "origin/main has", "--pushed")
    git(committed.root, "commit", "-q", "--amend", "-m", "amended")
    refuses(committed, server, "origin/main has", "--pushed")
    assert undo(committed.root, "--pushed").returncode == 0


def test_the_baseline_was_taken_anew(server, committed):
    assert ddltap(committed.root, "scan", "--accept").returncode == 0
    refuses(committed, server, "scan --accept")


def test_its_objects_changed_behind_the_proxy(server, committed):
    server.execute("ALTER TABLE users DROP COLUMN display_name", "bankroll")
    refuses(committed, server, "TABLE users", "ddltap scan")


# --- branches of Alembic -----------------------------------------------------------------------------


@pytest.mark.parametrize("fails", (False, True))
def test_a_teammate_went_on_from_the_same_migration(server, committed, fails):
    """Taken back, and committed again behind the other one: its row alone goes."""
    parent = committed.flask("history").split(" ")[0]
    committed.flask("revision", "-m", "of a teammate", "--splice", "--head", parent)
    git(committed.root, "add", "-A")
    git(committed.root, "commit", "-qm", "merged")
    committed.flask("upgrade", "heads")
    before = state(committed, server)
    assert len(before["stamp"]) == 2
    if fails:
        refusing = hook(committed, "pre-commit", "exit 1")
        assert undo(committed.root).returncode == 3
        assert sorted(state(committed, server).pop("stamp")) == sorted(before["stamp"])
        refusing.unlink()
    done = undo(committed.root)
    assert done.returncode == 0, done.stderr
    assert "no more; at " in done.stdout and "back to" not in done.stdout
    assert len(state(committed, server)["stamp"]) == 1 and not committed.path.exists()
    assert "(head)" in committed.flask("current")
    assert commit(committed.root, "-m", "again").returncode == 0
    is_done(committed, server)


@pytest.mark.parametrize("fails", (False, True))
def test_the_first_migration_beside_another_root(server, tmp_path, proxy, fails):
    """The row of the other root stays, and this one's comes back where git says no."""
    server.fresh_database()
    make_repository(tmp_path / "app")
    project = FlaskProject(tmp_path / "app", server)
    project.flask("init")
    (project.root / ".gitignore").write_text("__pycache__/\n")
    begin(project, server)
    tinker(project, server, proxy, ["CREATE TABLE first (id int PRIMARY KEY)"])
    assert commit(project.root, "-m", "x").returncode == 0
    project.flask("revision", "-m", "another root", "--head", "base")
    git(project.root, "add", "-A")
    git(project.root, "commit", "-qm", "merged")
    project.flask("upgrade", "heads")
    before = sorted(state(project, server)["stamp"])
    assert len(before) == 2
    if fails:
        refusing = hook(project, "pre-commit", "exit 1")
        done = undo(project.root)
        assert done.returncode == 3 and "could not be taken back" not in done.stderr, done.stderr
        assert sorted(state(project, server)["stamp"]) == before
        refusing.unlink()
    dry = undo(project.root, "--dry-run")
    done = undo(project.root)
    assert done.returncode == 0, done.stderr
    (left,) = state(project, server)["stamp"]
    (gone,) = set(before) - {left}
    assert f"at {gone[0]} no more; at {left[0]} as before" in dry.stdout, dry.stdout
    baseline_holds(project.root)


# --- all or nothing ----------------------------------------------------------------------------------


def test_a_hook_that_refuses_leaves_all_as_it_was(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:4])
    git(flask.root, "add", "ddltap/drafts")
    git(flask.root, "commit", "-qm", "for review")
    assert commit(flask.root, "-m", "x").returncode == 0
    before = state(flask, server)
    refusing = hook(flask, "pre-commit", "echo 'not today' >&2; exit 1")
    done = undo(flask.root)
    assert done.returncode == 3 and "not today" in done.stderr
    assert state(flask, server) == before
    is_done(flask, server)
    refusing.unlink()
    assert undo(flask.root).returncode == 0


def test_a_kill_before_the_git_commit_leaves_all_as_it_was(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:4])
    git(flask.root, "add", "ddltap/drafts")
    git(flask.root, "commit", "-qm", "for review")
    assert commit(flask.root, "-m", "x").returncode == 0
    before = state(flask, server)
    killing = hook(flask, "pre-commit", f"{KILL_DDLTAP}; exit 1")
    killed(flask, "--undo")
    killing.unlink()
    assert server.execute("SELECT version_num FROM alembic_version", "bankroll") != before["stamp"]
    finished = ddltap(flask.root, "list")
    assert "interrupted; it is as it was before" in finished.stderr
    assert state(flask, server) == before
    is_done(flask, server)


def test_what_was_committed_before_on_another_branch_is_not_its_commit(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:2])
    assert commit(flask.root, "-m", "x").returncode == 0
    git(flask.root, "branch", "old")
    git(flask.root, "commit", "-q", "--amend", "-m", "amended")
    before = state(flask, server)
    stopping = hook(flask, "pre-commit", "exit 1")
    assert undo(flask.root).returncode == 3
    assert state(flask, server) == before
    hook(flask, "pre-commit", f"{KILL_DDLTAP}; exit 1")
    killed(flask, "--undo")
    stopping.unlink()
    assert "interrupted; it is as it was before" in ddltap(flask.root, "list").stderr
    assert state(flask, server) == before
    is_done(flask, server)
    stopping = hook(flask, "post-commit", KILL_DDLTAP)
    killed(flask, "--undo")
    stopping.unlink()
    assert "interrupted; it is finished now" in ddltap(flask.root, "list").stderr
    baseline_holds(flask.root)


def test_an_index_that_cannot_be_brought_back_is_brought_back_by_the_next_command(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:2])
    git(flask.root, "add", "ddltap/drafts")
    git(flask.root, "commit", "-qm", "for review")
    assert commit(flask.root, "-m", "x").returncode == 0
    before = state(flask, server)
    refusing = hook(flask, "pre-commit", "cd $(git rev-parse --git-dir) && mv index aside && mkdir index; exit 1")
    done = undo(flask.root)
    assert done.returncode == 3 and "The next command tries again" in done.stderr, done.stderr
    refusing.unlink()
    (flask.root / ".git" / "index").rmdir()
    (flask.root / ".git" / "aside").rename(flask.root / ".git" / "index")
    assert "as it was before" in ddltap(flask.root, "list").stderr
    assert state(flask, server) == before


def test_what_is_edited_while_it_is_taken_back_stays(server, committed):
    before = state(committed, server)
    with contextlib.closing(server.connect(database="bankroll")) as connection, connection.cursor() as cursor:
        cursor.execute("LOCK TABLES alembic_version READ")
        command = [binary(), "-C", str(committed.root), "commit", "--undo"]
        process = subprocess.Popen(command, env=environment(), stderr=subprocess.PIPE, text=True)
        waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table%'"
        while process.poll() is None and server.execute(waiting) == ((0,),):
            time.sleep(0.05)
        committed.path.write_text(committed.path.read_text() + "# mine\n")
        cursor.execute("UNLOCK TABLES")
    _, told = process.communicate(timeout=180)
    assert process.returncode == 3 and committed.path.name in told, told
    assert committed.path.read_text().endswith("# mine\n")
    git(committed.root, "checkout", "-q", ".")
    assert state(committed, server) == before


def test_a_kill_after_the_git_commit_is_finished_by_the_next_command(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:4])
    before = state(flask, server)
    assert commit(flask.root, "-m", "x").returncode == 0
    killing = hook(flask, "post-commit", KILL_DDLTAP)
    killed(flask, "--undo")
    killing.unlink()
    finished = ddltap(flask.root, "list")
    assert "interrupted; it is finished now" in finished.stderr, finished.stderr
    assert facts(state(flask, server)) == facts(before)
    baseline_holds(flask.root)


def test_what_somebody_worked_on_after_a_kill_stays(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:2])
    assert commit(flask.root, "-m", "x").returncode == 0
    killing = hook(flask, "pre-commit", f"{KILL_DDLTAP}; exit 1")
    killed(flask, "--undo")
    killing.unlink()
    draft, other = (draft.path for draft in read_drafts(flask.root))
    draft.write_text(draft.read_text() + "-- mine\n")
    assert "as it was before" in ddltap(flask.root, "list").stderr
    assert draft.read_text().endswith("-- mine\n") and not other.exists()


def test_a_database_that_cannot_be_marked_again_is_marked_by_the_next_command(server, flask, proxy):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:2])
    assert commit(flask.root, "-m", "x").returncode == 0
    before = state(flask, server)
    client = f"{server.client} --no-defaults -h{server.host} -P{server.port} -uroot bankroll"
    moving = hook(flask, "pre-commit", f"{client} -e 'RENAME TABLE alembic_version TO aside'; exit 1")
    done = undo(flask.root)
    assert done.returncode == 3 and "The next command tries again" in done.stderr, done.stderr
    moving.unlink()
    assert ddltap(flask.root, "discard", "1").returncode == 3
    server.execute("RENAME TABLE aside TO alembic_version", "bankroll")
    assert "as it was before" in ddltap(flask.root, "list").stderr
    assert state(flask, server) == before


@pytest.mark.parametrize("options", ((), ("--no-git",)))
def test_kills_at_any_instant_leave_nothing_half_done(server, flask, proxy, options):  # noqa: F811
    tinker(flask, server, proxy, CHANGES[:3])
    pending = state(flask, server)
    assert commit(flask.root, "-m", "x").returncode == 0
    before = state(flask, server)
    began = time.monotonic()
    assert undo(flask.root, "--dry-run").returncode == 0
    length, dice = time.monotonic() - began, random.Random(f"{server.kind} {options}")
    for _ in range(12):
        process = subprocess.Popen(
            [binary(), "-C", str(flask.root), "commit", "--undo", *options], env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        time.sleep(dice.uniform(0.3, 1.4) * length)
        kill_and_wait(process)
        listed = ddltap(flask.root, "list", "--json")
        assert listed.returncode == 0, listed.stderr
        if listed.stdout.strip() != "[]":
            now = state(flask, server)
            assert (now["drafts"], now["stamp"], now["list"]) == (pending["drafts"], pending["stamp"], pending["list"])
            baseline_holds(flask.root)
            break
        assert state(flask, server) == before


# --- other formats ------------------------------------------------------------------------------------


def test_dbmate_takes_it_for_pending_no_more(server, tmp_path, proxy):
    server.fresh_database()
    make_repository(tmp_path / "app")
    project = DbmateProject(tmp_path / "app", server)
    migrations = project.root / "db" / "migrations"
    (migrations / "20260101000000_first_tables.sql").write_text(
        "-- migrate:up\nCREATE TABLE users (id int PRIMARY KEY, email varchar(120) NOT NULL);\n"
        "CREATE TABLE accounts (id int PRIMARY KEY, balance decimal(12,2) NOT NULL DEFAULT 0.00);\n"
        "-- migrate:down\nDROP TABLE accounts;\nDROP TABLE users;\n"
    )
    project.dbmate("up")
    begin(project, server)
    tinker(project, server, proxy)
    drafts = {draft.path.name: draft.path.read_text() for draft in read_drafts(project.root)}
    assert commit(project.root, "-m", "names").returncode == 0
    (first,) = (body(path) for path in migrations.glob("*_names.sql"))
    done = undo(project.root)
    assert done.returncode == 0, done.stderr
    assert {draft.path.name: draft.path.read_text() for draft in read_drafts(project.root)} == drafts
    assert server.execute("SELECT version FROM schema_migrations", "bankroll") == (("20260101000000",),)
    status = project.dbmate("status")
    assert "Applied: 1" in status and "Pending: 0" in status
    baseline_holds(project.root)
    assert commit(project.root, "-m", "names").returncode == 0
    (second,) = (body(path) for path in migrations.glob("*_names.sql"))
    assert second == first and "Pending: 0" in project.dbmate("status")


def pair(folder, name, up, down):
    (folder / f"{name}.up.sql").write_text(up)
    (folder / f"{name}.down.sql").write_text(down)


def golang_migrate(server, root, version):
    """A folder with one pair of files, which was run."""
    folder = make_repository(root) / "migrations"
    folder.mkdir()
    server.execute("CREATE TABLE schema_migrations (version bigint NOT NULL PRIMARY KEY, dirty boolean NOT NULL)", "bankroll")
    server.execute(f"INSERT INTO schema_migrations VALUES ({version}, 0)", "bankroll")
    pair(folder, f"{version}_first", "CREATE TABLE users (id int PRIMARY KEY, email varchar(9));\n", "DROP TABLE users;\n")


@pytest.mark.parametrize("parent", ("is there", "is gone", "was none"))
def test_golang_migrate_runs_what_a_teammate_put_between(server, tmp_path, proxy, parent):
    """The row goes back to where it was before the commit: what came between was never run here."""

    class Project:
        root = tmp_path / "app"

    server.fresh_database()
    server.execute("CREATE TABLE users (id int PRIMARY KEY, email varchar(9))", "bankroll")
    golang_migrate(server, Project.root, "20260101000000")
    folder = Project.root / "migrations"
    if parent == "was none":
        server.execute("DROP TABLE schema_migrations", "bankroll")
        for path in folder.iterdir():
            path.unlink()
    begin(Project, server)
    if parent == "was none":
        with open(Project.root / "ddltap" / "config.ini", "a") as config:
            config.write("\n[format]\nname = golang-migrate\ndirectory = migrations\n")
    tinker(Project, server, proxy, CHANGES[:1])
    assert commit(Project.root, "-m", "names").returncode == 0
    pair(folder, "20260201000000_of_a_teammate", "CREATE TABLE theirs (id int);\n", "DROP TABLE theirs;\n")
    if parent == "is gone":
        for path in folder.glob("20260101000000_*"):
            path.unlink()
    done = undo(Project.root)
    assert done.returncode == 0, done.stderr
    expected = {"is there": ((20260101000000,),), "is gone": ((20260201000000,),), "was none": ()}[parent]
    assert server.execute("SELECT version FROM schema_migrations", "bankroll") == expected
    assert f"back to {expected[0][0] if expected else 'none'}" in done.stdout


def make_files(server, root, pairs):
    """A project of golang-migrate (pairs), or of no tool."""

    class Project:
        pass

    Project.root = root
    server.fresh_database()
    server.execute("CREATE TABLE users (id int PRIMARY KEY, email varchar(9))", "bankroll")
    if pairs:
        golang_migrate(server, root, "000001")
    else:
        (make_repository(root) / "migrations").mkdir()
    return begin(Project, server)


@pytest.mark.parametrize("tool", ("golang-migrate", "plain"))
def test_pairs_of_files_and_files_of_no_tool(server, tmp_path, proxy, tool):
    pairs = tool == "golang-migrate"
    project = make_files(server, tmp_path / "app", pairs)
    folder = project.root / "migrations"
    tinker(project, server, proxy, CHANGES[:2])
    listed = ddltap_json(project.root, "list")
    files = sorted(path.name for path in folder.iterdir())
    done = commit(project.root, "-m", "names")
    assert done.returncode == 0, done.stderr
    if pairs:
        server.execute("UPDATE schema_migrations SET dirty = 1", "bankroll")
        refused = undo(project.root)
        assert refused.returncode == 2 and "it is at 2 dirty" in refused.stderr
        server.execute("UPDATE schema_migrations SET dirty = 0", "bankroll")
    head = git(project.root, "rev-parse", "HEAD")
    refusing = hook(project, "pre-commit", "exit 1")
    assert undo(project.root).returncode == 3
    assert git(project.root, "status", "--porcelain") == "" and git(project.root, "rev-parse", "HEAD") == head
    refusing.unlink()
    done = undo(project.root)
    assert done.returncode == 0, done.stderr
    assert ddltap_json(project.root, "list") == listed
    assert (sorted(path.name for path in folder.iterdir()) if folder.exists() else []) == files
    if pairs:
        assert server.execute("SELECT version, dirty FROM schema_migrations", "bankroll") == ((1, 0),)
    baseline_holds(project.root)


def without_migrations(tool, root, server):
    """A project in which the tool has not run yet: there is no version table."""

    class Pairs:
        pass

    make_repository(root)
    server.fresh_database()
    if tool == "alembic":
        project = FlaskProject(root, server)
        project.flask("init")
        (root / ".gitignore").write_text("__pycache__/\n")
    elif tool == "dbmate":
        project = DbmateProject(root, server)
    else:
        project = Pairs()
        project.root = root
        (root / "migrations").mkdir()
    begin(project, server)
    if tool != "alembic":
        directory = "db/migrations" if tool == "dbmate" else "migrations"
        with open(root / "ddltap" / "config.ini", "a") as config:
            config.write(f"\n[format]\nname = {tool}\ndirectory = {directory}\n")
    return project


@pytest.mark.parametrize("tool", ("alembic", "dbmate", "golang-migrate"))
def test_the_version_table_that_the_first_migration_brought_is_no_difference(server, tmp_path, proxy, tool):
    project = without_migrations(tool, tmp_path / "app", server)
    tinker(project, server, proxy, CHANGES[2:4])
    baseline_holds(project.root)
    assert commit(project.root, "-m", "x").returncode == 0
    baseline_holds(project.root)
    done = undo(project.root)
    assert done.returncode == 0, done.stderr
    table = "alembic_version" if tool == "alembic" else "schema_migrations"
    assert server.execute(f"SELECT * FROM {table}", "bankroll") == ()
    baseline_holds(project.root)
    assert commit(project.root, "-m", "x").returncode == 0
    baseline_holds(project.root)


def test_the_same_path_on_another_branch_is_not_its_commit(server, tmp_path, proxy):
    """The numbers of golang-migrate are given again."""
    project = make_files(server, tmp_path / "app", True)
    tinker(project, server, proxy, CHANGES[:2])
    git(project.root, "switch", "-qc", "feature")
    assert commit(project.root, "-m", "names").returncode == 0
    assert undo(project.root).returncode == 0
    git(project.root, "switch", "-q", "-")

    def facts_here():
        rows = server.execute("SELECT version, dirty FROM schema_migrations", "bankroll")
        return ddltap_json(project.root, "list"), git(project.root, "status", "--porcelain", "-uall"), rows

    before = facts_here()
    stopping = hook(project, "pre-commit", "exit 1")
    assert commit(project.root, "-m", "names").returncode == 3
    assert facts_here() == before
    hook(project, "pre-commit", f"{KILL_DDLTAP}; exit 1")
    killed(project, "--no-lint", "-m", "names")
    stopping.unlink()
    assert "interrupted; it is taken back" in ddltap(project.root, "list").stderr
    assert facts_here() == before
    stopping = hook(project, "post-commit", KILL_DDLTAP)
    killed(project, "--no-lint", "-m", "names")
    stopping.unlink()
    assert "interrupted; it is finished now" in ddltap(project.root, "list").stderr
    assert git(project.root, "status", "--porcelain") == "" and server.execute("SELECT version FROM schema_migrations", "bankroll") == ((2,),)
