"""A whole schema on a real server: made anew, changed statement by statement, read as ddltap reads it.

    Database("app")  reset() -> run(statements) -> read() -> Schema -> run(way back) -> read() -> Schema

What is read is what a server prints under the settings that capture/server/control_connect.c pins, with
the columns that capture/server/control.c takes for an object's context. Two schemas are equal when every
object of theirs is, byte for byte, but for what `comparable` names.
"""

import contextlib
import difflib
import re
import sys
from pathlib import Path

import pymysql

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "e2e"))
from servers import Server  # noqa: E402

KINDS = ("mariadb-10.11", "mariadb-11.8", "mysql")
SCRIPT_KINDS = {"mariadb-10.11": "mariadb"}  # what ../servers/server.sh calls them, where it differs

PIN_COMMON = (
    "SET NAMES utf8mb4, sql_mode='', sql_quote_show_create=1, character_set_results=NULL, "
    "lock_wait_timeout=1, autocommit=1, sql_select_limit=18446744073709551615, "
    "foreign_key_checks=1, sql_safe_updates=0"
)
PIN_SOME = (
    "SET max_statement_time=0",
    "SET max_execution_time=0",
    "SET show_create_table_verbosity=0",
    "SET show_create_table_skip_secondary_engine=0",
    "SET show_gipk_in_create_table_and_information_schema=1",
    "SET system_versioning_alter_history=ERROR",
)
UNKNOWN_VARIABLE = 1193

SYSTEM_DATABASES = {"mysql", "information_schema", "performance_schema", "sys"}
CONTEXT = ("sql_mode", "character_set_client", "collation_connection", "time_zone")

OBJECTS = """
SELECT CASE TABLE_TYPE WHEN 'VIEW' THEN 'view' WHEN 'SEQUENCE' THEN 'sequence' ELSE 'table' END, TABLE_NAME, '', 0
  FROM information_schema.TABLES WHERE TABLE_SCHEMA = '{0}'
UNION ALL SELECT 'trigger', TRIGGER_NAME, CONCAT_WS(' ', EVENT_OBJECT_TABLE, ACTION_TIMING, EVENT_MANIPULATION), ACTION_ORDER
  FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = '{0}'
UNION ALL SELECT LOWER(ROUTINE_TYPE), ROUTINE_NAME, '', 0
  FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = '{0}'
UNION ALL SELECT 'event', EVENT_NAME, '', 0
  FROM information_schema.EVENTS WHERE EVENT_SCHEMA = '{0}'
"""


def start_servers(kinds=KINDS, running=None):
    """{kind: Server or Running}; `running` maps kinds to ports of servers that run already."""
    running = running or {}
    return {
        kind: Running(kind, running[kind]) if kind in running else Server(SCRIPT_KINDS.get(kind, kind))
        for kind in kinds
    }


def stop_servers(servers):
    for server in servers.values():
        server.stop()


class Running:
    """A server that somebody else runs and ends: root without a password on 127.0.0.1."""

    client = "mariadb"

    def __init__(self, kind, port):
        self.is_mariadb = kind != "mysql"
        self.port = port
        with contextlib.closing(self.connect()) as connection:
            self.version = connection.get_server_info().removeprefix("5.5.5-")

    def connect(self, **options):
        return pymysql.connect(host="127.0.0.1", port=self.port, user="root", charset="utf8mb4", autocommit=True, **options)

    def stop(self):
        pass


def version_number(server):
    """101119 for 10.11.19, as the code of ddltap counts."""
    major, minor, patch = re.match(r"(\d+)\.(\d+)\.(\d+)", server.version).groups()
    return int(major) * 10000 + int(minor) * 100 + int(patch)


class Refused(Exception):
    """The server refused a statement: .statement, .message, .code."""

    def __init__(self, statement, error):
        self.statement = statement
        self.code = error.args[0] if error.args else 0
        self.message = str(error.args[1] if len(error.args) > 1 else error)
        super().__init__(f"{self.code} {self.message}\n    {statement}")


class Unreadable(Exception):
    """Servers print some literals in the bytes of their own character set; ddltap takes text in UTF-8 alone."""


class Schema:
    """All objects of a schema: `objects` as the tool takes them, in the order of the server's lists."""

    def __init__(self, objects, rest, default_collations=()):
        self.objects = objects
        self.rest = rest  # {(type, name): what is compared besides text and context}
        self.default_collations = default_collations  # {(character set, collation)}

    def comparable(self, cosmetic=False):
        """{(type, name): (text, context, rest)}. Left out of the text: the counter of a table, which is data;
        cosmetic: also COLLATE beside a CHARACTER SET whose default it is, on MySQL."""
        return {
            (entry["type"], entry["name"]): (
                self.table_text(entry["text"], cosmetic) if entry["type"] == "table" else entry["text"],
                entry["context"],
                self.rest[entry["type"], entry["name"]],
            )
            for entry in self.objects
        }

    def table_text(self, text, cosmetic):
        text = without_counter(text)
        if not cosmetic:
            return text
        return re.sub(
            r" CHARACTER SET (\w+) COLLATE (\w+)",
            lambda found: f" CHARACTER SET {found[1]}" if found.groups() in self.default_collations else found[0],
            text,
        )

    def __eq__(self, other):
        return self.comparable() == other.comparable()

    def equal_but_for_cosmetic(self, other):
        return self.comparable(cosmetic=True) == other.comparable(cosmetic=True)


