"""Random schemas and random changes of them, from a seed.

A schema is a graph of objects (a key holds its columns, a view its tables), so that a copy of it can be
changed here and there and still be written down as statements. What is written need not be accepted: a
server knows better what it allows, and what it refuses is left out of the pair (run_pairs.py).

Statements are written with one item a line and two blanks before each optional attribute, which is what
minimise.py cuts at.
"""

import copy
from dataclasses import dataclass, field

PLAIN_NAMES = ("id name email note price total kind state owner parent code label amount weight created updated "
               "city street zip phone body title slug rank score level flag size color lang").split()
STRANGE_NAMES = ("order", "group by", "Mixed_Case", "tick`s", "ünïcode", "100%", "select", "a.b", "x-y")
COLLATIONS = {
    "utf8mb4": ("utf8mb4_bin", "utf8mb4_general_ci", "utf8mb4_unicode_ci"),
    "latin1": ("latin1_swedish_ci", "latin1_bin", "latin1_german1_ci"),
    "ascii": ("ascii_general_ci", "ascii_bin"),
    "utf8mb3": ("utf8mb3_general_ci", "utf8mb3_bin"),
    "ucs2": ("ucs2_general_ci",),
}
TEXTS = ("", "x", "it''s", "a,b", "-- no", "/* no */", 'say \\"q\\"', "back\\\\slash", "line\\nfeed", "ü😀", "100%", "; DROP", "`t`")


@dataclass(eq=False)
class Column:
    name: str
    type: str
    family: str  # int number char text binary blob date stamp year enum set json bit spatial uuid vector
    attributes: list = field(default_factory=list)  # texts, in the order in which a server takes them
    generated: tuple = None  # (format of the expression, columns, "VIRTUAL" or "STORED")


@dataclass(eq=False)
class Key:
    kind: str  # PRIMARY KEY, UNIQUE KEY, KEY, FULLTEXT KEY, SPATIAL KEY, VECTOR KEY
    name: str
    parts: list  # [column, prefix or "", " DESC" or "" or the format of an expression]
    options: list = field(default_factory=list)


@dataclass(eq=False)
class ForeignKey:
    name: str
    column: Column
    parent: object
    parent_column: Column
    actions: str


@dataclass(eq=False)
class Check:
    name: str
    format: str
    columns: list
    options: str = ""


@dataclass(eq=False)
class Table:
    name: str
    columns: list
    keys: list = field(default_factory=list)
    foreign_keys: list = field(default_factory=list)
    checks: list = field(default_factory=list)
    options: dict = field(default_factory=dict)
    partition: tuple = None  # (format, column)
    period: tuple = None  # (name, start, end)


@dataclass(eq=False)
class View:
    name: str
    sources: list  # [(table or view, [columns or names])]
    head: str
    tail: str


@dataclass(eq=False)
class Trigger:
    name: str
    table: Table
    when: str
    place: object  # ("FOLLOWS" or "PRECEDES", trigger) or None
    body: str
    mode: str = None


@dataclass(eq=False)
class Program:
    """A routine, event, package or sequence: its text but for the name."""

    kind: str
    name: str
    text: str
    mode: str = None


def quote(name):
    return "`" + name.replace("`", "``") + "`"


def expression(form, columns):
    return form.format(*(quote(column.name).replace("{", "{{").replace("}", "}}") for column in columns))


class Schema:
    def __init__(self):
        self.tables, self.views, self.triggers, self.programs = [], [], [], []
        self.database = None

    def statements(self):
        made = [f"ALTER DATABASE app {self.database}"] if self.database else []
        made += [program_text(program) for program in self.programs if program.kind == "SEQUENCE"]
        done, late = set(), []
        for table in self.tables:
            done.add(table)
            inline = [key for key in table.foreign_keys if key.parent in done]
            late += [(table, key) for key in table.foreign_keys if key.parent in self.tables and key not in inline]
            made.append(table_text(table, inline))
        made += [f"ALTER TABLE {quote(table.name)} ADD {foreign_key_text(key)}" for table, key in late]
        made += with_modes([(p.mode, program_text(p)) for p in self.programs if p.kind != "SEQUENCE"])
        made += [view_text(view) for view in self.views]
        made += with_modes([(trigger.mode, trigger_text(trigger)) for trigger in self.triggers])
        return made


def with_modes(pairs):
    """Statements, with SET sql_mode before those that want one."""
    made, now = [], None
    for mode, text in pairs:
        if mode != now:
            made.append("SET sql_mode = " + (f"'{mode}'" if mode is not None else "DEFAULT"))
            now = mode
        made.append(text)
    return made + (["SET sql_mode = DEFAULT"] if now is not None else [])


def column_text(column):
    text = f"{quote(column.name)} {column.type}"
    if column.generated:
        form, columns, storage = column.generated
        text += f"  GENERATED ALWAYS AS ({expression(form, columns)}) {storage}"
    return "  ".join([text, *column.attributes])


