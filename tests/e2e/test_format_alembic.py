"""Alembic and Flask-Migrate themselves on the files that ddltap writes."""

import ast
import itertools
import random
import re
import shutil
import subprocess
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

import pytest

from formats import (
    PIECES,
    PYTHON,
    TEXTS,
    FlaskProject,
    FormatTool,
    assert_texts_equal,
    insert_of,
    random_text,
    run_in_client,
    run_stamp,
)

PRODUCTION = "pythonpydev$bankroll"


@pytest.fixture(scope="module")
def tool():
    tool = FormatTool()
    yield tool
    tool.close()


MADE = {}  # what each Flask-Migrate has made of the models: the same for every server and driver
EVERY_STACK = list(itertools.product(["pymysql", "mysqldb"], ["sqlalchemy1", "sqlalchemy2"]))
TWO_STACKS = [("pymysql", "sqlalchemy1"), ("mysqldb", "sqlalchemy2")]


@pytest.fixture
def project(request, server, tmp_path):
    """A project on a driver and a SQLAlchemy, with one migration of its own that is applied."""
    driver, stack = request.param
    server.fresh_database()
    project = FlaskProject(tmp_path / "app", server, driver, stack)
    made = MADE.get(stack)
    if made is None:
        project.flask("init")
        project.flask("migrate", "-m", "first tables")
        MADE[stack] = project.root / "migrations"
    else:
        shutil.copytree(made, project.root / "migrations", ignore=shutil.ignore_patterns("123456789abc*"))
    project.flask("upgrade")
    return project


# What a person did to the schema by hand, and the way back of each.
CHANGES = [
    ("ALTER TABLE users ADD COLUMN nickname varchar(64) DEFAULT '100%' COMMENT 'a:b %(x)s \\\\ \"q\"' AFTER email",
     "ALTER TABLE users DROP COLUMN nickname"),
    ("ALTER TABLE users CHANGE nickname display_name varchar(64) DEFAULT '100%' COMMENT 'a:b %(x)s \\\\ \"q\"'",
     "ALTER TABLE users CHANGE display_name nickname varchar(64) DEFAULT '100%' COMMENT 'a:b %(x)s \\\\ \"q\"'"),
    ("CREATE TABLE settings (id int PRIMARY KEY, value varchar(60) DEFAULT '{\"a\":1}', note varchar(9) DEFAULT '\"\"\"')",
     "DROP TABLE settings"),
    ("CREATE TRIGGER users_before BEFORE INSERT ON users FOR EACH ROW\nBEGIN\n  -- it's a comment; 100%\n"
     "  SET NEW.email := CONCAT(DATE_FORMAT(NOW(), '%Y:%m'), ':name', '\\\\', '\\'', NEW.email);\n"
     "  IF NEW.email = ';;' THEN SET NEW.email = \"it's \"\"\"; END IF;\nEND",
     "DROP TRIGGER users_before"),
    ("CREATE VIEW names AS SELECT id, display_name, '%' AS percent FROM users -- the last line is a comment",
     "DROP VIEW names"),
    ("ALTER TABLE accounts DROP COLUMN balance",
     "ALTER TABLE accounts ADD COLUMN balance decimal(12,2) NOT NULL DEFAULT 0.00"),
    ("INSERT INTO settings (id, value) VALUES (1, 'a\r\nb\t\x1a')", "DELETE FROM settings WHERE id = 1"),
    ("CREATE PROCEDURE twice(IN a int)\nBEGIN\n  SELECT a * 2 AS `:b`; SELECT 1 % 2;\nEND", "DROP PROCEDURE twice"),
]  # fmt: skip


def compose_changes(tool, project, message='users get a "display" name \\o/'):
    return tool.compose(
        project.root,
        message,
        [up for up, _ in CHANGES],
        [down for _, down in reversed(CHANGES)],
        remarks=["The values of accounts.balance do not come back: it is 0.00 in every row."],
        mariadb=project.server.is_mariadb,
    )