def without_counter(text):
    """Cuts AUTO_INCREMENT=n from the options of a table: behind the line that closes its columns."""
    head, closing, options = text.rpartition("\n) ")
    return head + closing + re.sub(r"(?<=\S) AUTO_INCREMENT=\d+", "", options, count=1)


def differences(wanted, got):
    """What differs between two schemas, for a person: as `diff -u wanted got`."""
    lines = []
    wanted, got = wanted.comparable(), got.comparable()
    for key in sorted(set(wanted) | set(got)):
        if wanted.get(key) != got.get(key):
            pair = (as_lines(wanted.get(key)), as_lines(got.get(key)))
            body = list(difflib.unified_diff(*pair, lineterm="", n=1))[2:]
            lines += [" ".join(key) + " (- wanted, + got):", *("  " + line for line in body)]
    return "\n".join(lines)


def as_lines(value):
    if value is None:
        return ["(absent)"]
    text, context, rest = value
    return [*text.split("\n"), *context.splitlines(), f"({rest})"]


class Database:
    """The development schema on a server."""

    def __init__(self, server, name="app"):
        self.server = server
        self.name = name
        self.control = server.connect(client_flag=0, use_unicode=False)
        self.pin()
        self.version = version_number(server)
        self.defaults = self.read_defaults()
        self.default_collations = self.read_default_collations()

    def close(self):
        self.control.close()

    def pin(self):
        self.ask(PIN_COMMON)
        for statement in PIN_SOME:
            try:
                self.ask(statement)
            except pymysql.MySQLError as error:
                if error.args[0] != UNKNOWN_VARIABLE:
                    raise

    def read_defaults(self):
        """The settings of a session that runs a migration."""
        with contextlib.closing(self.server.connect(client_flag=0)) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SELECT " + ", ".join("@@" + name for name in CONTEXT))
                defaults = dict(zip(CONTEXT, cursor.fetchone()))
        return {**defaults, "foreign_key_checks": True}

    def read_default_collations(self):
        """MySQL alone prints a collation now and now not."""
        if self.server.is_mariadb:
            return set()
        question = "SELECT CHARACTER_SET_NAME, COLLATION_NAME FROM information_schema.COLLATIONS WHERE IS_DEFAULT = 'Yes'"
        return {tuple(row) for row in self.ask(question)[1]}

    def ask(self, question):
        """(column names, rows of texts)."""
        with self.control.cursor() as cursor:
            cursor.execute(question)
            names = [column[0] for column in cursor.description or ()]
            return names, [[text_of(value) for value in row] for row in cursor.fetchall()]

    def reset(self):
        """An empty schema on a server without others."""
        for (name,) in self.ask("SHOW DATABASES")[1]:
            if name not in SYSTEM_DATABASES:
                self.ask("SET foreign_key_checks=0")
                self.ask(f"DROP DATABASE `{name}`")
                self.ask("SET foreign_key_checks=1")
        self.ask(f"CREATE DATABASE `{self.name}` CHARACTER SET utf8mb4")

    def remake(self):
        """The same beside others, with whatever is in it."""
        self.ask("SET foreign_key_checks=0")
        self.ask(f"DROP DATABASE IF EXISTS `{self.name}`")
        self.ask("SET foreign_key_checks=1")
        self.ask(f"CREATE DATABASE `{self.name}` CHARACTER SET utf8mb4")

    def session(self):
        return contextlib.closing(self.server.connect(client_flag=0, database=self.name))

    def run(self, statements, tolerant=False):
        """Runs them in a session of their own, one COM_QUERY each. Refused: the first that the server does
        not take; if tolerant, those are passed over. Returns what ran."""
        done = []
        with contextlib.closing(self.server.connect(client_flag=0, database=self.name)) as connection:
            with connection.cursor() as cursor:
                for statement in statements:
                    try:
                        cursor.execute(statement)
                        done.append(statement)
                    except pymysql.MySQLError as error:
                        if not tolerant or error.args[0] in (2006, 2013):
                            raise Refused(statement, error) from None
        return done

    def rows(self, query):
        self.control.select_db(self.name)
        return self.ask(query)[1]

    def read(self):
        """Every object of the schema, its own defaults too."""
        self.control.select_db(self.name)
        listed = self.ask(OBJECTS.format(self.name))[1] + [["database", self.name, "", "0"]]
        listed.sort(key=lambda row: (row[0], row[2], int(row[3]), row[1]))
        objects, rest, places = [], {}, {}
        for kind, name, group, order in listed:
            if kind == "trigger":
                places[group] = places.get(group, 0) + 1
            shown = self.show_create(kind, name)
            objects.append({"type": kind, "name": name, "order": int(order), **shown["object"]})
            rest[kind, name] = f"{shown['rest']} {group} {places.get(group, '')}".strip()
        return Schema(objects, rest, self.default_collations)

    def show_create(self, kind, name):
        names, rows = self.ask(f"SHOW CREATE {kind.upper()} {quote(name)}")
        row = dict(zip(names, rows[0]))
        (text,) = [row[key] for key in names if key.startswith("Create ") or key == "SQL Original Statement"]
        context = "".join(f"{key}={row[key]}\n" for key in CONTEXT if row.get(key) is not None)
        return {"object": {"text": text, "context": context}, "rest": row.get("Database Collation") or ""}


def text_of(value):
    try:
        return value.decode() if isinstance(value, bytes) else None if value is None else str(value)
    except UnicodeDecodeError:
        raise Unreadable(f"the server prints bytes that are not UTF-8: {value!r}") from None


def quote(name):
    return "`" + name.replace("`", "``") + "`"
