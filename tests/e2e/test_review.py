"""review, edit, list and show: from drafts to decisions, at a real terminal."""

import re
import subprocess

import pexpect
import pytest

from drafts import read_drafts
from proxy import SANITIZER_REPORT, binary, ddltap, ddltap_json, environment
from test_diff import before, fill

CHANGES = [
    "ALTER TABLE users ADD nickname VARCHAR(64) AFTER email",
    "ALTER TABLE users CHANGE nickname handle VARCHAR(64)",
    "CREATE TABLE badges (id INT PRIMARY KEY)",
    "CREATE VIEW vips AS SELECT id FROM users",
]
PROMPT = r"\[q\]uit, \[\?\] "
FOREIGN = """-- ddltap draft 1
-- captured: 2026-11-22T10:15:00Z  DBeaver  anna@localhost  bankroll  MySQL 9.7.4
-- migrate:up
CREATE TABLE medals (id INT PRIMARY KEY);
-- migrate:down
DROP TABLE medals;
"""


@pytest.fixture
def tinkered(server, proxy):
    fill(server, "bankroll", before(server))
    through = proxy(server)
    through.execute(*CHANGES)
    through.wait_for_drafts(len(CHANGES))
    return through


def folder(repo):
    return repo / "ddltap" / "drafts"


def path_of(repo, id):
    """The draft of a change of one's own: somebody else's may have the same number."""
    return next(path for path in folder(repo).glob("*.sql") if f"_{id:04}_" in path.name and "medals" not in path.name)


def states(repo):
    return {change["id"]: change["draft_state"] for change in ddltap_json(repo, "list", "--all")}


def add_foreign(repo, name="20260101T000000Z_0001_create_medals.sql", text=FOREIGN):
    (folder(repo) / name).write_text(text)
    return name


class Review:
    """`ddltap review` at a terminal of its own."""

    def __init__(self, repo, *arguments, **variables):
        env = {**environment(), "TERM": "xterm", "PAGER": "cat", "LANG": "C.UTF-8", **variables}
        env.pop("NO_COLOR", None) if "NO_COLOR" not in variables else None
        self.child = pexpect.spawn(
            binary(), ["-C", str(repo), "review", *arguments], env=env, encoding="utf-8", timeout=180,
            dimensions=(60, 200),
        )
        self.child.delaybeforesend = None
        self.seen = ""

    def until(self, pattern=PROMPT):
        """What it printed up to the prompt, or to what is given."""
        self.child.expect(pattern)
        text = self.child.before + (self.child.after if isinstance(self.child.after, str) else "")
        self.seen += text
        return text

    def answer(self, keys, pattern=PROMPT):
        self.child.send(keys)
        return self.until(pattern)

    def end(self, keys=None):
        if keys is not None:
            self.child.send(keys)
        rest = self.until(pexpect.EOF)
        self.child.close()
        assert not SANITIZER_REPORT.search(self.seen), self.seen
        assert self.child.exitstatus == 0, (self.child.exitstatus, self.child.signalstatus, self.seen)
        return rest


# --- review -------------------------------------------------------------------------------------------


def test_each_decision_is_done_when_it_is_made(server, tinkered):
    review = Review(tinkered.repo, NO_COLOR="1")
    first = review.until()
    assert "#1  ALTER TABLE users" in first and "(1 of 4)" in first
    assert "+ nickname varchar(64) after email" in first and "root@127.0.0.1, reversible" in first
    assert re.search(r"Up\r\n +ALTER TABLE users ADD nickname.*Down\r\n +ALTER TABLE `users`", first, re.S)
    assert "[s]quash" not in first and "[b]ack" not in first
    second = review.answer("k")
    assert "#2  ALTER TABLE users" in second and "[s]quash with #1, " in second and "[b]ack" in second
    third = review.answer("k")
    assert "#3  CREATE TABLE badges" in third
    assert states(tinkered.repo)[3] == "pending"
    fourth = review.answer("d")
    assert "#3 set aside" in fourth and "#4  CREATE VIEW vips" in fourth
    assert states(tinkered.repo)[3] == "discarded"
    undone = review.answer("u", r"Take it back\? \[y/N\] ")
    assert "DROP VIEW" in undone
    last = review.end("y\n")
    assert "#4  CREATE VIEW vips  undone" in last and "2 kept, 1 set aside, 1 undone." in last
    assert states(tinkered.repo) | {5: None} == {1: "pending", 2: "pending", 3: "discarded", 4: "undone", 5: None}
    assert "vips" not in server.schema("bankroll").__repr__()