def schema_of(server, database):
    """What the schema says; the collation of the session that made an object is a matter of its driver."""
    schema = server.schema(database)
    schema.pop(("TABLE", "alembic_version"), None)
    for facts in schema.values():
        facts.pop("collation_connection", None)
    return schema


def current_versions(tool, project, server, database="bankroll"):
    query = tool.ask(project.root)["query"]
    return [version for (version,) in server.execute(query, database)]


@pytest.mark.parametrize("project", TWO_STACKS, ids="-".join, indirect=True)
def test_the_commands_of_flask_migrate_are_content(server, project, tool):
    before = schema_of(server, "bankroll")
    for up, _ in CHANGES:
        server.execute(up, "bankroll")
    after = schema_of(server, "bankroll")

    answer = compose_changes(tool, project)
    version, parent = answer["composed"]["version"], answer["parent"]
    position = tool.ask(project.root, rows=current_versions(tool, project, server))["position"]
    assert (position["pending"], position["unknown"]) == (1, None)
    assert run_stamp(server, "bankroll", answer["composed"]["stamp"])
    assert not run_stamp(server, "bankroll", answer["composed"]["stamp"]), "stamped twice"
    assert run_stamp(server, "bankroll", answer["composed"]["unstamp"])
    assert run_stamp(server, "bankroll", answer["composed"]["stamp"])

    assert f"{version} (head)" in project.flask("current")
    assert f"{version} (head)" in project.flask("heads")
    assert f'{parent} -> {version} (head), users get a "display" name \\o/' in project.flask("history")
    project.flask("upgrade")
    assert schema_of(server, "bankroll") == after, "upgrade found something to do"
    project.flask("migrate", "-m", "what the models lack")

    # The models know nothing of it: without that last revision, production gets what development has.
    for path in (project.root / "migrations" / "versions").glob("*what_the_models_lack.py"):
        path.unlink()
    server.fresh_database(PRODUCTION)
    project.flask("upgrade", database=PRODUCTION)
    assert schema_of(server, PRODUCTION) == after
    project.flask("downgrade", database=PRODUCTION)
    assert schema_of(server, PRODUCTION) == before
    assert current_versions(tool, project, server, PRODUCTION) == [parent]


@pytest.mark.parametrize("project", TWO_STACKS, ids="-".join, indirect=True)
def test_the_offline_script_runs_in_the_client(server, project, tool):
    answer = compose_changes(tool, project)
    before = schema_of(server, "bankroll")
    server.fresh_database(PRODUCTION)
    project.flask("upgrade", database=PRODUCTION)
    after = schema_of(server, PRODUCTION)
    values = server.execute("SELECT value FROM settings", PRODUCTION)

    server.fresh_database(PRODUCTION)
    run_in_client(server, PRODUCTION, project.flask("upgrade", "--sql", database=PRODUCTION))
    assert schema_of(server, PRODUCTION) == after
    assert server.execute("SELECT value FROM settings", PRODUCTION) == values
    steps = f"{answer['composed']['version']}:{answer['parent']}"
    back = project.flask("downgrade", "--sql", steps, database=PRODUCTION)
    run_in_client(server, PRODUCTION, back)
    assert schema_of(server, PRODUCTION) == before


@pytest.mark.parametrize("project", EVERY_STACK, ids="-".join, indirect=True)
def test_texts_arrive_byte_for_byte(server, project, tool):
    dice = random.Random(20261122)
    texts = [random_text(dice) for _ in range(1500)]
    statements = [TEXTS] + [insert_of(dice, number, text) for number, text in enumerate(texts)]
    answer = tool.compose(project.root, "texts", statements, ["DROP TABLE texts"])
    path = project.root / answer["composed"]["files"][0]["path"]
    assert statements_in(path, "upgrade") == statements
    project.flask("upgrade")
    assert_texts_equal(server, "bankroll", len(texts))

    server.fresh_database(PRODUCTION)
    run_in_client(server, PRODUCTION, project.flask("upgrade", "--sql", database=PRODUCTION))
    assert_texts_equal(server, PRODUCTION, len(texts))


