"""Migration formats under test: the format library behind a pipe, and the real tools on what it wrote."""

import contextlib
import json
import os
import subprocess
from pathlib import Path

from proxy import environment
from servers import cache_directory

PYTHON = "/usr/bin/python3"
SECONDS = 180


class FormatTool:
    """format_tool, one JSON document a line each way; what it composes is written into the project."""

    def __init__(self):
        program = os.environ.get("DDLTAP_TEST_FORMAT_TOOL")
        assert program, "DDLTAP_TEST_FORMAT_TOOL must name the program format_tool"
        self.process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment()
        )

    def ask(self, root, **fields):
        request = {"root": str(root), "format": "", "directory": "", **fields}
        self.process.stdin.write(json.dumps(request).encode() + b"\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        assert answer.endswith(b"\n"), f"format_tool ended with {self.process.wait()}"
        return json.loads(answer)

    def compose(self, root, message, up, down=(), **fields):
        """Writes the migration's files; returns the answer."""
        fields = {"time": 1795342500123456, "random": 0x123456789ABC, "mariadb": False, "version": 90704} | fields
        answer = self.ask(root, message=message, up=list(up), down=list(down), **fields)
        assert "problem" not in answer, answer["problem"]
        for file in answer["composed"]["files"]:
            path = Path(root, file["path"])
            path.parent.mkdir(parents=True, exist_ok=True)
            assert not path.exists(), f"{path} is there already"
            path.write_bytes(file["content"].encode())
        return answer

    def close(self):
        self.process.stdin.close()
        assert self.process.wait(timeout=60) == 0


def run_stamp(server, database, statements):
    """Runs the statements of a stamp as stamp.h says; false, and nothing done: one changed another number of rows."""
    with contextlib.closing(server.connect(database=database, autocommit=False)) as connection:
        with connection.cursor() as cursor:
            for sql, rows in statements:
                changed = cursor.execute(sql)
                if rows >= 0 and changed != rows:
                    connection.rollback()
                    return False
        connection.commit()
        return True


def run_in_client(server, database, script):
    """Runs a script in the server's own command line client."""
    done = subprocess.run(
        [server.client, "--no-defaults", "--user=root", f"--socket={server.socket}", "--binary-mode", "--comments",
         "--default-character-set=utf8mb4", database],
        input=script.encode(), capture_output=True, timeout=SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()


# --- Alembic -----------------------------------------------------------------------------------------------------

APP = '''
import os

from flask import Flask
from flask_migrate import Migrate
from flask_sqlalchemy import SQLAlchemy

app = Flask(__name__)
app.config["SQLALCHEMY_DATABASE_URI"] = os.environ["DATABASE_URL"]
db = SQLAlchemy(app)
Migrate(app, db)


class User(db.Model):
    __tablename__ = "users"
    id = db.Column(db.Integer, primary_key=True)
    email = db.Column(db.String(120), nullable=False)


class Account(db.Model):
    __tablename__ = "accounts"
    id = db.Column(db.Integer, primary_key=True)
    user_id = db.Column(db.Integer, db.ForeignKey("users.id"), nullable=False)
    balance = db.Column(db.Numeric(12, 2), nullable=False, server_default="0.00")
'''

# Debian 12's own, and Debian 13's beside it.
STACKS = {
    "sqlalchemy1": [],
    "sqlalchemy2": [cache_directory() / "alembic-trixie" / "usr" / "lib" / "python3" / "dist-packages"],
}


class FlaskProject:
    """A Flask app with Flask-Migrate in a folder of its own, on a database of a server."""

    def __init__(self, root, server, driver="pymysql", stack="sqlalchemy1"):
        self.root = Path(root)
        self.server = server
        self.driver = driver
        self.stack = stack
        self.root.mkdir(parents=True, exist_ok=True)
        (self.root / "app.py").write_text(APP)
        for path in STACKS[stack]:
            assert path.is_dir(), f"{path} is not there; run tests/servers/fetch.sh tools"

    def environment(self, database):
        url = f"mysql+{self.driver}://root@{self.server.host}:{self.server.port}/{database}?charset=utf8mb4"
        path = os.pathsep.join(str(path) for path in STACKS[self.stack])
        return environment() | {"DATABASE_URL": url, "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    def flask(self, *arguments, database="bankroll", fails=False):
        """Runs `flask db ...`; returns what it printed, of a failure also the errors."""
        done = subprocess.run(
            [PYTHON, "-m", "flask", "--app", "app", "db", *arguments],
            cwd=self.root, env=self.environment(database), capture_output=True, timeout=SECONDS,
        )  # fmt: skip
        output, errors = done.stdout.decode(), done.stderr.decode()
        assert (done.returncode != 0) == fails, output + errors
        return output + errors if fails else output

    def versions(self):
        done = subprocess.run(
            [PYTHON, "-c", "import alembic, sqlalchemy; print(alembic.__version__, sqlalchemy.__version__)"],
            env=self.environment("bankroll"), capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout.split()


# --- dbmate ------------------------------------------------------------------------------------------------------


class DbmateProject:
    def __init__(self, root, server):
        self.root = Path(root)
        self.server = server
        self.program = next((cache_directory() / "dbmate").glob("node_modules/@dbmate/*/bin/dbmate"), None)
        assert self.program, "dbmate is not there; run tests/servers/fetch.sh tools"
        (self.root / "db" / "migrations").mkdir(parents=True)

    def dbmate(self, *arguments, database="bankroll", fails=False):
        done = subprocess.run(
            [str(self.program), "--no-dump-schema", *arguments],
            cwd=self.root, env=environment() | {"DATABASE_URL": self.server.url(database)},
            capture_output=True, timeout=SECONDS,
        )  # fmt: skip
        output = (done.stdout + done.stderr).decode()
        assert (done.returncode != 0) == fails, output
        return output


# --- texts that are hard to carry ----------------------------------------------------------------------------------

PIECES = [
    "%", "%%", "%s", "%(x)s", "%d", ":name", "::", ":1", "{", "}", "{}", '{"a":1}', "${x}", "\\", "\\\\", "\\n", "\\:",
    "\\N{DASH}", "\\u0041", "\\x41", "'", "''", '"', '""', '"""', "'''", 'r"""', "`", "?", "??", "$1", "@x", "#", "--",
    "-- ", "/*", "*/", "/*!50000 ", ";", ";;", ";;;", "$$", "//", "\n", "\r", "\r\n", "\t", "\x1a", "\x08", "\x7f", "\x01",
    "\x0b", "\x0c", "\x1b[31m", "\u0085", "\u00a0", "\u200b", "\u2028", "\u2029", "\u202e", "\ufeff", "\ufffe", "é", "ß",
    "日本", "😀", "\U0010ffff", "\ue000", "e\u0301", "\n-- migrate:down\n", "\n-- migrate:up", "\nDELIMITER //\n", "\n\\g\n",
    "\ngo\n", "\nuse x\n", " ", "  ", "a", "end", "BEGIN",
]  # fmt: skip


def random_text(random):
    parts = []
    for _ in range(random.randint(0, 8)):
        if random.random() < 0.7:
            parts.append(random.choice(PIECES))
        else:
            code = random.choice([random.randint(1, 0x7F), random.randint(0x80, 0xFFFF), random.randint(0x10000, 0x10FFFF)])
            parts.append("" if 0xD800 <= code <= 0xDFFF else chr(code))
    return "".join(parts)


def quoted(text, quote="'"):
    return quote + text.replace("\\", "\\\\").replace(quote, quote * 2) + quote


def insert_of(random, number, text):
    """A statement that stores a text, written down in one of the ways in which people do."""
    quote = random.choice("'\"")
    return f"INSERT INTO texts (id, text, bytes) VALUES ({number}, {quoted(text, quote)}, x'{text.encode().hex()}')"


TEXTS = "CREATE TABLE texts (id int PRIMARY KEY, text text CHARACTER SET utf8mb4, bytes blob)"


def assert_texts_equal(server, database, count):
    """As many rows as there were texts, and each the bytes that were meant."""
    wrong = server.execute("SELECT id, text, bytes FROM texts WHERE CAST(text AS BINARY) <> bytes", database)
    assert not wrong, wrong[:3]
    assert server.execute("SELECT COUNT(*) FROM texts", database) == ((count,),)


