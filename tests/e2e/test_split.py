"""split: one draft of several objects becomes one for each, and nothing else changes."""

import pytest

from drafts import read_drafts
from proxy import ddltap, ddltap_json
from test_diff import before, fill
from test_review import path_of, states

TABLES = [
    "CREATE TABLE parents (id INT PRIMARY KEY, name VARCHAR(20) DEFAULT 'x' COMMENT 'its name')",
    "CREATE TABLE children (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parents (id))",
    "CREATE TRIGGER guard BEFORE INSERT ON parents FOR EACH ROW SET NEW.name = 'y'",
    "CREATE TABLE others (id INT)",
]


@pytest.fixture
def project(server, proxy):
    fill(server, "bankroll", before(server) + TABLES)
    return proxy(server)


def make(through, *statements):
    through.execute(*statements)
    through.wait_for_drafts(len(statements))
    return through.repo


def difference(repo):
    return sorted(ddltap_json(repo, "diff")["lines"])


def pending(repo):
    return {change["id"]: change["title"] for change in ddltap_json(repo, "list")}


def split(repo, what="1"):
    done = ddltap(repo, "split", what)
    assert done.returncode == 0, done.stderr
    return done.stdout


def refused(repo, what="1"):
    held = {draft.path: draft.path.read_text() for draft in read_drafts(repo)}
    done = ddltap(repo, "split", what)
    assert done.returncode == 3, done.stdout + done.stderr
    assert {draft.path: draft.path.read_text() for draft in read_drafts(repo)} == held
    return done.stderr


def test_tables_that_one_statement_dropped(server, project):
    repo = make(project, "DROP TABLE children, parents, others")
    net, schema, name = difference(repo), server.schema("bankroll"), path_of(repo, 1).name
    said = split(repo)
    assert "#1 is now 3 drafts:" in said and "#2  DROP TABLE children" in said
    assert pending(repo) == {2: "DROP TABLE children", 3: "DROP TABLE parents", 4: "DROP TABLE others"}
    assert states(repo)[1] == "split" and difference(repo) == net
    prefix = name.rpartition("_drop_")[0]
    assert sorted(draft.path.name for draft in read_drafts(repo)) == [
        f"{prefix}_01_drop_children.sql", f"{prefix}_02_drop_parents.sql", f"{prefix}_03_drop_others.sql",
    ]
    parents = ddltap_json(repo, "show", "parents")
    assert "guard" in parents["down"] and "COMMENT 'its name'" in parents["down"]
    assert parents["reason"] == "split from #1" and not parents["edited"]
    assert ddltap(repo, "verify").returncode == 0
    scan = ddltap(repo, "scan")
    assert scan.returncode == 0, scan.stdout + scan.stderr
    assert server.schema("bankroll") == schema


def test_each_part_is_undone_and_set_aside_alone(server, project):
    schema = server.schema("bankroll")
    repo = make(project, "DROP TABLE children, parents, others")
    split(repo)
    done = ddltap(repo, "undo", "--yes", "4")
    assert done.returncode == 0, done.stderr
    assert "others" in str(server.schema("bankroll")) and "parents" not in str(server.schema("bankroll"))
    assert ddltap(repo, "discard", "children").returncode == 0
    assert ddltap(repo, "restore", "2").returncode == 0
    assert ddltap(repo, "undo", "--yes", "--no-verify", "3").returncode == 0
    done = ddltap(repo, "undo", "--yes", "2")
    assert done.returncode == 0, done.stderr
    assert server.schema("bankroll") == schema and pending(repo) == {}


def test_parts_squashed_are_what_it_was(project):
    repo = make(project, "DROP TABLE children, parents")
    net = difference(repo)
    split(repo)
    assert ddltap(repo, "squash", "2..3").returncode == 0
    assert difference(repo) == net and ddltap(repo, "verify").returncode == 0
    assert "2 drafts are as they were before" in split(repo, "3")
    assert pending(repo) == {2: "DROP TABLE children", 3: "DROP TABLE parents"}


def test_renames(project):
    repo = make(project, "RENAME TABLE children TO heirs, others TO rest")
    net = difference(repo)
    split(repo)
    assert list(pending(repo).values()) == ["RENAME TABLE children TO heirs", "RENAME TABLE others TO rest"]
    assert ddltap_json(repo, "show", "2")["up"] == "RENAME TABLE `children` TO `heirs`;\n"
    assert difference(repo) == net and ddltap(repo, "verify").returncode == 0


def test_names_that_were_passed_on_stay_together(project):
    repo = make(project, "RENAME TABLE parents TO aside, others TO parents, aside TO others")
    assert "belong together" in refused(repo)


def test_a_table_and_its_trigger_stay_together(project):
    repo = make(project, "DROP TABLE children", "DROP TABLE parents")
    assert "belong together" in refused(repo, "2")


def test_what_scan_found_is_split_by_object(server, project):
    repo = project.repo
    for statement in (
        "CREATE TABLE scores (id INT PRIMARY KEY, parent INT, FOREIGN KEY (parent) REFERENCES parents (id))",
        "ALTER TABLE others ADD note VARCHAR(30)",
        "CREATE VIEW best AS SELECT id FROM scores",
    ):
        server.execute(statement, "bankroll")
    assert ddltap(repo, "scan").returncode in (0, 1)
    net = difference(repo)
    split(repo)
    assert sorted(pending(repo).values()) == ["ALTER TABLE others", "CREATE TABLE scores", "CREATE VIEW best"]
    assert difference(repo) == net and ddltap(repo, "verify").returncode == 0
    again = ddltap(repo, "scan")
    assert again.returncode == 0, again.stdout + again.stderr


def test_what_cannot_be_split_is_refused(project):
    repo = make(
        project, "ALTER TABLE parents ADD a INT, ADD b INT", "DROP TABLE children, others", "CREATE TABLE others (a INT)",
        "DROP VIEW rich",
    )
    assert "one object" in refused(repo)
    assert "#3 changed `others` after #2" in refused(repo, "2")
    assert "no pending draft" in refused(repo, "9")
    path = path_of(repo, 4)
    path.write_text(path.read_text().replace("DROP VIEW", "DROP VIEW IF EXISTS"))
    assert "was edited" in refused(repo, "4")
    assert ddltap(repo, "split").returncode == 2 and ddltap(repo, "split", "1..2").returncode == 2


def test_a_parent_that_was_named_before_its_child(mysql, proxy):
    fill(mysql, "bankroll", TABLES)
    repo = make(proxy(mysql), "DROP TABLE parents, children")
    net = difference(repo)
    split(repo)
    assert list(pending(repo).values()) == ["DROP TABLE children", "DROP TABLE parents"]
    assert difference(repo) == net and ddltap(repo, "verify").returncode == 0
