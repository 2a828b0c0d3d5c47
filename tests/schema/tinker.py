"""Random tinkering from a seed: what a person might do to a schema in a day, names above all.

    tinkering = Tinkering(random.Random(1), mysql=False, tables=40)
    tinkering.start          statements that make the schema, with a row in each table
    tinkering.step()         the next statement: what it does to names is done to the model too
    tinkering.keeps()        [(query before, query now)]: values that must still be there

A server may refuse a statement: then `undo` puts the model back.
"""

import copy

TYPES = ("int", "bigint", "varchar(40)", "varchar(60) NOT NULL DEFAULT 'x'", "decimal(8,2) DEFAULT 0", "date", "text",
         "INT UNSIGNED NOT NULL DEFAULT 7", "BOOL DEFAULT TRUE", "enum('a','b') DEFAULT 'a'")


class Column:
    def __init__(self, name, first=None):
        self.name = name
        self.first = first  # its name at the start; None: made since, or its values are no longer the same


class Table:
    def __init__(self, name, first=None):
        self.name = name
        self.first = first  # its name at the start; None: made since
        self.columns = []
        self.indexes = []  # [name, column]
        self.parents = []  # [name, column, table]

    def held(self, column):
        return any(key[1] is column for key in self.indexes + self.parents)


class Tinkering:
    def __init__(self, rng, mysql, tables):
        self.rng = rng
        self.mysql = mysql
        self.counter = 0
        self.tables, self.views, self.triggers = [], [], []  # views: [name, table, column], triggers: [name, table]
        self.start = self.begin(tables)

    def fresh(self, stem):
        self.counter += 1
        return f"{stem}{self.counter}"

    def pick(self, things):
        return self.rng.choice(things)

    # --- the schema at the start

    def begin(self, count):
        made = [self.first_table() for _ in range(count)]
        for table in self.tables[count // 2 :]:
            made += self.link(table, self.pick(self.tables[: count // 2]))
        for table in self.tables[: count // 4]:
            made += [self.new_view(table), self.new_trigger(table)]
        made += [f"INSERT INTO {table.name} (id, a, b) VALUES (1, {number + 100}, 'row {number}')"
                 for number, table in enumerate(self.tables)]
        return made

    def first_table(self):
        name = self.fresh("t")
        table = Table(name, name)
        table.columns = [Column(column, column) for column in ("id", "a", "b", "c")]
        table.indexes = [[self.fresh("k"), table.columns[1]]]
        self.tables.append(table)
        return (f"CREATE TABLE {name} (id int PRIMARY KEY, a int, b varchar(40), c {self.pick(TYPES)}, "
                f"KEY {table.indexes[0][0]} (a))")

    def link(self, child, parent):
        column = Column(self.fresh("p"), None)
        name = self.fresh("f")
        child.columns.append(column)
        child.parents.append([name, column, parent])
        return [f"ALTER TABLE {child.name} ADD {column.name} int, ADD CONSTRAINT {name} FOREIGN KEY ({column.name}) "
                f"REFERENCES {parent.name} ({parent.columns[0].name})"]

    def new_view(self, table):
        column = self.pick(table.columns)
        self.views.append([self.fresh("v"), table, column])
        return f"CREATE VIEW {self.views[-1][0]} AS SELECT {column.name} AS x FROM {table.name} WHERE {column.name} IS NOT NULL"

    def new_trigger(self, table):
        self.triggers.append([self.fresh("g"), table])
        return f"CREATE TRIGGER {self.triggers[-1][0]} BEFORE DELETE ON {table.name} FOR EACH ROW SET @x = {self.counter}"

    # --- steps

    def step(self):
        """The statements of the next step; the model is as after them."""
        self.saved = copy.deepcopy((self.tables, self.views, self.triggers))
        ways = [(14, self.rename_column), (6, self.swap_columns), (10, self.add_column), (6, self.drop_column), (5, self.remake_column),
                (6, self.modify_column), (6, self.rename_index), (3, self.swap_indexes), (4, self.add_index), (3, self.drop_index),
                (8, self.rename_table), (4, self.swap_tables), (4, self.new_table), (3, self.drop_table), (2, self.remake_table),
                (3, self.rename_view), (2, self.swap_views), (3, self.replace_view), (2, self.drop_view), (2, self.remake_trigger),
                (3, self.add_foreign_key), (2, self.drop_foreign_key), (2, self.comment)]
        while True:
            made = self.rng.choices([way for _, way in ways], [weight for weight, _ in ways])[0]()
            if made:
                return made

    def undo(self):
        self.tables, self.views, self.triggers = self.saved

    def read_by_view(self, table, column=None):
        return any(view[1] is table and column in (None, view[2]) for view in self.views)

    def any_column(self, table):
        """One that no view reads: servers leave such a view broken."""
        return self.pick([column for column in table.columns if not self.read_by_view(table, column)] or [None])

    def rename_column(self):
        table = self.pick(self.tables)
        column = self.any_column(table)
        if column is None:
            return None
        old, column.name = column.name, self.fresh("n")
        return [f"ALTER TABLE {table.name} RENAME COLUMN {old} TO {column.name}"]

    def swap_columns(self):
        table = self.pick(self.tables)
        free = [column for column in table.columns[1:] if not self.read_by_view(table, column)]
        if len(free) < 2:
            return None
        one, other = self.rng.sample(free, 2)
        aside = self.fresh("aside")
        made = [f"ALTER TABLE {table.name} RENAME COLUMN {one.name} TO {aside}",
                f"ALTER TABLE {table.name} RENAME COLUMN {other.name} TO {one.name}",
                f"ALTER TABLE {table.name} RENAME COLUMN {aside} TO {other.name}"]
        one.name, other.name = other.name, one.name
        return made

    def add_column(self):
        table = self.pick(self.tables)
        name = self.fresh("n")
        place = self.pick(["", " FIRST", f" AFTER {self.pick(table.columns).name}"])
        table.columns.append(Column(name))
        return [f"ALTER TABLE {table.name} ADD {name} {self.pick(TYPES)}{place}"]

    def free_column(self, table):
        """One that nothing holds."""
        free = [c for c in table.columns[1:] if not table.held(c) and not self.read_by_view(table, c)]
        return self.pick(free) if free else None

    def drop_column(self):
        table = self.pick(self.tables)
        column = self.free_column(table)
        if column is None:
            return None
        table.columns.remove(column)
        return [f"ALTER TABLE {table.name} DROP COLUMN {column.name}"]

    def remake_column(self):
        table = self.pick(self.tables)
        column = self.free_column(table)
        if column is None:
            return None
        column.first = None
        drop, add = f"DROP COLUMN {column.name}", f"ADD COLUMN {column.name} {self.pick(TYPES)}"
        if self.rng.random() < 0.3:
            return [f"ALTER TABLE {table.name} {drop}, {add}"]
        return [f"ALTER TABLE {table.name} {drop}", f"ALTER TABLE {table.name} {add}"]

    def modify_column(self):
        table = self.pick(self.tables)
        column = self.free_column(table)
        if column is None:
            return None
        column.first = None  # its values may be cut
        return [f"ALTER TABLE {table.name} MODIFY {column.name} {self.pick(TYPES)}"]

    def comment(self):
        return [f"ALTER TABLE {self.pick(self.tables).name} COMMENT '{self.fresh('c')}'"]

    # --- indexes

    def rename_index(self):
        table = self.pick(self.tables)
        if not table.indexes:
            return None
        index = self.pick(table.indexes)
        old, index[0] = index[0], self.fresh("k")
        return [f"ALTER TABLE {table.name} RENAME INDEX {old} TO {index[0]}"]

    def swap_indexes(self):
        table = self.pick(self.tables)
        if len(table.indexes) < 2:
            return None
        one, other = self.rng.sample(table.indexes, 2)
        made = [f"ALTER TABLE {table.name} RENAME INDEX {a} TO {b}" for a, b in
                ((one[0], "aside"), (other[0], one[0]), ("aside", other[0]))]
        one[0], other[0] = other[0], one[0]
        return made

    def add_index(self):
        table = self.pick(self.tables)
        column = self.pick(table.columns)
        table.indexes.append([self.fresh("k"), column])
        return [f"CREATE INDEX {table.indexes[-1][0]} ON {table.name} ({column.name})"]

    def drop_index(self):
        table = self.pick(self.tables)
        free = [index for index in table.indexes if not any(key[1] is index[1] for key in table.parents)]
        if not free:
            return None
        index = self.pick(free)
        table.indexes.remove(index)
        return [f"DROP INDEX {index[0]} ON {table.name}"]

    # --- tables

    def rename_table(self):
        table = self.pick(self.tables)
        if self.read_by_view(table):
            return None
        old, table.name = table.name, self.fresh("t")
        return [self.pick([f"RENAME TABLE {old} TO {table.name}", f"ALTER TABLE {old} RENAME TO {table.name}"])]

    def swap_tables(self):
        free = [table for table in self.tables if not self.read_by_view(table)]
        one, other = self.rng.sample(free, 2)
        pairs = ((one.name, "aside"), (other.name, one.name), ("aside", other.name))
        one.name, other.name = other.name, one.name
        if self.rng.random() < 0.5:
            return ["RENAME TABLE " + ", ".join(f"{a} TO {b}" for a, b in pairs)]
        return [f"RENAME TABLE {a} TO {b}" for a, b in pairs]

    def new_table(self):
        table = Table(self.fresh("t"))
        table.columns = [Column("id"), Column("a"), Column("b")]
        self.tables.append(table)
        return [f"CREATE TABLE {table.name} (id INT PRIMARY KEY, a {self.pick(TYPES)}, b {self.pick(TYPES)})"]

    def droppable(self):
        pointed = [key[2] for table in self.tables for key in table.parents]
        free = [t for t in self.tables if t not in pointed and not self.read_by_view(t)]
        return self.pick(free) if len(free) > 2 else None

    def drop_table(self):
        table = self.droppable()
        if table is None:
            return None
        self.tables.remove(table)
        self.triggers = [trigger for trigger in self.triggers if trigger[1] is not table]
        return [f"DROP TABLE {table.name}"]

    def remake_table(self):
        table = self.droppable()
        if table is None:
            return None
        made = self.drop_table_of(table)
        again = Table(table.name)
        again.columns = [Column("id"), Column("a")]
        self.tables.append(again)
        return [*made, f"CREATE TABLE {again.name} (id INT PRIMARY KEY, a {self.pick(TYPES)})"]

    def drop_table_of(self, table):
        self.tables.remove(table)
        self.triggers = [trigger for trigger in self.triggers if trigger[1] is not table]
        return [f"DROP TABLE {table.name}"]

    def add_foreign_key(self):
        child, parent = self.rng.sample(self.tables, 2)
        return self.link(child, parent)

    def drop_foreign_key(self):
        table = self.pick(self.tables)
        if not table.parents:
            return None
        key = self.pick(table.parents)
        table.parents.remove(key)
        table.indexes.append([key[0], key[1]])
        return [f"ALTER TABLE {table.name} DROP FOREIGN KEY {key[0]}"]

    # --- views and triggers

    def rename_view(self):
        if not self.views:
            return None
        view = self.pick(self.views)
        old, view[0] = view[0], self.fresh("v")
        return [f"RENAME TABLE {old} TO {view[0]}"]

    def swap_views(self):
        if len(self.views) < 2:
            return None
        one, other = self.rng.sample(self.views, 2)
        made = [f"RENAME TABLE {one[0]} TO aside, {other[0]} TO {one[0]}, aside TO {other[0]}"]
        one[0], other[0] = other[0], one[0]
        return made

    def replace_view(self):
        table = self.pick(self.tables)
        if not self.views or self.rng.random() < 0.3:
            return [self.new_view(table)]
        view = self.pick(self.views)
        view[1:] = [table, self.pick(table.columns)]
        return [f"CREATE OR REPLACE VIEW {view[0]} AS SELECT {view[2].name} AS x FROM {table.name}"]

    def drop_view(self):
        if not self.views:
            return None
        view = self.pick(self.views)
        self.views.remove(view)
        return [f"DROP VIEW {view[0]}"]

    def remake_trigger(self):
        if not self.triggers or self.rng.random() < 0.4:
            return [self.new_trigger(self.pick(self.tables))]
        trigger = self.pick(self.triggers)
        self.triggers.remove(trigger)
        return [f"DROP TRIGGER {trigger[0]}"]

    # --- what must be there

    def keeps(self):
        """Values of columns a and b that no statement changed: by the names at the start and by those now."""
        pairs = []
        for table in self.tables:
            for column in table.columns:
                if table.first is not None and column.first in ("a", "b"):
                    pairs.append((f"SELECT {column.first} FROM {table.first}", f"SELECT {column.name} FROM {table.name}"))
        return pairs