def statements_in(path, function):
    """The texts that a function of a revision file runs, as Python reads them."""
    module = ast.parse(path.read_bytes())
    body = next(node.body for node in module.body if isinstance(node, ast.FunctionDef) and node.name == function)
    return [node.value.args[0].value for node in body if isinstance(node.value, ast.Call)]


@pytest.mark.parametrize("project", TWO_STACKS[:1], ids="-".join, indirect=True)
def test_without_a_way_back_downgrade_fails_loudly(server, project, tool):
    answer = tool.compose(project.root, "drop", ["DROP TABLE accounts"], no_way_back='It was not read: "accounts".')
    project.flask("upgrade")
    errors = project.flask("downgrade", fails=True)
    assert 'Error: This migration has no way back. It was not read: "accounts".' in errors
    assert current_versions(tool, project, server) == [answer["composed"]["version"]]


# --- without every driver ------------------------------------------------------------------------------------------


@pytest.fixture
def flask_project(mariadb, tmp_path):
    mariadb.fresh_database()
    project = FlaskProject(tmp_path / "app", mariadb)
    project.flask("init")
    return project


def test_the_first_migration_of_a_project(mariadb, flask_project, tool):
    answer = tool.compose(flask_project.root, "first", ["CREATE TABLE users (id int)"], ["DROP TABLE users"])
    assert answer["parent"] is None
    mariadb.execute("CREATE TABLE users (id int)", "bankroll")
    assert run_stamp(mariadb, "bankroll", answer["composed"]["stamp"])
    ours = mariadb.execute("SHOW CREATE TABLE alembic_version", "bankroll")
    assert "(head)" in flask_project.flask("current")
    mariadb.fresh_database()
    flask_project.flask("upgrade")
    assert mariadb.execute("SHOW CREATE TABLE alembic_version", "bankroll") == ours
    assert run_stamp(mariadb, "bankroll", answer["composed"]["unstamp"])
    assert flask_project.flask("current").strip() == ""


def test_several_heads_are_told_with_the_command_that_joins_them(mariadb, flask_project, tool):
    for number in range(2):
        tool.compose(flask_project.root, f"branch {number}", ["DO 0"], ["DO 0"], random=number)
        if number == 0:
            path = next((flask_project.root / "migrations" / "versions").glob("*branch_0.py"))
            hidden = path.rename(path.with_suffix(".txt"))
    hidden.rename(path)
    problem = tool.ask(flask_project.root)["problem"]
    assert "several heads: 000000000000" in problem and "--head VERSION" in problem
    command = re.search(r"Join them \(flask db (.*?)\)", problem).group(1)
    flask_project.flask(*command.split(), "-m", "join")
    answer = tool.ask(flask_project.root)
    assert [migration["title"] for migration in answer["chain"]] == ["branch 0", "branch 1", "join"]
    assert answer["parent"] == answer["chain"][2]["version"]


# The C library and Python do not take the same of the rare characters for letters (fractions, marks of some scripts).
WORDS = ["Users", "Größe", "ÉTÉ", "Ωmega", "Привет", "日本語", "한국어", "x" * 45, "a_b", "_", "42", "עברית"]
SETTINGS = [
    "",
    "file_template = %%(year)d_%%(month).2d_%%(day).2d_%%(hour).2d%%(minute).2d-%%(rev)s_%%(slug)s\n"
    "timezone = America/New_York\n",
    "file_template = %%(epoch)d_%%(slug)-20s_%%(second)05d_%%(year)s_%%(rev)s\ntruncate_slug_length = 12\ntimezone = UTC\n",
]


