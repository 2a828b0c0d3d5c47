"""Runs statements one by one as ddltap sees them, and proves what they come to.

    Watched(database, tool).run(statements)  ->  changes, each with the images before and after it
    prove(watched, ...)                      ->  Result: up and down, proven in a second database

        before + up = after        after + down = before        rows that a rename keeps are there
"""

import re

import pymysql

import proof
from live import Refused, differences
from proof import BROKEN, FAILED, PROVEN, REFUSED, Result

NOT_THERE = {1146, 1305, 1339, 1347, 1349, 1360, 1539, 4089, 4091}
TABLE_LIKE = {"BASE TABLE": "TABLE", "SYSTEM VERSIONED": "TABLE", "VIEW": "VIEW", "SEQUENCE": "SEQUENCE"}


class Watched:
    """What ddltap knows behind a run of statements."""

    def __init__(self, database, tool):
        self.database = database
        self.tool = tool
        self.changes = []

    def run(self, statements, tolerant=False):
        """Those that the server took."""
        done = []
        with self.database.session() as connection, connection.cursor() as cursor:
            mode = self.mode(cursor)
            for text in statements:
                objects = self.objects(text, mode)
                try:
                    cursor.execute(text)
                except pymysql.MySQLError as error:
                    if not tolerant or error.args[0] in (2006, 2013):
                        raise Refused(text, error) from None
                    continue
                done.append(text)
                if text.upper().startswith("SET "):
                    mode = self.mode(cursor)
                if objects:
                    for entry in objects:
                        entry["after"] = self.image(entry["type"], entry["name"])
                    self.changes.append({"text": text, "sql_mode": mode, "objects": objects})
        return done

    def mode(self, cursor):
        cursor.execute("SELECT @@sql_mode")
        return cursor.fetchone()[0]

    def objects(self, text, mode):
        """What the statement changes, with the images before it."""
        told = self.tool.statement(self.database, text, mode)
        if not told["ddl"]:
            return []
        self.database.control.select_db(self.database.name)
        objects = [entry for entry in told["objects"] if entry["role"] != "reference"]
        for at, entry in enumerate(objects):
            kind = self.table_kind(entry["name"])
            chained = [made["type"] for made in objects[:at] if made["role"] == "to" and made["name"] == entry["name"]]
            kind = chained[-1] if kind is None and chained else kind
            if entry["type"] == "TABLE" and kind != "TABLE" and (entry["role"] == "from" or told["verb"] == "DROP"):
                entry["type"] = kind or "TABLE"
                if entry["role"] == "from":
                    objects[at + 1]["type"] = entry["type"]
            entry["before"] = self.image(entry["type"], entry["name"])
        if told["verb"] in ("DROP", "CREATE"):
            tables = [entry["name"] for entry in objects if entry["type"] == "TABLE" and entry["role"] == "target"]
            objects += [trigger for name in tables for trigger in self.dying_triggers(name)]
        return objects

    def table_kind(self, name):
        rows = self.database.ask(
            "SELECT TABLE_TYPE FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() "
            f"AND TABLE_NAME = {self.database.control.escape(name)}"
        )[1]
        return TABLE_LIKE[rows[0][0]] if rows else None

    def dying_triggers(self, table):
        rows = self.database.ask(
            "SELECT TRIGGER_NAME FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE() "
            f"AND EVENT_OBJECT_TABLE = {self.database.control.escape(table)} ORDER BY ACTION_ORDER"
        )[1]
        return [
            {"type": "TRIGGER", "role": "target", "name": name, "before": self.image("TRIGGER", name)} for (name,) in rows
        ]

    def image(self, kind, name):
        self.database.control.select_db(self.database.name)
        if kind in ("TABLE", "SEQUENCE") and self.table_kind(name) != kind:
            return None
        try:
            return self.database.show_create(kind.lower(), name)["object"]
        except pymysql.MySQLError as error:
            if error.args[0] in NOT_THERE:
                return None
            raise


def text_of(steps, remarks, problems):
    """One way, as it stands in a case."""
    from case import as_written

    lines = [f"-- problem {problem}\n" for problem in problems]
    lines += [f"-- loses {remark}\n" for remark in remarks]
    return "".join(lines + [as_written(step["text"]) for step in steps])


def as_named(schema, name, other):
    """The schema as it would be under the name of another database. MariaDB puts the table of a trigger into
    backquotes when it is renamed, and leaves them there when it is renamed back."""
    for entry in schema.objects:
        if entry["type"] == "trigger":
            entry["text"] = re.sub(r" ON (\w+) FOR EACH ROW", r" ON `\1` FOR EACH ROW", entry["text"])
        entry["text"] = entry["text"].replace(f"`{name}`.", f"`{other}`.").replace(f"DATABASE `{name}`", f"DATABASE `{other}`")
        if entry["name"] == name and name != other:
            schema.rest[entry["type"], other] = schema.rest[entry["type"], name]
            entry["name"] = other
    return schema