def test_a_change_is_squashed_with_the_one_before_it(tinkered):
    review = Review(tinkered.repo)
    review.until()
    review.answer("k")
    squashed = review.answer("s")
    assert "#2 (with #1)  ALTER TABLE users" in squashed
    assert "+ handle varchar(64) after email" in squashed and "nickname" not in squashed.split("#2 (with")[1]
    assert states(tinkered.repo)[1] == "squashed"
    assert "handle" in path_of(tinkered.repo, 2).read_text()
    assert "There is no draft before it." in review.answer("s")
    assert "1 squashed into the next, 3 undecided." in review.end("q")
    assert ddltap(tinkered.repo, "verify").returncode == 0


def test_an_edit_is_looked_at_again(tinkered, tmp_path):
    editor = tmp_path / "editor"
    editor.write_text("#!/bin/sh\nsed -i 's/VARCHAR(64) AFTER/VARCHAR(65) AFTER/' \"$1\"\n")
    editor.chmod(0o755)
    review = Review(tinkered.repo, "1", EDITOR=str(editor), VISUAL="")
    assert "(1 of 1)" in review.until()
    again = review.answer("e")
    assert '#1  changed; "ddltap apply" brings the database to it' in again
    assert "VARCHAR(65)" in again and "reversible, edited" in again and "before it was edited" in again
    assert "1 kept; 1 edited" in review.end("k")


def test_going_back_more_and_help(tinkered):
    review = Review(tinkered.repo, "2..3")
    review.until()
    assert "#3  CREATE TABLE badges   (2 of 2)" in review.answer("k")
    assert "#2  ALTER TABLE users   (1 of 2)" in review.answer("b")
    images = review.answer("m")
    assert "--- TABLE users" in images and "@@" in images and "+  `handle` varchar(64)" in images
    assert "keep the draft as it is" in review.answer("?")
    assert "keep the draft as it is" in review.answer("\x1b[A")  # arrow up
    assert "#3" in review.answer("k")
    assert "2 kept." in review.end("k")


def test_control_c_leaves_everything_as_decided_so_far(tinkered):
    review = Review(tinkered.repo)
    review.until()
    review.answer("d")
    assert "1 set aside, 3 undecided." in review.end("\x03")
    assert list(states(tinkered.repo).values()) == ["discarded", "pending", "pending", "pending"]


def test_control_c_at_a_question_of_undo_undoes_nothing(server, tinkered):
    seen = server.schema("bankroll")
    review = Review(tinkered.repo, "4")
    review.until()
    review.answer("u", r"\[y/N\] ")
    assert "1 undecided." in review.end("\x03")
    assert states(tinkered.repo)[4] == "pending" and server.schema("bankroll") == seen


def test_what_cannot_be_done_is_said_and_asked_again(tinkered):
    review = Review(tinkered.repo, "1")
    review.until()
    assert "undo that one first" in review.answer("u")
    assert "1 undecided." in review.end("q")


def test_lines_where_the_terminal_gives_no_keys(tinkered):
    review = Review(tinkered.repo, TERM="dumb")
    review.until()
    assert "#2" in review.answer("keep\n")
    assert "keep the draft as it is" in review.answer("\n")
    assert "1 kept, 3 undecided." in review.end("\x04")


def test_colour_and_none(tinkered):
    coloured = Review(tinkered.repo)
    assert "\x1b[1m#1  ALTER TABLE users" in coloured.until()
    coloured.end("q")
    plain = Review(tinkered.repo, NO_COLOR="1")
    plain.until()
    plain.end("q")
    assert "\x1b" in coloured.seen and "\x1b" not in plain.seen


def test_the_terminal_is_left_as_it_was(tinkered, tmp_path):
    script = tmp_path / "script"
    script.write_text(f'trap : INT\nstty -a > "$1/before"\n{binary()} -C {tinkered.repo} review\nstty -a > "$1/after"\n')
    child = pexpect.spawn("sh", [str(script), str(tmp_path)], env={**environment(), "TERM": "xterm"}, timeout=180)
    child.expect(PROMPT)
    child.send("k")
    child.expect(PROMPT)
    child.send("\x03")
    child.expect(pexpect.EOF)
    child.close()
    assert (tmp_path / "before").read_text() == (tmp_path / "after").read_text() != ""


def test_without_a_terminal_it_refuses(tinkered):
    done = ddltap(tinkered.repo, "review")
    assert done.returncode == 2 and "terminal" in done.stderr


def test_a_draft_of_somebody_else_is_shown_and_kept(tinkered):
    name = add_foreign(tinkered.repo)
    review = Review(tinkered.repo)
    first = review.until()
    assert name in first and "DBeaver" in first and "CREATE TABLE medals" in first
    assert "[d]iscard" not in first and "[u]ndo" not in first
    assert "keep the draft as it is" in review.answer("d")
    second = review.answer("k")
    assert "#1" in second and "[s]quash" not in second
    review.end("q")
    assert (folder(tinkered.repo) / name).read_text() == FOREIGN