@pytest.mark.parametrize("settings", SETTINGS)
def test_files_are_called_as_alembic_calls_them(flask_project, tool, settings):
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    ini = flask_project.root / "migrations" / "alembic.ini"
    ini.write_text(ini.read_text().replace("[alembic]\n", "[alembic]\n" + settings))
    config = Config(str(ini))
    config.set_main_option("script_location", str(flask_project.root / "migrations"))
    script = ScriptDirectory.from_config(config)
    dice = random.Random(7)
    for number in range(300):
        message = " ".join(dice.choice(PIECES + WORDS) for _ in range(dice.randint(0, 12)))
        time = dice.randint(0, 4_000_000_000)
        date = datetime.fromtimestamp(time, timezone.utc)
        if script.timezone:
            date = date.astimezone(ZoneInfo(script.timezone))
        else:
            date = date.astimezone().replace(tzinfo=None)
        expected = script._rev_path(script.versions, f"{number:012x}", message, date)
        answer = tool.ask(flask_project.root, message=message, up=["DO 0"], down=[], time=time * 1000000, random=number)
        assert answer["composed"]["files"][0]["path"] == str(expected).removeprefix(f"{flask_project.root}/")
        assert f"\nCreate Date: {date}\n" in answer["composed"]["files"][0]["content"]


def test_titles_are_read_as_alembic_reads_them(flask_project, tool):
    from alembic.script import ScriptDirectory

    dice = random.Random(11)
    for number in range(100):
        message = random_text(dice) + "x"
        tool.compose(flask_project.root, message, ["DO 0"], ["DO 0"], random=number)
    script = ScriptDirectory(str(flask_project.root / "migrations"))
    theirs = {revision.revision: revision.doc for revision in script.walk_revisions()}
    ours = {migration["version"]: migration["title"] for migration in tool.ask(flask_project.root)["chain"]}
    squeezed = {version: " ".join(title.split()) for version, title in ours.items()}
    assert squeezed == {version: " ".join(title.split()) for version, title in theirs.items()}
    assert list(ours) == [revision.revision for revision in reversed(list(script.walk_revisions()))]


def test_heads_are_those_that_alembic_finds(flask_project, tool):
    from alembic.script import ScriptDirectory

    versions = flask_project.root / "migrations" / "versions"
    versions.mkdir(exist_ok=True)
    for seed in range(40):
        dice = random.Random(seed)
        for path in versions.glob("*.py"):
            path.unlink()
        names = []
        for number in range(dice.randint(1, 12)):
            parents = dice.sample(names, min(len(names), dice.choice([0, 1, 1, 1, 1, 2])))
            down = None if not parents else parents[0] if len(parents) == 1 else tuple(parents)
            name = f"{dice.getrandbits(48):012x}"
            (versions / f"{name}.py").write_text(f"revision = {name!r}\ndown_revision = {down!r}\n")
            names.append(name)
        script = ScriptDirectory(str(flask_project.root / "migrations"))
        heads = {migration["version"] for migration in tool.ask(flask_project.root)["chain"] if migration["head"]}
        assert heads == set(script.get_heads()), f"seed {seed}"


# --- what the models lack ------------------------------------------------------------------------------------------

MODEL_LINES = [
    "class Settings(db.Model):",
    '    __tablename__ = "settings"',
    "    id = db.Column(db.Integer, primary_key=True)",
    '    value = db.Column(db.String(60), nullable=False, server_default=db.text("\'a\'"))',
    '    class_ = db.Column("class", db.Numeric(9, 2), comment="100% \\"x\\"")',
    '    owner = db.Column(db.Integer, db.ForeignKey("users.id"))',
]


