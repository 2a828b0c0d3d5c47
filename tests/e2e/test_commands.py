"""The commands on real projects: what init finds out, what the others print, exit codes, clear errors."""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import time

import pytest

from proxy import binary, ddltap, ddltap_json, environment, init, make_repository
from test_drift import wait_for_line


def run(repo, *arguments, **variables):
    return subprocess.run(
        [binary(), "-C", str(repo), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        env=environment() | variables,
    )


def make_flask_migrate_project(path, url, name=".env", variable="DATABASE_URL"):
    repo = make_repository(path)
    (repo / name).write_text(f"SECRET_KEY=x\nexport {variable}='{url}'\n")
    versions = repo / "migrations" / "versions"
    versions.mkdir(parents=True)
    (repo / "migrations" / "alembic.ini").write_text("[alembic]\nscript_location = migrations\n")
    (repo / "migrations" / "env.py").write_text("")
    return repo


def files_of(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


@pytest.mark.parametrize("variable", ["DATABASE_URL", "SQLALCHEMY_DATABASE_URI"])
def test_init_finds_database_and_format_of_a_flask_migrate_project(server, tmp_path, variable):
    server.fresh_database()
    url = server.url("bankroll").replace("mysql://", "mysql+pymysql://")
    repo = make_flask_migrate_project(tmp_path / "app", url, variable=variable)
    done = ddltap(repo, "init")
    assert done.returncode == 0, done.stderr
    assert "bankroll" in done.stdout and variable in done.stdout, done.stdout
    assert "alembic" in done.stdout.lower(), done.stdout
    assert (repo / "ddltap" / "config.ini").exists()
    ignored = (repo / "ddltap" / ".gitignore").read_text().split()
    assert "state/" in ignored and "local.ini" in ignored


def test_init_takes_the_url_from_the_environment(mariadb, tmp_path):
    repo = make_repository(tmp_path / "app")
    done = run(repo, "init", DATABASE_URL=mariadb.url("bankroll"))
    assert done.returncode == 0, done.stderr
    assert "DATABASE_URL" in done.stdout


def test_init_twice_keeps_what_the_person_wrote(mariadb, tmp_path):
    repo = make_repository(tmp_path / "app")
    init(repo, mariadb.url("bankroll"))
    config = repo / "ddltap" / "config.ini"
    config.write_text(config.read_text() + "\n# mine\n")
    assert ddltap(repo, "init", "--url", mariadb.url("bankroll")).returncode == 0
    assert "# mine" in config.read_text()


@pytest.mark.parametrize("place", ["folder", "link", "link above"])
def test_a_journal_that_comes_with_the_repository_is_not_trusted(mariadb, tmp_path, place):
    repo = make_repository(tmp_path / "app")
    init(repo, mariadb.url("bankroll"))
    stamping = {"statements": [], "rows": [], "query": "", "version": "1", "parent": ""}
    note = {
        "change": 1, "files": ["../planted"], "contents": ["x"], "head": "", "beside": "", "title": "t", "message": "m",
        "forth": stamping, "back": stamping, "files_gone": False,
        "names": [], "drafts": [], "added": [], "paths": [],
    }  # fmt: skip
    with contextlib.closing(sqlite3.connect(repo / "ddltap" / "state" / "journal.sqlite")) as journal, journal:
        journal.execute("INSERT INTO setting (name, value) VALUES ('retraction', ?)", [json.dumps(note)])
    if place != "folder":
        at = repo / "ddltap" / "state" if place == "link" else repo / "ddltap"
        at.rename(repo / "real")
        at.symlink_to("../real" if place == "link" else "real")
    git = ["git", "-C", str(repo), "-c", "user.name=a", "-c", "user.email=a@example.org"]
    subprocess.run([*git, "add", "-Af"], check=True, env=environment())
    subprocess.run([*git, "commit", "-qm", "planted"], check=True, env=environment())
    subprocess.run(["git", "clone", "-q", str(repo), str(tmp_path / "clone")], check=True, env=environment())
    for command in ("list", "status", "check", "init", "proxy"):
        done = ddltap(tmp_path / "clone", command)
        assert done.returncode == 3 and "git tracks" in done.stderr, command
    assert not (tmp_path / "planted").exists()


def test_init_follows_no_link_beside_its_file(mariadb, tmp_path):
    repo = make_repository(tmp_path / "app")
    (tmp_path / "elsewhere").write_text("precious")
    (repo / "ddltap").mkdir()
    (repo / "ddltap" / "config.ini.new").symlink_to(tmp_path / "elsewhere")
    init(repo, mariadb.url("bankroll"))
    assert (tmp_path / "elsewhere").read_text() == "precious"
    assert not (repo / "ddltap" / "config.ini").is_symlink()


def test_init_writes_no_password_anywhere(mariadb, tmp_path):
    secret = "s3cr3t-Passw0rd"
    mariadb.execute(f"CREATE OR REPLACE USER dev@'127.0.0.1' IDENTIFIED BY '{secret}'")
    mariadb.execute("GRANT ALL ON *.* TO dev@'127.0.0.1'")
    mariadb.execute("CREATE DATABASE IF NOT EXISTS bankroll")
    repo = make_repository(tmp_path / "app")
    url = mariadb.url("bankroll").replace("root", f"dev:{secret}", 1)
    done = ddltap(repo, "init", "--url", url)
    assert done.returncode == 0, done.stderr
    assert secret not in done.stdout + done.stderr
    for path in files_of(repo / "ddltap"):
        assert secret.encode() not in path.read_bytes(), path


def test_without_a_database_init_says_where_it_looked(tmp_path):
    repo = make_repository(tmp_path / "app")
    done = ddltap(repo, "init")
    assert done.returncode in (2, 3), done
    assert ".env" in done.stderr and "DATABASE_URL" in done.stderr, done.stderr


def test_outside_a_project_a_command_says_to_run_init(tmp_path):
    repo = make_repository(tmp_path / "app")
    done = ddltap(repo, "status")
    assert done.returncode == 3
    assert "ddltap init" in done.stderr


@pytest.mark.parametrize(
    "line, complaint",
    [("lisen = 127.0.0.1:3307", "lisen"), ("threads = many", "threads"), ("text_limit", "name = value")],
)
def test_a_wrong_line_of_the_configuration_is_named_by_file_and_line(mariadb, tmp_path, line, complaint):
    repo = make_repository(tmp_path / "app")
    init(repo, mariadb.url("bankroll"))
    config = repo / "ddltap" / "config.ini"
    text = "[proxy]\nlisten = 127.0.0.1:0\n" + line + "\n"
    config.write_text(text)
    done = ddltap(repo, "status")
    assert done.returncode == 2, done
    assert "config.ini" in done.stderr and "3" in done.stderr and complaint in done.stderr, done.stderr


def test_unknown_commands_and_options_are_used_wrongly(tmp_path):
    repo = make_repository(tmp_path / "app")
    assert ddltap(repo, "frobnicate").returncode == 2
    assert ddltap(repo, "list", "--frobnicate").returncode == 2
    assert ddltap(repo).returncode == 2


@pytest.mark.parametrize("command", ["init", "proxy", "status", "list", "show", "diff", "lint", "check", "hook", "doctor"])
def test_every_command_has_help(tmp_path, command):
    done = ddltap(make_repository(tmp_path / "app"), command, "--help")
    assert done.returncode == 0
    assert f"ddltap {command}" in done.stdout


def test_version_names_the_libraries(tmp_path):
    done = ddltap(make_repository(tmp_path / "app"), "--version")
    assert done.returncode == 0
    for name in ("ddltap", "OpenSSL", "SQLite", "libevent"):
        assert name in done.stdout
    assert "Connector/C" in done.stdout or "libmysqlclient" in done.stdout


def test_list_show_and_status_tell_of_a_captured_change(server, proxy):
    server.fresh_database()
    through = proxy(server)
    through.execute("CREATE TABLE users (id INT PRIMARY KEY)", "ALTER TABLE users ADD nickname VARCHAR(64)")
    through.wait_for_drafts(2)
    listed = ddltap_json(through.repo, "list")
    assert [entry["title"] for entry in listed] == ["CREATE TABLE users", "ALTER TABLE users"]
    assert listed[1]["effect"] == "+ nickname varchar(64)"
    assert all(entry["way_back"] == "reversible" for entry in listed)
    plain = ddltap(through.repo, "list").stdout
    assert "#2" in plain and "+ nickname varchar(64)" in plain and "reversible" in plain
    assert "\x1b" not in plain
    shown = ddltap(through.repo, "show", "2")
    assert shown.returncode == 0
    assert "ALTER TABLE users ADD nickname VARCHAR(64)" in shown.stdout
    assert "DROP COLUMN `nickname`" in shown.stdout
    assert ddltap(through.repo, "show", "99").returncode == 3
    status = ddltap(through.repo, "status")
    assert status.returncode == 0
    assert "running" in status.stdout and "2 pending" in status.stdout
    wait_for_line(through, "#2 captured")
    captured = [line for line in through.output if "captured" in line]
    assert len(captured) == 2 and "#2 captured  ALTER TABLE users" in captured[1]


def test_a_missing_draft_is_shown_as_missing_and_not_written_again(mariadb, proxy):
    mariadb.fresh_database()
    through = proxy(mariadb)
    through.execute("CREATE TABLE users (id INT PRIMARY KEY)")
    (draft,) = through.wait_for_drafts(1)
    draft.path.unlink()
    listed = ddltap(through.repo, "list")
    assert "missing" in listed.stdout
    assert not draft.path.exists()


def test_a_second_proxy_on_the_journal_is_refused_and_names_the_first(mariadb, proxy):
    through = proxy(mariadb)
    done = ddltap(through.repo, "proxy", "--listen", "127.0.0.1:0")
    assert done.returncode == 3
    assert str(through.process.pid) in done.stderr


def test_a_taken_address_is_named(mariadb, proxy, tmp_path):
    through = proxy(mariadb)
    other = make_repository(tmp_path / "other")
    init(other, mariadb.url("bankroll"))
    done = ddltap(other, "proxy", "--listen", f"127.0.0.1:{through.port}")
    assert done.returncode == 3
    assert f"127.0.0.1:{through.port}" in done.stderr


def test_doctor_finds_nothing_wrong_in_a_good_project(server, tmp_path):
    server.fresh_database()
    repo = make_flask_migrate_project(tmp_path / "app", server.url("bankroll"))
    assert ddltap(repo, "init").returncode == 0
    done = run(repo, "-c", "proxy.listen=127.0.0.1:0", "doctor", "--json")
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)


def test_doctor_says_what_is_wrong_when_the_server_is_away(mariadb, tmp_path):
    repo = make_repository(tmp_path / "app")
    init(repo, mariadb.url("bankroll"))
    done = run(repo, "doctor", DDLTAP_PROXY_UPSTREAM="127.0.0.1:1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "127.0.0.1:1" in done.stdout


def test_sighup_takes_over_the_log_level(mariadb, proxy):
    through = proxy(mariadb)
    config = through.repo / "ddltap" / "config.ini"
    config.write_text(config.read_text().replace("; log_level = info", "log_level = debug"))
    through.process.send_signal(signal.SIGHUP)
    deadline = time.monotonic() + 30
    while not any(" debug " in line for line in through.errors):
        assert time.monotonic() < deadline, f"no debug line after SIGHUP\n{through.said()}"
        through.execute("SELECT 1")


def test_drafts_due_are_written_by_list_when_no_proxy_runs(mariadb, proxy):
    """The journal is the truth: a folder that could not be written to is made good later."""
    mariadb.fresh_database()
    through = proxy(mariadb)
    folder = through.repo / "ddltap" / "drafts"
    if folder.exists():
        os.rmdir(folder)
    folder.write_text("in the way")
    through.execute("CREATE TABLE users (id INT PRIMARY KEY)")
    through.stop()
    folder.unlink()
    assert ddltap(through.repo, "list").returncode == 0
    assert len(through.drafts()) == 1


def test_output_that_cannot_be_written_is_said(mariadb, tmp_path):
    repo = make_repository(tmp_path / "project")
    init(repo, mariadb.url())
    with open("/dev/full", "w") as full:
        done = subprocess.run([binary(), "-C", str(repo), "config"], stdout=full, stderr=subprocess.PIPE, text=True,
                              timeout=180, env=environment())
    assert done.returncode == 3
    assert "could not be written" in done.stderr


def test_a_mistyped_url_is_not_shown(mariadb, tmp_path):
    repo = make_repository(tmp_path / "project")
    init(repo, mariadb.url())
    done = run(repo, "diff", "--against", "mysql:/bob:hunter2@127.0.0.1/x")
    assert done.returncode == 3
    assert "hunter2" not in done.stdout + done.stderr
    assert "mysql://" in done.stderr