def part_text(part):
    column, prefix, rest = part
    return expression(rest, [column]) if "{0}" in rest else quote(column.name) + prefix + rest


def key_text(key):
    name = "" if key.kind == "PRIMARY KEY" else " " + quote(key.name) if key.name else ""
    return "  ".join([f"{key.kind}{name} ({', '.join(map(part_text, key.parts))})", *key.options])


def foreign_key_text(key):
    name = f"CONSTRAINT {quote(key.name)} " if key.name else ""
    return (f"{name}FOREIGN KEY ({quote(key.column.name)}) REFERENCES {quote(key.parent.name)} "
            f"({quote(key.parent_column.name)}){key.actions}")


def check_text(check):
    name = f"CONSTRAINT {quote(check.name)} " if check.name else ""
    return f"{name}CHECK ({expression(check.format, check.columns)}){check.options}"


def option_text(name, value):
    return name if value is None else f"{name}={value}"


def partition_text(table):
    form, column = table.partition
    return form.format(quote(column.name))


def table_text(table, foreign_keys):
    items = [column_text(column) for column in table.columns]
    items += [key_text(key) for key in table.keys]
    if table.period:
        name, start, end = table.period
        items.append(f"PERIOD FOR {quote(name)} ({quote(start.name)}, {quote(end.name)})")
    items += [check_text(check) for check in table.checks]
    items += [foreign_key_text(key) for key in foreign_keys]
    options = "".join("  " + option_text(*item) for item in table.options.items())
    partition = "\n " + partition_text(table) if table.partition else ""
    return f"CREATE TABLE {quote(table.name)} (\n  " + ",\n  ".join(items) + f"\n){options}{partition}"


def view_text(view):
    columns, sources = [], []
    for number, (source, names) in enumerate(view.sources):
        sources.append(f"{quote(source.name)} s{number}")
        for name in names:
            name = name.name if isinstance(name, Column) else name
            columns.append(f"s{number}.{quote(name)} AS {quote(f'c{len(columns)}')}")
    return f"{view.head}VIEW {quote(view.name)} AS SELECT {', '.join(columns) or '1 AS c0'} FROM {' JOIN '.join(sources)}{view.tail}"


def trigger_text(trigger):
    place = f" {trigger.place[0]} {quote(trigger.place[1].name)}" if trigger.place else ""
    return f"CREATE TRIGGER {quote(trigger.name)} {trigger.when} ON {quote(trigger.table.name)} FOR EACH ROW{place} {trigger.body}"


def program_text(program):
    return f"CREATE {program.kind} {quote(program.name)}{program.text}"


