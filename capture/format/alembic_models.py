"""What the database has and the models of the project have not, by Alembic's own comparison.

    python3 -c SCRIPT flask|alembic INI        in the folder where the tool is run

Prints, after whatever the project prints:

    ddltap-models
    table   settings                           its lines follow
    line    class Settings(db.Model):
    line        __tablename__ = "settings"
    column  users       nickname
    line    nickname = db.Column(db.String(64))
    index   users       ix_users_email
    end                                        or: failed  what was wrong

with one tab between the fields. Nothing is written, neither to files nor to the database.
"""

import contextlib
import json
import keyword
import re
import sys

RESERVED = {"metadata", "registry", "query", "query_class"}  # attributes that models have already


class Names:
    """How the project names what it takes from SQLAlchemy: db.Column or sa.Column."""

    def __init__(self, prefix, base):
        self.prefix = prefix
        self.base = base


def clean(text):
    return re.sub(r"[\x00-\x1f\x7f]", "?", str(text))


def literal(text):
    return json.dumps(str(text), ensure_ascii=False)


def attribute_of(name):
    """The attribute for a column, and whether that is its name."""
    attribute = re.sub(r"\W", "_", name)
    if not attribute.isidentifier() or keyword.iskeyword(attribute) or attribute in RESERVED or attribute.startswith("__"):
        attribute = f"c_{attribute.lstrip('_')}" if not attribute[:1].isalpha() else f"{attribute}_"
    return attribute, attribute == name


def type_text(type_, names):
    """String(64), Numeric(12, 2); what has no general name as it is called for MySQL."""
    from sqlalchemy.dialects import mysql

    prefix = names.prefix
    kind = type(type_).__name__
    if isinstance(type_, mysql.ENUM):
        return f"{prefix}.Enum({', '.join(literal(word) for word in type_.enums)})"
    if getattr(type_, "unsigned", False) or getattr(type_, "zerofill", False):
        return f"mysql.{type_!r}"
    if kind == "TINYINT" and type_.display_width == 1:
        return f"{prefix}.Boolean"
    if kind in ("VARCHAR", "CHAR", "VARBINARY", "BINARY"):
        general = {"VARCHAR": "String", "CHAR": "CHAR", "VARBINARY": "VARBINARY", "BINARY": "BINARY"}[kind]
        return f"{prefix}.{general}({type_.length})"
    if kind in ("DECIMAL", "NUMERIC"):
        return f"{prefix}.Numeric({type_.precision}, {type_.scale})"
    if kind in ("DATETIME", "TIMESTAMP", "TIME") and getattr(type_, "fsp", None):
        return f"mysql.{kind}(fsp={type_.fsp})"
    general = {
        "INTEGER": "Integer", "BIGINT": "BigInteger", "SMALLINT": "SmallInteger", "TEXT": "Text", "DATE": "Date",
        "DATETIME": "DateTime", "TIMESTAMP": "TIMESTAMP", "TIME": "Time", "FLOAT": "Float", "JSON": "JSON", "BLOB": "LargeBinary",
    }.get(kind)  # fmt: skip
    return f"{prefix}.{general}" if general else f"mysql.{type_!r}"


def column_text(column, names):
    prefix = names.prefix
    attribute, is_name = attribute_of(column.name)
    arguments = [] if is_name else [literal(column.name)]
    arguments.append(type_text(column.type, names))
    arguments += [f"{prefix}.ForeignKey({literal(key.target_fullname)})" for key in column.foreign_keys]
    default = column.server_default
    if type(default).__name__ == "Computed":
        arguments.append(f"{prefix}.Computed({literal(default.sqltext)}, persisted={default.persisted})")
    if column.primary_key:
        arguments.append("primary_key=True")
    elif not column.nullable:
        arguments.append("nullable=False")
    if hasattr(default, "arg"):
        arguments.append(f"server_default={prefix}.text({literal(getattr(default.arg, 'text', default.arg))})")
    if column.comment:
        arguments.append(f"comment={literal(column.comment)}")
    return f"{attribute} = {prefix}.Column({', '.join(arguments)})"


def table_lines(table, names):
    title = "".join(word.capitalize() for word in re.findall(r"[^\W_]+", table.name)) or "Table"
    yield f"class {title if title[0].isalpha() else 'T' + title}({names.base}):"
    yield f"    __tablename__ = {literal(table.name)}"
    for column in table.columns:
        yield f"    {column_text(column, names)}"


def records_of(difference, names):
    if isinstance(difference, list):  # what is to be changed in one column: nothing is lost
        return
    what = difference[0]
    if what == "remove_table":
        table = difference[1]
        yield "table", table.name
        for line in table_lines(table, names):
            yield "line", line
    elif what == "remove_column":
        yield "column", difference[2], difference[3].name
        yield "line", column_text(difference[3], names)
    elif what in ("remove_index", "remove_constraint", "remove_fk"):
        yield "index", difference[1].table.name, difference[1].name or ""


def compare(config, names):
    """The records, in the order in which Alembic finds the differences."""
    from alembic.autogenerate import compare_metadata
    from alembic.runtime.environment import EnvironmentContext
    from alembic.script import ScriptDirectory

    records = []

    def look(revision, context):
        metadata = context.opts.get("target_metadata")
        if metadata is None:
            raise RuntimeError("env.py sets no target_metadata")
        for one in metadata if isinstance(metadata, (list, tuple)) else [metadata]:
            for difference in compare_metadata(context, one):
                records.extend(records_of(difference, names))
        return []

    script = ScriptDirectory.from_config(config)
    with EnvironmentContext(config, script, fn=look, as_sql=False, dont_mutate=True):
        script.run_env()
    return records


def compare_flask(ini):
    import os

    from flask import cli

    cli.load_dotenv()
    info = cli.ScriptInfo(app_import_path=os.environ.get("FLASK_APP"))
    app = info.load_app()
    with app.app_context():
        migrate = app.extensions["migrate"].migrate
        config = migrate.get_config(os.path.dirname(ini))
        return compare(config, Names("db", "db.Model"))


def compare_alembic(ini):
    from alembic.config import Config

    return compare(Config(ini), Names("sa", "Base"))


def main(kind, ini):
    try:
        with contextlib.redirect_stdout(sys.stderr):
            records = {"flask": compare_flask, "alembic": compare_alembic}[kind](ini) + [("end",)]
    except (Exception, SystemExit) as error:
        records = [("failed", f"{type(error).__name__}: {error}")]
    print("\nddltap-models")
    for record in records:
        print("\t".join(clean(field) for field in record))


main(*sys.argv[1:])