@pytest.mark.parametrize("project", TWO_STACKS, ids="-".join, indirect=True)
def test_what_the_next_autogenerate_would_drop_is_told(server, project, tool, monkeypatch):
    fields = {"python": PYTHON}
    tool = tool_with(project, monkeypatch)
    answer = tool.ask(project.root, **fields)
    assert answer.get("problem") is None and answer["gaps"] == []
    server.execute("ALTER TABLE users ADD COLUMN nickname varchar(64)", "bankroll")
    server.execute(
        "CREATE TABLE settings (id int PRIMARY KEY, value varchar(60) NOT NULL DEFAULT 'a', "
        "`class` decimal(9,2) COMMENT '100% \"x\"', owner int, FOREIGN KEY (owner) REFERENCES users (id))",
        "bankroll",
    )
    answer = tool.ask(project.root, **fields)
    tool.close()
    gaps = {gap["sentence"]: gap["lines"] for gap in answer["gaps"]}
    column = "The models have no column users.nickname: the next flask db migrate would drop it."
    assert gaps[column] == "nickname = db.Column(db.String(64))\n"
    table = "The models have no table settings: the next flask db migrate would drop it."
    assert gaps[table].splitlines() == MODEL_LINES

    # With these lines in the models there is nothing left to tell, and nothing to drop.
    app = project.root / "app.py"
    text = app.read_text().replace("class Account(", "    " + gaps[column] + "\n\nclass Account(")
    app.write_text(text + "\n\n" + gaps[table])
    tool = tool_with(project, monkeypatch)
    assert tool.ask(project.root, **fields)["gaps"] == []
    tool.close()


def tool_with(project, monkeypatch):
    """A tool in whose environment the project's app finds its database and its libraries."""
    environment = project.environment("bankroll") | {"FLASK_APP": "app"}
    monkeypatch.setattr("formats.environment", lambda: environment)
    tool = FormatTool()
    monkeypatch.undo()
    return tool


def test_models_that_cannot_be_compared_are_told_in_one_sentence(flask_project, tool):
    said = {"/nonexistent/python": "could not be run. Set [format] python.", PYTHON: "KeyError: 'DATABASE_URL'."}
    for python, words in said.items():
        problem = tool.ask(flask_project.root, python=python)["problem"]
        assert problem.startswith("Whether the models have all that was captured could not be told: ")
        assert words in problem


PLAIN_ENV = """
import os
from alembic import context
from sqlalchemy import create_engine
from models import Base

with create_engine(os.environ["DATABASE_URL"]).connect() as connection:
    context.configure(connection=connection, target_metadata=Base.metadata)
    with context.begin_transaction():
        context.run_migrations()
"""
PLAIN_MODELS = """
import sqlalchemy as sa
from sqlalchemy.orm import declarative_base

Base = declarative_base()
print("models loaded")
"""


def test_alembic_without_flask(mariadb, tmp_path, monkeypatch):
    mariadb.fresh_database()
    project = FlaskProject(tmp_path, mariadb)
    (tmp_path / "db" / "versions").mkdir(parents=True)
    (tmp_path / "db" / "env.py").write_text(PLAIN_ENV)
    (tmp_path / "models.py").write_text(PLAIN_MODELS)
    (tmp_path / "alembic.ini").write_text("[alembic]\nscript_location = %(here)s/db\nprepend_sys_path = .\n")
    tool = tool_with(project, monkeypatch)
    tool.compose(tmp_path, "first", ["CREATE TABLE t (a int)"], ["DROP TABLE t"])
    environment = project.environment("bankroll")
    subprocess.run([PYTHON, "-m", "alembic.config", "upgrade", "head"], cwd=tmp_path, env=environment, check=True)
    assert mariadb.execute("SELECT COUNT(*) FROM t", "bankroll") == ((0,),)
    gaps = tool.ask(tmp_path, python=PYTHON)["gaps"]
    tool.close()
    assert [gap["sentence"] for gap in gaps] == [
        "The models have no table t: the next alembic revision --autogenerate would drop it."
    ]
    assert gaps[0]["lines"].splitlines() == ["class T(Base):", '    __tablename__ = "t"', "    a = sa.Column(sa.Integer)"]