class Generator:
    """What a server of this kind understands, at random. kind: one of live.KINDS."""

    def __init__(self, rng, kind):
        self.rng = rng
        self.kind = kind
        self.mysql = kind == "mysql"
        self.vectors = kind != "mariadb-10.11"
        self.counter = 0
        self.sequences = []  # those that tables may use
        # MySQL cannot open a table under NO_BACKSLASH_ESCAPES when an expression of it has a quote in a string.
        self.literal = "its" if self.mysql else "it''s"

    def chance(self, probability):
        return self.rng.random() < probability

    def pick(self, choices):
        return self.rng.choice(choices)

    def name(self, taken=()):
        for _ in range(50):
            name = self.pick(STRANGE_NAMES) if self.chance(0.06) else self.pick(PLAIN_NAMES)
            if name.lower() not in {other.lower() for other in taken}:
                return name
        self.counter += 1
        return f"n{self.counter}"

    def fresh(self, stem):
        self.counter += 1
        return f"{stem}{self.counter}"

    def text(self):
        return self.pick(TEXTS)

    # --- columns

    def charset(self):
        charset = self.pick(list(COLLATIONS))
        return self.pick([f"CHARACTER SET {charset}", f"CHARACTER SET {charset} COLLATE {self.pick(COLLATIONS[charset])}"])

    def type(self):
        """(type, family, literal defaults)."""
        rng = self.rng
        n = rng.randint(1, 60)
        fraction = self.pick(["", "", "(3)", "(6)"])
        choices = [
            (8, lambda: (self.pick(["int", "int", "bigint", "smallint", "tinyint", "mediumint"]) + self.pick(["", "", " unsigned"]), "int", ["0", "7"])),
            (1, lambda: (self.pick(["int(6) unsigned zerofill", "tinyint(1)", "int(5)", "bigint zerofill"]), "int", ["1"])),
            (2, lambda: (f"decimal({rng.randint(6, 20)},{rng.randint(0, 5)})" + self.pick(["", " unsigned"]), "number", ["1.5", "0"])),
            (1, lambda: (self.pick(["float", "double", "float(7,3)", "double unsigned"]), "number", ["1.25", "-0.5", "1e10"])),
            (9, lambda: (self.pick([f"varchar({n})", f"varchar({n})", f"char({n})"]), "char", [f"'{self.text()}'", "'a'"])),
            (4, lambda: (self.pick(["text", "tinytext", "mediumtext", "longtext"]), "text", [])),
            (2, lambda: (self.pick([f"binary({min(n, 30)})", f"varbinary({n})"]), "binary", ["'ab'", "0x610062" if n > 3 else "'a'"])),
            (2, lambda: (self.pick(["blob", "mediumblob", "tinyblob"]), "blob", [])),
            (2, lambda: ("date", "date", ["'2020-01-02'"])),
            (1, lambda: ("time" + fraction, "date", ["'10:11:12'"])),
            (3, lambda: ("datetime" + fraction, "stamp", ["'2020-01-02 03:04:05'", "CURRENT_TIMESTAMP" + fraction])),
            (2, lambda: ("timestamp" + fraction, "stamp", ["CURRENT_TIMESTAMP" + fraction])),
            (1, lambda: ("year", "year", ["2020"])),
            (2, lambda: (f"enum('a','b','{self.text()}z')", "enum", ["'a'"])),
            (1, lambda: (f"set('one','two','{self.text().replace(',', '')}y')", "set", ["'one'", "'one,two'"])),
            (1, lambda: (f"bit({rng.randint(1, 64)})", "bit", ["b'1'"])),
            (2, lambda: ("json", "json", [])),
            (1, lambda: (self.pick(["geometry", "point", "polygon", "linestring"]), "spatial", [])),
        ]
        if not self.mysql:
            choices += [(1, lambda: ("uuid", "uuid", ["uuid()"])), (1, lambda: (self.pick(["inet6", "inet4"]), "uuid", []))]
        if self.vectors:
            choices.append((1, lambda: (f"vector({rng.randint(1, 8)})", "vector", [])))
        return rng.choices([make for _, make in choices], [weight for weight, _ in choices])[0]()

    def column(self, taken):
        type_text, family, literals = self.type()
        column = Column(self.name(taken), type_text, family)
        if family in ("char", "text", "enum", "set") and self.chance(0.3):
            column.type += " " + self.charset()
        if not self.mysql and family in ("text", "blob", "char") and self.chance(0.08):
            column.type = column.type.split(" CHARACTER")[0] + " COMPRESSED"
        column.attributes = self.attributes(column, literals)
        return column

    def attributes(self, column, literals):
        made = []
        not_null = self.chance(0.45)
        if not_null:
            made.append("NOT NULL")
        elif column.family == "stamp" or self.chance(0.1):
            made.append("NULL")
        if column.family == "spatial" and self.mysql and self.chance(0.5):
            made.append(self.pick(["SRID 4326", "SRID 0"]))
        if literals and self.chance(0.5):
            made.append("DEFAULT " + self.pick(literals))
        elif self.chance(0.08) and column.family in ("int", "char", "text", "json"):
            made.append("DEFAULT " + {"int": "(1 + 2)", "json": "(json_array())"}.get(column.family, "(concat('a', uuid()))"))
        elif not not_null and self.chance(0.1) and column.family != "stamp":
            made.append("DEFAULT NULL")
        if column.family == "stamp" and self.chance(0.3):
            made.append("ON UPDATE CURRENT_TIMESTAMP" + (column.type[column.type.index("("):] if "(" in column.type else ""))
        if self.chance(0.06):
            made.append("INVISIBLE")
        if self.mysql and self.chance(0.04):
            made.append(self.pick(["COLUMN_FORMAT FIXED", "COLUMN_FORMAT DYNAMIC", "STORAGE DISK"]))
        if self.chance(0.2):
            made.append(f"COMMENT '{self.text()}'")
        if not self.mysql and column.family == "int" and self.chance(0.08):
            made.append(f"CHECK ({quote(column.name)} < 100)")
        return made

    def generated(self, taken, sources):
        form, columns, type_text, family = self.expression(sources)
        column = Column(self.name(taken), type_text, family)
        column.generated = (form, columns, self.pick(["VIRTUAL", "STORED"]))
        if self.mysql and self.chance(0.2):
            column.attributes.append("NOT NULL")
        if self.chance(0.2):
            column.attributes.append(f"COMMENT '{self.text()}'")
        return column

    def expression(self, sources):
        numbers = [column for column in sources if column.family == "int"]
        texts = [column for column in sources if column.family == "char"]
        if texts and (not numbers or self.chance(0.5)):
            a, b = self.pick(texts), self.pick(texts)
            form = self.pick(["lower({0})", "concat({0},'-',{1})", f"concat({{0}},'{self.literal}')", "left({0},3)"])
            return form, [a, b], "varchar(255)", "char"
        if numbers:
            a, b = self.pick(numbers), self.pick(numbers)
            return self.pick(["{0} + 1", "{0} * 2 - {1}", "if({0} > 3,{1},0)"]), [a, b], "bigint", "int"
        return "1 + 1", [], "int", "int"

    # --- tables

    def table(self, name, earlier):
        table = Table(name, [])
        if self.chance(0.85):
            key_type = self.pick(["int", "int", "bigint unsigned"])
            table.columns.append(Column("id", key_type, "int", ["NOT NULL", *(["AUTO_INCREMENT"] if self.chance(0.5) else [])]))
            table.keys.append(Key("PRIMARY KEY", "", [[table.columns[0], "", ""]]))
        for _ in range(self.rng.choices(range(1, 11), [1, 2, 4, 4, 4, 3, 2, 2, 1, 1])[0]):
            taken = [column.name for column in table.columns]
            plain = [column for column in table.columns if not column.generated and "AUTO_INCREMENT" not in column.attributes]
            table.columns.append(self.generated(taken, plain) if plain and self.chance(0.12) else self.column(taken))
        partitioned = self.chance(0.15)
        for _ in range(0 if partitioned else self.rng.choices(range(5), [3, 3, 3, 2, 1])[0]):
            self.add_key(table)
        for _ in range(self.rng.choices(range(3), [7, 2, 1])[0]):
            table.checks.append(self.check(table))
        if partitioned:
            self.add_partition(table)
        elif self.chance(0.5):
            for _ in range(self.rng.randint(1, 2)):
                self.add_foreign_key(table, [*earlier, table])
        self.add_options(table)
        self.spare_members(table)
        if not self.mysql and self.chance(0.04):
            self.add_period(table)
        if self.sequences and self.chance(0.3):
            default = f"DEFAULT nextval({quote(self.pick(self.sequences))})"
            table.columns.append(Column(self.fresh("serial"), "bigint", "int", [default]))
        return table

    def key(self, table):
        rng = self.rng
        columns = table.columns
        spatial = [column for column in columns if column.family == "spatial" and "NOT NULL" in column.attributes]
        texts = [column for column in columns if column.family in ("char", "text") and not column.generated]
        vectors = [column for column in columns if column.family == "vector" and "NOT NULL" in column.attributes]
        name = self.name([key.name for key in table.keys])
        if spatial and self.chance(0.6):
            return Key("SPATIAL KEY", name, [[self.pick(spatial), "", ""]])
        if vectors and not self.mysql and self.chance(0.6):
            return Key("VECTOR KEY", name, [[self.pick(vectors), "", ""]], self.pick([[], ["M=8"], ["M=6", "DISTANCE=cosine"]]))
        if texts and self.chance(0.15):
            options = ["WITH PARSER ngram"] if self.mysql and self.chance(0.3) else []
            return Key("FULLTEXT KEY", name, [[column, "", ""] for column in rng.sample(texts, min(len(texts), rng.randint(1, 2)))], options)
        usable = [column for column in columns if column.family not in ("spatial", "vector", "json")]
        if not usable:
            return None
        chosen = rng.sample(usable, min(len(usable), rng.choices([1, 2, 3], [5, 3, 1])[0]))
        parts = [[column, self.prefix(column), self.pick(["", "", "", " DESC"])] for column in chosen]
        if self.mysql and self.chance(0.12):
            numbers = [column for column in usable if column.family == "int"]
            if numbers:
                parts.insert(0, [self.pick(numbers), "", self.pick(["(({0} + 1))".replace("((", "(", 1).replace("))", ")", 1), "(abs({0})) DESC"])])
        return Key(self.pick(["KEY", "KEY", "UNIQUE KEY"]), name, parts, self.key_options())

    def prefix(self, column):
        if column.family in ("text", "blob"):
            return f"({self.rng.randint(1, 20)})"
        if column.family == "char" and not column.generated and self.chance(0.2):
            return "(1)"
        return ""

    def key_options(self):
        made = []
        if self.chance(0.1):
            made.append(self.pick(["USING BTREE", "USING HASH"]))
        if self.chance(0.05):
            made.append("KEY_BLOCK_SIZE=4")
        if self.chance(0.15):
            made.append(f"COMMENT '{self.text()}'")
        if self.chance(0.1):
            made.append("INVISIBLE" if self.mysql else "IGNORED")
        return made

    def add_key(self, table):
        key = self.key(table)
        if key:
            table.keys.append(key)

    def check(self, table):
        numbers = [column for column in table.columns if column.family == "int" and "AUTO_INCREMENT" not in column.attributes]
        texts = [column for column in table.columns if column.family == "char"]
        name = self.fresh("chk") if self.chance(0.6) else ""
        options = " NOT ENFORCED" if self.mysql and self.chance(0.15) else ""
        if texts and self.chance(0.5):
            return Check(name, self.pick([f"{{0}} <> '{self.literal}'", "char_length({0}) > 1 or {0} = '--'"]), [self.pick(texts)], options)
        if numbers:
            return Check(name, self.pick(["{0} < 100", "{0} between 1 and {1}", "{0} <> {1} or {0} is null"]), [self.pick(numbers), self.pick(numbers)], options)
        return Check(name, "1 = 1", [], options)

    def add_foreign_key(self, table, parents):
        parent = self.pick(parents)
        key = next((key for key in parent.keys if key.kind == "PRIMARY KEY" and len(key.parts) == 1), None)
        if key is None or parent.partition or parent.options.get("ENGINE", "InnoDB") != "InnoDB":
            return
        target = key.parts[0][0]
        column = Column(self.fresh("ref"), target.type, "int", self.pick([[], ["NOT NULL"], ["DEFAULT NULL"]]))
        table.columns.insert(self.rng.randint(0, len(table.columns)), column)
        set_null = [] if "NOT NULL" in column.attributes else [" ON DELETE SET NULL"]
        actions = self.pick(["", "", " ON DELETE CASCADE", " ON UPDATE CASCADE", " ON DELETE RESTRICT", " ON DELETE NO ACTION ON UPDATE NO ACTION", *set_null])
        name = self.fresh("fk") if self.chance(0.6) else ""
        table.foreign_keys.append(ForeignKey(name, column, parent, target, actions))
        if self.chance(0.3):
            table.keys.append(Key("KEY", self.fresh("ix"), [[column, "", ""], *([[self.pick(table.columns), "", ""]] if self.chance(0.4) else [])]))

    def partition(self, column):
        n = self.rng.randint(1, 4)
        ranges = ", ".join(f"PARTITION p{i} VALUES LESS THAN ({(i + 1) * 10}){self.pick(['', ' COMMENT = ' + chr(39) + 'c' + chr(39)])}" for i in range(n))
        lists = ", ".join(f"PARTITION p{i} VALUES IN ({i * 2},{i * 2 + 1})" for i in range(n))
        sub = self.pick(["", "", " SUBPARTITION BY HASH ({0}) SUBPARTITIONS 2"])
        rest = self.pick([", PARTITION pm VALUES LESS THAN MAXVALUE", ""])
        return self.pick([
            f"PARTITION BY RANGE ({{0}}){sub} ({ranges}{rest})",
            f"PARTITION BY LIST ({{0}}){sub} ({lists})",
            f"PARTITION BY RANGE COLUMNS ({{0}}) ({ranges})",
            f"PARTITION BY LIST COLUMNS ({{0}}) ({lists})",
            f"PARTITION BY {self.pick(['', 'LINEAR '])}HASH ({{0}}) PARTITIONS {n}",
            f"PARTITION BY {self.pick(['', 'LINEAR '])}KEY ({{0}}) PARTITIONS {n}",
            f"PARTITION BY HASH ({{0}}) ({', '.join(f'PARTITION h{i}' for i in range(n))})",
            "PARTITION BY KEY ALGORITHM=1 ({0}) PARTITIONS 2",
        ])

    def add_partition(self, table):
        whole = [column for column in table.columns if column.family == "int" and not column.generated]
        if any(key.kind == "PRIMARY KEY" for key in table.keys):
            whole = table.columns[:1]
        if whole:
            table.partition = (self.partition(self.pick(whole)), self.pick(whole))

    def options(self):
        choices = [
            ("COMMENT", f"'{self.text()}'"), ("COMMENT", f"'{self.text()}'"),
            ("ROW_FORMAT", self.pick(["DYNAMIC", "COMPACT", "REDUNDANT"])),
            ("STATS_PERSISTENT", self.pick("01")), ("STATS_AUTO_RECALC", self.pick("01")), ("STATS_SAMPLE_PAGES", "20"),
            ("AUTO_INCREMENT", "100"), ("MAX_ROWS", "1000"), ("MIN_ROWS", "10"), ("AVG_ROW_LENGTH", "50"),
            ("CHECKSUM", "1"), ("DELAY_KEY_WRITE", "1"), ("PACK_KEYS", "1"),
        ]
        if not self.mysql:
            choices += [("`PAGE_COMPRESSED`", "1"), ("PAGE_CHECKSUM", "1")]
        return self.pick(choices)

    def add_options(self, table):
        if self.chance(0.1) and not table.foreign_keys:
            table.options["ENGINE"] = self.pick(["MyISAM", "MEMORY"] + ([] if self.mysql else ["Aria"]))
        if self.chance(0.4):
            charset = self.pick(list(COLLATIONS))
            table.options["DEFAULT CHARSET"] = charset
            if self.chance(0.5):
                table.options["COLLATE"] = self.pick(COLLATIONS[charset])
        for _ in range(self.rng.choices([0, 1, 2], [6, 3, 1])[0]):
            table.options.update([self.options()])
        if not self.mysql and self.chance(0.03) and not table.partition:
            table.options["WITH SYSTEM VERSIONING"] = None

    def spare_members(self, table):
        """MariaDB prints members in letters of two bytes wrongly, so that no tool can know them."""
        listed = [column for column in table.columns if column.family in ("enum", "set")]
        if self.mysql or not listed:
            return
        for column in listed:
            column.type = in_single_bytes(column.type)
        for name, value in table.options.items():
            table.options[name] = in_single_bytes(value) if value else value

    def add_period(self, table):
        start, end = Column(self.fresh("from"), "date", "date", ["NOT NULL"]), Column(self.fresh("until"), "date", "date", ["NOT NULL"])
        table.columns += [start, end]
        table.period = (self.fresh("valid"), start, end)

    # --- the other objects

    def view(self, schema):
        sources = [source for source in [*schema.tables, *schema.views]]
        chosen = self.rng.sample(sources, min(len(sources), self.pick([1, 1, 2])))
        selected = []
        for source in chosen:
            names = source.columns if isinstance(source, Table) else ["c0"]
            selected.append((source, self.rng.sample(names, min(len(names), self.rng.randint(1, 3)))))
        head = "CREATE " + self.pick(["", "", "ALGORITHM=MERGE ", "ALGORITHM=TEMPTABLE "]) + self.pick(["", "", "SQL SECURITY INVOKER "])
        tail = self.pick(["", "", " WHERE 1 = 1", " WHERE 'ü😀' <> 'it''s'", " LIMIT 5", " WITH CASCADED CHECK OPTION"])
        return View(self.fresh("view_"), selected, head, tail)

    def trigger(self, schema):
        table = self.pick(schema.tables)
        when = self.pick(["BEFORE", "AFTER"]) + " " + self.pick(["INSERT", "UPDATE", "DELETE"])
        same = [trigger for trigger in schema.triggers if trigger.table is table and trigger.when == when]
        place = (self.pick(["FOLLOWS", "PRECEDES"]), self.pick(same)) if same and self.chance(0.5) else None
        return Trigger(self.fresh("tr"), table, when, place, self.body(), self.mode())

    def mode(self):
        return self.pick([None, None, None, "", "ANSI_QUOTES", "NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT", "STRICT_ALL_TABLES"])

    def body(self):
        return self.pick([
            "SET @seen = 1",
            "SET @seen = concat('a;', 'it''s')",
            "BEGIN\n    -- a comment; here\n    SET @a = 1;\n    IF @a > 0 THEN\n      SET @b = 'x';\n    END IF;\n  END",
            "BEGIN\n    DECLARE n int DEFAULT 0;\n    /* c */ SET n = n + 1;\n  END",
            "BEGIN END",
        ])

    def program(self):
        kinds = [
            ("PROCEDURE", lambda: f"(IN a int, OUT b varchar(20)) {self.characteristics()} {self.body()}"),
            ("FUNCTION", lambda: f"(x {self.pick(['int', 'varchar(10)', 'text CHARACTER SET latin1'])}) RETURNS {self.pick(['int', 'varchar(20) CHARACTER SET utf8mb4'])} DETERMINISTIC {self.characteristics()} RETURN {self.pick(['1', 'length(x)'])}"),
            ("EVENT", lambda: f" ON SCHEDULE {self.pick(['EVERY 1 DAY', 'EVERY 90 MINUTE'])} STARTS '2035-01-01 00:00:00' {self.pick(['', 'ON COMPLETION PRESERVE'])} {self.pick(['ENABLE', 'DISABLE'])} {self.pick(['', 'COMMENT ' + chr(39) + self.text() + chr(39)])} DO {self.body()}"),
        ]
        if not self.mysql and self.chance(0.15):
            return self.sequence()
        if not self.mysql and self.chance(0.05):
            return Program("PACKAGE", self.fresh("pack"), " AS FUNCTION one RETURN int; PROCEDURE two; END", "ORACLE")
        kind, make = self.pick(kinds)
        # Servers print the backslashes of an event's comment twice under NO_BACKSLASH_ESCAPES.
        return Program(kind, self.fresh("prog"), make(), None if kind == "EVENT" else self.mode())

    def sequence(self):
        text = f" START WITH {self.rng.randint(1, 50)} INCREMENT BY {self.rng.randint(1, 5)} " + " ".join(
            [self.pick(["", "MAXVALUE 9999"]), self.pick(["", "CACHE 20", "NOCACHE"]), self.pick(["", "CYCLE"])]
        )
        return Program("SEQUENCE", self.fresh("seq"), text)

    def characteristics(self):
        return self.pick(["", "", f"COMMENT '{self.text()}'", "SQL SECURITY INVOKER", "READS SQL DATA"])

    def schema(self):
        made = Schema()
        if not self.mysql and self.chance(0.15):
            made.programs.append(self.sequence())
            self.sequences.append(made.programs[0].name)
        for _ in range(self.rng.choices([1, 2, 3, 4], [4, 4, 2, 1])[0]):
            made.tables.append(self.table(self.name([table.name for table in made.tables]), made.tables))
        if len(made.tables) > 1 and self.chance(0.15):
            self.add_foreign_key(made.tables[0], made.tables[1:])
        for count, probability, add in (
            (2, 0.35, lambda: made.views.append(self.view(made))),
            (3, 0.3, lambda: made.triggers.append(self.trigger(made))),
            (2, 0.25, lambda: made.programs.append(self.program())),
        ):
            for _ in range(count):
                if self.chance(probability):
                    add()
        if self.chance(0.05):
            made.database = self.pick(["CHARACTER SET latin1", "COLLATE utf8mb4_bin"])
        return made

    # --- another schema, from a schema

    def mutated(self, schema):
        """(a changed copy, what was renamed as run_pairs.py takes it)."""
        made, copies = copied(schema)
        for _ in range(self.rng.choices([1, 2, 3, 5, 8], [4, 4, 3, 2, 1])[0]):
            self.mutate(made)
        renames = []
        for table in schema.tables:
            twin = copies(table)
            if twin not in made.tables:
                continue
            if twin.name != table.name:
                renames.append(("table", table.name, table.name, twin.name))
            for kind, before, after in (("column", table.columns, twin.columns), ("index", table.keys, twin.keys)):
                for thing in before:
                    other = copies(thing)
                    if other in after and other.name != thing.name and self.chance(0.9):
                        renames.append((kind, table.name, thing.name, other.name))
        return made, renames

    def mutate(self, schema):
        roll = self.rng.random()
        if roll < 0.80 and schema.tables:
            table = self.pick(schema.tables)
            self.mutate_table(schema, table)
            self.spare_members(table)
        elif roll < 0.84 or not schema.tables:
            schema.tables.append(self.table(self.name([table.name for table in schema.tables]), schema.tables))
        elif roll < 0.87:
            drop_table(schema, self.pick(schema.tables))
        elif roll < 0.90:
            self.pick(schema.tables).name = self.name([table.name for table in schema.tables])
        elif roll < 0.93:
            self.toggle(schema.views, lambda: self.view(schema))
            schema.views = [view for view in schema.views if all(s in schema.tables or s in schema.views for s, _ in view.sources)]
        elif roll < 0.96:
            self.toggle(schema.triggers, lambda: self.trigger(schema))
            for trigger in schema.triggers:
                if trigger.place and trigger.place[1] not in schema.triggers:
                    trigger.place = None
        else:
            self.toggle(schema.programs, self.program)

    def toggle(self, things, make):
        if things and self.chance(0.5):
            things.remove(self.pick(things))
        else:
            things.append(make())

    def mutate_table(self, schema, table):
        columns = table.columns
        names = [column.name for column in columns]
        free = [column for column in columns if not in_use(schema, column)]
        roll = self.rng.random()
        if roll < 0.18:
            columns.insert(self.rng.randint(0, len(columns)), self.column(names))
        elif roll < 0.32 and len(columns) > 1 and free:
            drop_column(schema, table, self.pick(free))
        elif roll < 0.44:
            self.pick(columns).name = self.name(names)
        elif roll < 0.52:
            column = columns.pop(self.rng.randrange(len(columns)))
            columns.insert(self.rng.randint(0, len(columns)), column)
        elif roll < 0.66 and free:
            column = self.pick(free)
            if not column.generated and "AUTO_INCREMENT" not in column.attributes:
                other = self.column(names)
                column.type, column.family, column.attributes = other.type, other.family, [a.replace(quote(other.name), quote(column.name)) for a in other.attributes]
        elif roll < 0.72:
            self.add_key(table)
        elif roll < 0.80 and table.keys:
            table.keys.remove(self.pick(table.keys))
        elif roll < 0.84 and table.keys:
            self.pick(table.keys).name = self.name([key.name for key in table.keys])
        elif roll < 0.87:
            self.toggle(table.checks, lambda: self.check(table))
        elif roll < 0.91:
            if table.foreign_keys and self.chance(0.5):
                table.foreign_keys.remove(self.pick(table.foreign_keys))
            elif not table.partition:
                self.add_foreign_key(table, schema.tables)
        elif roll < 0.97:
            if table.options and self.chance(0.4):
                del table.options[self.pick(list(table.options))]
            else:
                self.add_options(table)
        elif table.partition:
            table.partition = None
        elif not table.foreign_keys:
            self.add_partition(table)

    # --- statements that change a schema

    def changes(self, schema):
        """[(statement, renames)]: what somebody might type, of which the server refuses some."""
        made = []
        for _ in range(self.rng.choices([1, 2, 3, 4], [5, 3, 2, 1])[0]):
            made.append(self.change(schema))
        return made

    def change(self, schema):
        roll = self.rng.random()
        table = self.pick(schema.tables)
        if roll < 0.80:
            return self.alter(table)
        if roll < 0.84:
            name = self.name([other.name for other in schema.tables])
            return f"RENAME TABLE {quote(table.name)} TO {quote(name)}", [("table", table.name, table.name, name)]
        if roll < 0.88:
            return f"DROP TABLE {quote(table.name)}", []
        if roll < 0.91:
            new = self.table(self.fresh("new"), [])
            return table_text(new, [key for key in new.foreign_keys if key.parent is new]), []
        if roll < 0.94 and schema.triggers:
            return f"DROP TRIGGER {quote(self.pick(schema.triggers).name)}", []
        if roll < 0.96 and schema.views:
            return f"DROP VIEW {quote(self.pick(schema.views).name)}", []
        if roll < 0.97 and schema.programs:
            program = self.pick(schema.programs)
            return f"DROP {program.kind} {quote(program.name)}", []
        if roll < 0.98:
            return trigger_text(self.trigger(schema)), []
        return view_text(self.view(schema)), []

    def alter(self, table):
        actions, renames = [], []
        for _ in range(self.rng.choices([1, 2, 3, 4], [6, 3, 2, 1])[0]):
            action, renamed = self.action(table)
            actions.append(action)
            renames += renamed
        text = f"ALTER TABLE {quote(table.name)} " + ",\n  ".join(actions)
        return text if self.mysql else in_single_bytes(text), renames

    def action(self, table):
        columns = table.columns
        names = [column.name for column in columns]
        column = self.pick(columns)
        place = self.pick(["", "", " FIRST", f" AFTER {quote(self.pick(names))}"])
        key = self.pick(table.keys) if table.keys else None
        roll = self.rng.random()
        if roll < 0.15:
            return f"ADD COLUMN {column_text(self.column(names))}{place}", []
        if roll < 0.32:
            return f"DROP COLUMN {quote(column.name)}", []
        if roll < 0.42:
            name = self.name(names)
            return f"RENAME COLUMN {quote(column.name)} TO {quote(name)}", [("column", table.name, column.name, name)]
        if roll < 0.50:
            other = copy.copy(column)
            other.name = self.name(names)
            return f"CHANGE COLUMN {quote(column.name)} {column_text(other)}{place}", [("column", table.name, column.name, other.name)]
        if roll < 0.62:
            other = self.column(names)
            other.attributes = [a.replace(quote(other.name), quote(column.name)) for a in other.attributes]
            other.name = column.name
            return f"MODIFY COLUMN {column_text(other)}{place}", []
        if roll < 0.68:
            return f"MODIFY COLUMN {column_text(column)}{place}", []
        if roll < 0.73:
            new = self.key(table)
            return (f"ADD {key_text(new)}" if new else "COMMENT='none'"), []
        if roll < 0.79 and key:
            return ("DROP PRIMARY KEY" if key.kind == "PRIMARY KEY" else f"DROP KEY {quote(key.name)}"), []
        if roll < 0.82 and key and key.kind != "PRIMARY KEY":
            name = self.name([other.name for other in table.keys])
            return f"RENAME INDEX {quote(key.name)} TO {quote(name)}", [("index", table.name, key.name, name)]
        if roll < 0.84 and key and key.kind != "PRIMARY KEY":
            words = ("VISIBLE", "INVISIBLE") if self.mysql else ("NOT IGNORED", "IGNORED")
            return f"ALTER INDEX {quote(key.name)} {self.pick(words)}", []
        if roll < 0.87:
            return f"ADD {check_text(self.check(table))}", []
        if roll < 0.89 and table.foreign_keys and table.foreign_keys[0].name:
            return f"DROP FOREIGN KEY {quote(table.foreign_keys[0].name)}", []
        if roll < 0.91:
            return f"CONVERT TO {self.charset()}", []
        if roll < 0.93:
            return f"DEFAULT {self.charset()}", []
        if roll < 0.95:
            return f"ALTER COLUMN {quote(column.name)} {self.pick(['DROP DEFAULT', 'SET DEFAULT 5'])}", []
        if roll < 0.98:
            return option_text(*self.options()), []
        return f"ENGINE={self.pick(['InnoDB', 'MyISAM'])}", []


