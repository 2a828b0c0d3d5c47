"""check and hook: what is not committed, in a project and in a bare clone; git's hooks that ask for it."""

import json
import os
import stat
import subprocess

from proxy import binary, ddltap, ddltap_json, environment, make_repository

DRAFT = "-- ddltap draft 1\n-- migrate:up\nALTER TABLE users ADD a INT;\n-- migrate:down\n"
HOOKS = ["pre-commit", "pre-push", "post-checkout"]


def git(repo, *arguments, code=0):
    identity = {f"GIT_{who}_{what}": "a@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    done = subprocess.run(
        ["git", "-C", str(repo), *arguments], capture_output=True, text=True, env=environment() | identity, timeout=180
    )
    assert code is None or done.returncode == code, done.stdout + done.stderr
    return done


def make_project(path, root=None):
    """As a clone has it: the team's settings, no journal, no database."""
    repo = make_repository(path)
    folder = (root or repo) / "ddltap"
    (folder / "drafts").mkdir(parents=True)
    (folder / "config.ini").write_text("[proxy]\nlisten = 127.0.0.1:0\n")
    git(repo, "add", ".")
    git(repo, "commit", "-qm", "start")
    return repo


def make_alembic(repo, *revisions):
    versions = repo / "migrations" / "versions"
    versions.mkdir(parents=True, exist_ok=True)
    (repo / "migrations" / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (repo / "migrations" / "env.py").write_text("")
    for revision, down in revisions:
        (versions / f"{revision}_x.py").write_text(f'revision = "{revision}"\ndown_revision = {down!r}\n')


def drafts_of(repo):
    return [(draft["draft"], draft["present"], draft["tracked"]) for draft in ddltap_json(repo, "check")["drafts"]]


# --- from the repository alone


def test_a_clone_without_drafts_is_clean(tmp_path):
    done = ddltap(make_project(tmp_path / "app"), "check", "--json")
    result = json.loads(done.stdout)
    assert done.returncode == 0 and result["clean"] and result["drafts"] == []
    assert "there is no journal here" in result["notes"][0]


def test_drafts_in_the_folder_and_in_the_tree(tmp_path):
    repo = make_project(tmp_path / "app")
    folder = repo / "ddltap" / "drafts"
    (folder / "20300101T000000Z_0001_a.sql").write_text(DRAFT)
    (folder / "20300101T000000Z_0002_b.sql").write_text(DRAFT)
    (folder / "README").write_text("no draft")
    git(repo, "add", "ddltap/drafts/20300101T000000Z_0002_b.sql")
    assert drafts_of(repo) == [("20300101T000000Z_0001_a.sql", True, False), ("20300101T000000Z_0002_b.sql", True, True)]
    done = ddltap(repo, "check")
    assert done.returncode == 1 and "2 drafts are not committed" in done.stdout and "(git tracks it)" in done.stdout
    (folder / "20300101T000000Z_0001_a.sql").unlink()
    (folder / "20300101T000000Z_0002_b.sql").unlink()
    assert drafts_of(repo) == [("20300101T000000Z_0002_b.sql", False, True)]
    git(repo, "rm", "-q", "--cached", "ddltap/drafts/20300101T000000Z_0002_b.sql")
    assert ddltap(repo, "check").returncode == 0


def test_several_heads_and_broken_files(tmp_path):
    repo = make_project(tmp_path / "app")
    make_alembic(repo, ("11aa", None), ("22bb", "11aa"))
    assert ddltap(repo, "check").returncode == 0
    make_alembic(repo, ("33cc", "11aa"))
    result = ddltap_json(repo, "check")
    assert not result["clean"] and "22bb" in result["migrations"][0] and "33cc" in result["migrations"][0]
    make_alembic(repo, ("33cc", "nowhere"))
    assert "nowhere" in ddltap_json(repo, "check")["migrations"][0]


def test_used_wrongly(tmp_path):
    repo = make_project(tmp_path / "app")
    assert ddltap(repo, "check", "x").returncode == 2
    assert ddltap(make_repository(tmp_path / "other"), "check").returncode == 3


# --- with journal and database


def test_pending_drafts_missing_files_and_drift(server, proxy):
    server.fresh_database()
    through = proxy(server)
    assert ddltap(through.repo, "check").returncode == 0
    through.execute("CREATE TABLE users (id INT PRIMARY KEY)", "CREATE TABLE orders (id INT PRIMARY KEY)")
    drafts = through.wait_for_drafts(2)
    drafts[1].path.unlink()
    result = ddltap_json(through.repo, "check")
    assert [(draft["id"], draft["title"], draft["present"]) for draft in result["drafts"]] == [
        (1, "CREATE TABLE users", True), (2, "CREATE TABLE orders", False)
    ]
    assert result["drift"] == []
    server.execute("CREATE TABLE aside (id INT)", database="bankroll")
    assert "aside" in ddltap_json(through.repo, "check")["drift"][0]
    assert ddltap_json(through.repo, "check", "--offline")["drift"] == []
    ddltap(through.repo, "discard", "1..2")
    assert ddltap(through.repo, "check").returncode == 1
    server.execute("DROP TABLE aside", database="bankroll")


def test_a_server_that_is_away_is_a_note(mariadb, proxy):
    mariadb.fresh_database()
    through = proxy(mariadb)
    done = ddltap(through.repo, "-c", "proxy.upstream=127.0.0.1:1", "check", "--json")
    assert done.returncode == 0 and "Drift was not looked for" in json.loads(done.stdout)["notes"][0]


# --- hooks


def test_hooks_are_installed_once_and_taken_away(tmp_path):
    repo = make_project(tmp_path / "app")
    done = ddltap(repo, "hook", "install")
    assert done.returncode == 0 and done.stdout.count("written") == 3, done.stderr
    folder = repo / ".git" / "hooks"
    assert all(os.access(folder / name, os.X_OK) for name in HOOKS)
    before = {name: (folder / name).read_text() for name in HOOKS}
    assert ddltap(repo, "hook", "install").stdout.count("is there already") == 3
    assert before == {name: (folder / name).read_text() for name in HOOKS}
    assert ddltap(repo, "hook", "uninstall").stdout.count("taken away") == 3
    assert not any((folder / name).exists() for name in HOOKS)
    assert ddltap(repo, "hook", "install", "--uninstall").returncode == 0


def test_a_commit_and_a_push_are_stopped_while_there_are_drafts(tmp_path):
    repo = make_project(tmp_path / "app")
    git(tmp_path, "init", "-q", "--bare", "origin")
    git(repo, "remote", "add", "origin", str(tmp_path / "origin"))
    ddltap(repo, "hook", "install")
    (repo / "a.txt").write_text("a")
    git(repo, "add", "a.txt")
    git(repo, "commit", "-qm", "clean")
    draft = repo / "ddltap" / "drafts" / "20300101T000000Z_0001_a.sql"
    draft.write_text(DRAFT)
    done = git(repo, "commit", "-qm", "dirty", "--allow-empty", code=1)
    assert "1 draft is not committed" in done.stderr and "--no-verify" in done.stderr
    assert git(repo, "push", "origin", "HEAD", code=None).returncode != 0
    git(repo, "commit", "-qm", "all the same", "--allow-empty", "--no-verify")
    draft.unlink()
    git(repo, "push", "-q", "origin", "HEAD")


def test_somebodys_own_hook_is_never_overwritten(tmp_path):
    repo = make_project(tmp_path / "app")
    own = repo / ".git" / "hooks" / "pre-commit"
    own.write_text("#!/bin/sh\necho own >> ran\n[ ! -e stop ]\n")
    own.chmod(0o755)
    text = own.read_text()
    done = ddltap(repo, "hook", "install")
    assert done.returncode == 3 and "hook run pre-commit" in done.stderr and "--force" in done.stderr
    assert own.read_text() == text and not (own.parent / "pre-push").exists()
    assert ddltap(repo, "hook", "install", "--force").returncode == 0
    assert ddltap(repo, "hook", "install").returncode == 0
    git(repo, "commit", "-qm", "x", "--allow-empty")
    assert (repo / "ran").read_text() == "own\n"
    (repo / "stop").write_text("")
    git(repo, "commit", "-qm", "x", "--allow-empty", code=1)
    ddltap(repo, "hook", "uninstall")
    assert own.read_text() == text and stat.S_IMODE(own.stat().st_mode) == 0o755


def test_the_hooks_folder_is_gits_to_say(tmp_path):
    repo = make_project(tmp_path / "app")
    git(repo, "config", "core.hooksPath", "tools/hooks")
    assert ddltap(repo, "hook", "install").returncode == 0
    assert (repo / "tools" / "hooks" / "pre-push").exists() and not (repo / ".git" / "hooks" / "pre-push").exists()
    git(repo, "config", "core.hooksPath", str(tmp_path / "everybody"))
    done = ddltap(repo, "hook", "install")
    assert done.returncode == 3 and "core.hooksPath" in done.stderr and not (tmp_path / "everybody").exists()


def test_a_link_in_the_hooks_folder_is_not_followed(tmp_path):
    repo = make_project(tmp_path / "app")
    git(repo, "config", "core.hooksPath", "hooks")
    (repo / "hooks").mkdir()
    (tmp_path / "elsewhere").write_text("precious")
    (repo / "hooks" / "pre-commit.new").symlink_to(tmp_path / "elsewhere")
    assert ddltap(repo, "hook", "install").returncode == 0
    assert (tmp_path / "elsewhere").read_text() == "precious"
    assert (repo / "hooks" / "pre-commit").is_file() and not (repo / "hooks" / "pre-commit").is_symlink()


def test_work_trees_and_projects_in_a_sub_folder(tmp_path):
    repo = make_project(tmp_path / "app", tmp_path / "app" / "it's" / "web")
    git(repo, "worktree", "add", "-q", str(tmp_path / "other"))
    other = tmp_path / "other" / "it's" / "web"
    assert ddltap(other, "hook", "install").returncode == 0
    assert (repo / ".git" / "hooks" / "pre-commit").exists()
    (other / "ddltap" / "drafts").mkdir(exist_ok=True)
    (other / "ddltap" / "drafts" / "20300101T000000Z_0001_a.sql").write_text(DRAFT)
    git(tmp_path / "other", "commit", "-qm", "dirty", "--allow-empty", code=1)
    git(repo, "commit", "-qm", "clean", "--allow-empty")
    git(repo, "rm", "-rq", "it's")
    git(repo, "commit", "-qm", "without ddltap")


def test_somebodys_own_hook_in_a_linked_work_tree(tmp_path):
    repo = make_project(tmp_path / "app", tmp_path / "app" / "web")
    own = repo / ".git" / "hooks" / "pre-commit"
    own.write_text(f"#!/bin/sh\nexec {binary()} -C web hook run pre-commit\n")
    own.chmod(0o755)
    git(repo, "worktree", "add", "-q", str(tmp_path / "other"))
    draft = tmp_path / "other" / "web" / "ddltap" / "drafts" / "20300101T000000Z_0001_a.sql"
    draft.parent.mkdir(exist_ok=True)
    draft.write_text(DRAFT)
    git(tmp_path / "other", "add", "web")
    draft.unlink()
    done = git(tmp_path / "other", "commit", "-qm", "a draft that git tracks", code=1)
    assert "(git tracks it)" in done.stderr
    git(repo, "commit", "-qm", "clean", "--allow-empty")


def test_a_checked_out_branch_that_lacks_the_stamped_revision(server, tmp_path, proxy):
    server.fresh_database()
    through = proxy(server)
    repo = through.repo
    make_alembic(repo, ("11aa", None))
    git(repo, "add", "migrations", "ddltap/config.ini", "ddltap/.gitignore")
    git(repo, "commit", "-qm", "one")
    git(repo, "switch", "-qc", "later")
    make_alembic(repo, ("22bb", "11aa"))
    git(repo, "add", "migrations")
    git(repo, "commit", "-qm", "two")
    ddltap(repo, "hook", "install")
    server.execute("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)", database="bankroll")
    server.execute("INSERT INTO alembic_version VALUES ('22bb')", database="bankroll")
    done = git(repo, "switch", "-q", "-")
    assert "stands at migration 22bb" in done.stderr and "Alembic" in done.stderr
    assert "ddltap" not in git(repo, "switch", "-q", "later").stderr
    server.execute("UPDATE alembic_version SET version_num = '11aa'", database="bankroll")
    git(repo, "switch", "-q", "-")
    assert "1 migration that the development database lacks" in git(repo, "switch", "-q", "later").stderr
    server.execute("DROP TABLE alembic_version", database="bankroll")


def test_ddltaps_own_commit_passes_its_hooks(mariadb, proxy):
    mariadb.fresh_database()
    through = proxy(mariadb)
    repo = through.repo
    for name in ("user.name", "user.email"):
        git(repo, "config", name, "a@example.org")
    git(repo, "commit", "-qm", "start", "--allow-empty")
    ddltap(repo, "hook", "install")
    through.execute("CREATE TABLE users (id INT PRIMARY KEY)", "CREATE TABLE orders (id INT PRIMARY KEY)")
    through.wait_for_drafts(2)
    git(repo, "commit", "-qm", "by hand", "--allow-empty", code=1)
    done = ddltap(repo, "commit", "1", "-m", "users")
    assert done.returncode == 0, done.stderr
    assert git(repo, "log", "-1", "--format=%s").stdout.strip() == "users"
    assert [draft["id"] for draft in ddltap_json(repo, "check")["drafts"]] == [2]