class Scratch:
    """A second database in which ways are tried; its schema at the start is that of the first one."""

    def __init__(self, database, like, before):
        self.database = database
        self.like = like
        self.before = before

    def begin(self):
        self.database.remake()
        self.database.run(self.before)

    def read(self):
        return as_named(self.database.read(), self.database.name, self.like.name)

    def run(self, steps):
        """None, or (step, error) of the one that the server refuses."""
        with self.database.session() as connection, connection.cursor() as cursor:
            for step in steps:
                try:
                    cursor.execute(step["text"])
                except pymysql.MySQLError as error:
                    return step, error
        return None


def differing(wanted, got):
    """(type, name) of the objects that differ."""
    wanted, got = wanted.comparable(cosmetic=True), got.comparable(cosmetic=True)
    return [key for key in sorted(set(wanted) | set(got)) if wanted.get(key) != got.get(key)]


def find_up(watched, scratch, after, typed=True):
    """(answer, what is wrong or None, tries): in the words of the person as far as a replay bears them out."""
    refused, tries = [], 0
    while True:
        answer = watched.tool.net(watched.database, watched.changes, refused, typed)
        tries += 1
        if refused and not answer["progress"]:
            if refused[-1] == "all":
                return answer, wrong, tries
            refused[-1] = "all"
            continue
        scratch.begin()
        failed = scratch.run(answer["up"])
        if failed is None:
            got = scratch.read()
            if got.equal_but_for_cosmetic(after):
                return answer, None, tries
            wrong = differences(after, got)
            bad = [{"type": kind.upper(), "name": name} for kind, name in differing(after, got)]
        else:
            step, error = failed
            wrong = f"the server refuses a statement: {error}\n    {step['text']}"
            bad = [{"type": step["type"], "name": step["name"]}] if step["typed"] else []
        if not typed:
            return answer, wrong, tries
        useful = useful_refusals(watched, refused, bad)
        refused += useful or ["all"]


def useful_refusals(watched, refused, bad):
    """Those of the objects of which less can be used."""
    useful = []
    for entry in bad:
        if watched.tool.net(watched.database, watched.changes, refused + useful + [entry])["progress"]:
            useful.append(entry)
    return useful


def prove(watched, scratch, after, keeps, spoil=False, typed=True):
    """The result of a run whose changes are known; keeps: [(query before, query after)]."""
    as_named(after, watched.database.name, watched.database.name)
    answer, wrong, tries = find_up(watched, scratch, after, typed)
    up = text_of(answer["up"], answer["up_remarks"], [])
    down = text_of(answer["down"], answer["down_remarks"], [])
    result = Result(PROVEN, down=down)
    result.up, result.tries, result.answer = up, tries, answer
    if answer["problems"]:
        result.state, result.step, result.detail = REFUSED, "net", "\n".join(answer["problems"])
        return result
    fail = check(watched, scratch, after, keeps, answer, wrong, spoil)
    if fail is not None:
        result.state, (result.step, result.detail) = FAILED, fail
    return result


def check(watched, scratch, after, keeps, answer, wrong, spoil):
    if wrong is not None:
        return "up", f"{wrong}\n  by\n{listing(answer['up'])}"
    scratch.begin()
    before = scratch.read()
    kept = [scratch.database.rows(query) for query, _ in keeps]
    failed = scratch.run(spoiled(answer["up"]) if spoil else answer["up"])
    got = scratch.read()
    if failed or not got.equal_but_for_cosmetic(after):
        return "up once more", differences(after, got)
    if [scratch.database.rows(query) for _, query in keeps] != kept or not all(kept):
        return "up", f"rows are not kept\n  by\n{listing(answer['up'])}"
    failed = scratch.run(answer["down"])
    if failed is not None:
        return "down", f"the server refuses a statement: {failed[1]}\n    {failed[0]['text']}\n  of\n{listing(answer['down'])}"
    got = scratch.read()
    if got != before:
        return "down", f"{differences(before, got)}\n  by\n{listing(answer['down'])}"
    if [scratch.database.rows(query) for query, _ in keeps] != kept:
        return "down", f"rows are not kept\n  by\n{listing(answer['down'])}"
    return None


def spoiled(steps):
    texts = proof.spoiled([step["text"] for step in steps])
    return [step for step in steps if step["text"] in texts]


def listing(steps):
    return "\n".join(f"  {step['text']};" for step in steps)
