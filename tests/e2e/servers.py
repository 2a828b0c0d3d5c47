"""Private database servers for the tests, run by ../servers/server.sh, and direct access to them."""

import contextlib
import os
import re
import signal
import subprocess
from pathlib import Path

import pymysql
from pymysql.constants import CLIENT

SERVERS = Path(__file__).resolve().parent.parent / "servers"


def cache_directory():
    """Where fetch.sh has put MySQL and the npm modules: as ../servers/common.sh has it."""
    if "DDLTAP_TEST_CACHE" in os.environ:
        return Path(os.environ["DDLTAP_TEST_CACHE"])
    if os.getuid() == 0:
        return Path("/var/cache/ddltap-tests")
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "ddltap-tests"


class Server:
    """A server of our own: host, port, socket, version, root (the user's name), execute()."""

    root = "root"

    def __init__(self, kind, *options):
        self.kind = kind
        # Should the test runner be killed, the script that runs the server is told to end.
        command = ["setpriv", "--pdeathsig", "TERM", str(SERVERS / "server.sh"), kind, *options]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True
        )
        facts = {}
        for line in self.process.stdout:
            if line == "ready\n":
                break
            name, _, value = line.rstrip("\n").partition("=")
            facts[name] = value
        else:
            raise RuntimeError(f"no private {kind} could be started (exit code {self.process.wait()})")
        self.version = facts["version"]
        self.host = facts["host"]
        self.port = int(facts["port"])
        self.socket = facts["socket"]
        self.directory = Path(facts["directory"])
        self.client = facts["client"]

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=60)

    @property
    def is_mariadb(self):
        return self.kind != "mysql"

    def url(self, database="bankroll"):
        return f"mysql://{self.root}@{self.host}:{self.port}/{database}"

    def connect(self, user=root, password="", database=None, **options):
        options.setdefault("client_flag", CLIENT.MULTI_STATEMENTS)
        options.setdefault("autocommit", True)
        return pymysql.connect(
            host=self.host,
            port=self.port,
            user=user,
            password=password,
            database=database,
            charset="utf8mb4",
            **options,
        )

    def execute(self, sql, database=None):
        """Runs SQL directly, as root; returns the rows of the first result."""
        with contextlib.closing(self.connect(database=database)) as connection:
            with connection.cursor() as cursor:
                cursor.execute(sql)
                rows = cursor.fetchall()
                while cursor.nextset():
                    pass
                return rows

    def fresh_database(self, name="bankroll"):
        self.execute(f"DROP DATABASE IF EXISTS `{name}`")
        self.execute(f"CREATE DATABASE `{name}` CHARACTER SET utf8mb4")

    def replay(self, database, user, sql_text, password=""):
        """Runs a section of a draft as one multi-statement text; any error is raised."""
        with contextlib.closing(self.connect(user, password, database)) as connection:
            with connection.cursor() as cursor:
                cursor.execute(sql_text)
                while cursor.nextset():
                    pass

    def schema(self, database):
        """Every object of a schema as SHOW CREATE prints it, without DEFINER: {(type, name): text}."""
        with contextlib.closing(self.connect(database=database)) as connection:
            with connection.cursor(pymysql.cursors.DictCursor) as cursor:
                return {
                    (kind, name): show_create(cursor, kind, name)
                    for kind, name in list_objects(cursor, database)
                }


OBJECTS = """
SELECT IF(TABLE_TYPE = 'VIEW', 'VIEW', 'TABLE') AS kind, TABLE_NAME AS name
  FROM information_schema.TABLES WHERE TABLE_SCHEMA = %(database)s
UNION ALL SELECT 'TRIGGER', TRIGGER_NAME
  FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %(database)s
UNION ALL SELECT ROUTINE_TYPE, ROUTINE_NAME
  FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %(database)s
UNION ALL SELECT 'EVENT', EVENT_NAME
  FROM information_schema.EVENTS WHERE EVENT_SCHEMA = %(database)s
"""


def list_objects(cursor, database):
    cursor.execute(OBJECTS, {"database": database})
    return [(row["kind"], row["name"]) for row in cursor.fetchall()]


def show_create(cursor, kind, name):
    cursor.execute(f"SHOW CREATE {kind} `{name}`")
    row = cursor.fetchone()
    row.pop("Created", None)  # the instant at which a trigger was made
    return {column: mask_definer(str(text)) for column, text in row.items()}


def mask_definer(text):
    return re.sub(r"DEFINER=`[^`]*`@`[^`]*`", "DEFINER", text)