def in_single_bytes(text):
    return text.replace("ucs2", "utf8mb3")


def copied(schema):
    """A copy of a schema, and the function that finds the twin of each of its things."""
    memo = {}
    made = copy.deepcopy(schema, memo)
    return made, lambda thing: memo[id(thing)]


def in_use(schema, column):
    """Does something refer to the column, so that it cannot simply change?"""
    for table in schema.tables:
        if any(column in (key.column, key.parent_column) for key in table.foreign_keys):
            return True
        if any(other.generated and column in other.generated[1] for other in table.columns):
            return True
        if any(column in check.columns for check in table.checks) or (table.partition and table.partition[1] is column):
            return True
        if table.period and column in table.period:
            return True
    return False


def drop_column(schema, table, column):
    table.columns.remove(column)
    for key in table.keys:
        key.parts = [part for part in key.parts if part[0] is not column]
    table.keys = [key for key in table.keys if key.parts]
    for view in schema.views:
        view.sources = [(source, [name for name in names if name is not column]) for source, names in view.sources]


def drop_table(schema, table):
    schema.tables.remove(table)
    schema.triggers = [trigger for trigger in schema.triggers if trigger.table is not table]
    for other in schema.tables:
        other.foreign_keys = [key for key in other.foreign_keys if key.parent is not table]
    gone = {table}
    for view in list(schema.views):
        if any(source in gone for source, _ in view.sources):
            schema.views.remove(view)
            gone.add(view)