def test_text_of_others_sends_nothing_to_the_terminal(tinkered):
    tinkered.execute("ALTER TABLE users COMMENT 'a\x1b]0;owned\x07b'")
    tinkered.wait_for_drafts(5)
    name = add_foreign(tinkered.repo, text=FOREIGN.replace("DBeaver", "x\x1b[2Jy").replace("medals (", "medals /*\x1b[2J*/ ("))
    review = Review(tinkered.repo, NO_COLOR="1")
    review.until()
    for _ in range(5):
        review.answer("k")
    review.answer("m")
    review.end("q")
    assert "\x1b" not in review.seen and "\x07" not in review.seen
    for command in (("show", name), ("show", "5"), ("list",)):
        assert "\x1b" not in ddltap(tinkered.repo, *command).stdout


def test_names_of_files_send_nothing_to_the_terminal(tinkered):
    name = "20200101T000000Z_0001_a\x1b]0;owned\x07b.sql"
    (folder(tinkered.repo) / name).write_text(FOREIGN.replace(" PRIMARY KEY", ""))
    (folder(tinkered.repo) / name.replace("a", "ba")).write_text("")
    for command in ("verify", "lint", "apply", "check", "list", "show owned", "edit ba"):
        done = ddltap(tinkered.repo, *command.split())
        assert "\x1b" not in done.stdout + done.stderr and "\x07" not in done.stdout + done.stderr, command
    (folder(tinkered.repo) / name.replace("a", "ba")).unlink()
    for command in ("verify", "lint", "apply --yes owned"):
        done = ddltap(tinkered.repo, *command.split())
        assert "a?]0;owned?b.sql" in done.stdout and "\x1b" not in done.stdout + done.stderr, command


# --- edit ---------------------------------------------------------------------------------------------


def edit(repo, script, what="1"):
    env = {**environment(), "EDITOR": script, "VISUAL": ""}
    return subprocess.run(
        [binary(), "-C", str(repo), "edit", what], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=180, env=env,
    )


def test_an_edit_is_told_for_what_it_is(tinkered):
    path = path_of(tinkered.repo, 1)
    original = path.read_text()
    done = edit(tinkered.repo, "true")
    assert done.returncode == 0 and done.stdout == "#1  is unchanged\n"
    done = edit(tinkered.repo, "sed -i 's/^-- migrate:up/&\\n-- reviewed by anna/'")
    assert done.returncode == 0 and "changed in its comments" in done.stdout and "apply" not in done.stdout
    assert "-- reviewed by anna" in path.read_text()
    done = edit(tinkered.repo, "sed -i 's/VARCHAR(64)/VARCHAR(65)/'", "alter_users.sql")
    assert done.returncode == 2 and "names of 2 drafts" in done.stderr
    done = edit(tinkered.repo, "sed -i 's/VARCHAR(64)/VARCHAR(65)/'", path.name)
    assert done.returncode == 0 and '"ddltap apply" brings the database to it' in done.stdout
    shown = ddltap(tinkered.repo, "show", "1").stdout
    assert "As it was run" in shown and "VARCHAR(65)" in shown and "before it was edited" in shown
    assert ddltap_json(tinkered.repo, "show", "1")["text"] == CHANGES[0]
    path.write_text(original)
    assert not ddltap_json(tinkered.repo, "show", "1")["edited"]


def test_an_edit_that_leaves_no_draft(tinkered):
    done = edit(tinkered.repo, "sed -i '/^-- migrate:down/d'")
    assert done.returncode == 1
    assert "is no draft any more: there is no line \"-- migrate:down\"" in done.stderr
    assert "unreadable" in ddltap(tinkered.repo, "list").stdout
    done = edit(tinkered.repo, "sed -i '$a -- migrate:down\\nALTER TABLE users DROP nickname;'")
    assert done.returncode == 0, done.stderr
    assert ddltap_json(tinkered.repo, "show", "1")["way_back"] == "reversible"


def test_at_a_terminal_a_broken_edit_is_offered_again(tinkered, tmp_path):
    marker = tmp_path / "marker"
    script = tmp_path / "editor.sh"
    script.write_text(
        f"if [ -e {marker} ]; then printf -- '-- migrate:down\\n' >> \"$1\"; "
        f"else touch {marker}; sed -i '/^-- migrate:down/,$d' \"$1\"; fi\n"
    )
    child = pexpect.spawn(
        binary(), ["-C", str(tinkered.repo), "edit", "1"], encoding="utf-8", timeout=180,
        env={**environment(), "TERM": "xterm", "EDITOR": f"sh {script}", "VISUAL": ""},
    )
    child.expect(r"Edit it again\? \[y/N\] ")
    child.send("y\n")
    child.expect(pexpect.EOF)
    child.close()
    assert "changed" in child.before and child.exitstatus == 0


def test_an_editor_that_fails_is_said(tinkered):
    done = edit(tinkered.repo, "false")
    assert done.returncode == 3 and 'The editor "false" ended with an error' in done.stderr
    path_of(tinkered.repo, 1).unlink()
    done = edit(tinkered.repo, "true")
    assert done.returncode == 3 and "missing" in done.stderr


# --- names, list and show -----------------------------------------------------------------------------


def test_parts_of_names_name_drafts(tinkered):
    name = add_foreign(tinkered.repo)
    assert "#3  CREATE TABLE badges" in ddltap(tinkered.repo, "show", "badges").stdout
    assert "CREATE TABLE medals" in ddltap(tinkered.repo, "show", "medals").stdout
    several = ddltap(tinkered.repo, "discard", "alter_users")
    assert several.returncode == 2
    assert all(path_of(tinkered.repo, id).name in several.stderr for id in (1, 2))
    assert "pending" == states(tinkered.repo)[1]
    none = ddltap(tinkered.repo, "discard", "invoices")
    assert none.returncode == 3 and '"invoices"' in none.stderr
    verified = ddltap_json(tinkered.repo, "verify", "medals", "badges")["drafts"]
    assert [(draft["id"], draft["draft"]) for draft in verified][0] == (None, name)
    assert [draft["id"] for draft in verified] == [None, 3]
    linted = ddltap(tinkered.repo, "lint", "--offline", "alter_users")
    assert linted.returncode == 2 and "names of 2 drafts" in linted.stderr
    assert ddltap(tinkered.repo, "lint", "--offline", "medals").returncode in (0, 1)
    assert ddltap(tinkered.repo, "discard", "badges").returncode == 0
    assert ddltap(tinkered.repo, "show", "badges").stdout.count("discarded") == 1
    assert ddltap(tinkered.repo, "discard", "badges").returncode == 3
    assert ddltap(tinkered.repo, "restore", "badges").returncode == 0
    assert states(tinkered.repo)[3] == "pending"
    refused = ddltap(tinkered.repo, "undo", "--yes", "medals")
    assert refused.returncode == 3 and "somebody else" in refused.stderr
    assert ddltap(tinkered.repo, "undo", "--yes", f"ddltap/drafts/{path_of(tinkered.repo, 4).name}").returncode == 0
    assert states(tinkered.repo)[4] == "undone"


def test_list_and_show_tell_what_became_of_each(tinkered):
    name = add_foreign(tinkered.repo)
    assert ddltap(tinkered.repo, "squash", "1..2").returncode == 0
    assert ddltap(tinkered.repo, "discard", "3").returncode == 0
    path_of(tinkered.repo, 4).unlink()
    lines = ddltap(tinkered.repo, "list").stdout.splitlines()
    assert len(lines) == 3
    assert "DBeaver" in lines[2] and name in lines[2] and '"ddltap apply"' in lines[2]
    assert lines[0].startswith("  #2 (with #1)") and "+ handle varchar(64)" in lines[0]
    assert "file missing" in lines[1]
    every = ddltap(tinkered.repo, "list", "--all").stdout.splitlines()
    assert every[0].endswith("in #2") and every[2].endswith("discarded")
    listed = {change["id"]: change for change in ddltap_json(tinkered.repo, "list", "--all")}
    assert listed[1]["squashed_into"] == 2 and listed[2]["squashed_into"] is None
    assert listed[None]["draft_state"] == "foreign" and listed[None]["draft"].endswith(name)
    assert listed[None].keys() == listed[1].keys()
    assert listed[None]["captured_at"] == "2026-11-22T10:15:00Z" and listed[4]["way_back"] == "missing"
    shown = ddltap(tinkered.repo, "show", "2").stdout
    assert "#2 (with #1)  ALTER TABLE users" in shown and "handle" in shown
    value = ddltap_json(tinkered.repo, "show", "2")
    assert value["squashed"] == [1] and value["lines"] == ["users  + handle varchar(64) after email"]
    assert "handle" in value["up"] and "nickname" not in value["up"]
    assert "#2 says it" in ddltap(tinkered.repo, "show", "1").stdout
    assert ddltap_json(tinkered.repo, "show", "medals")["up"] == "CREATE TABLE medals (id INT PRIMARY KEY);\n"
    assert len(read_drafts(tinkered.repo)) == 2
