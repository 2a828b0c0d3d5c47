"""The text form of a case, and its reader.

    === a column that two indexes hold
    -- servers mariadb                     optional: mariadb, mysql, or one of live.KINDS; several
    -- keep definer                        optional
    -- defect mysql                        optional: where it is known to fail; must be taken out when it does not
    -- before
    CREATE TABLE t (a int, b int,          a statement begins at the left margin and goes on over
      KEY k (a, b));                       indented lines and lines that begin with ")"
    -- change
    ALTER TABLE t DROP COLUMN b;
    -- rename column t a b                 optional, what the change renames: table, view: FROM TO;
                                           column, index: TABLE FROM TO, the table as it was named before
    -- keeps                               optional: a query with the same rows before and after
    SELECT a FROM t;
    -- down                                what takes the change back, on all servers or on those named;
    ALTER TABLE ...                        written by run_cases.py --update, to be reviewed in the diff
    -- loses values of ...                 remarks of the way back
    -- problem ...                         no way back is known, and why
    -- forward problem ...                 from before to after no way is known, and why

Instead of "-- change" a case may have "-- instead": the schema that stands in place of the first, made
from nothing. Lines that begin with "#" are comments.
"""

from live import KINDS

FAMILIES = {"mariadb": KINDS[:2], "mysql": ("mysql",), **{kind: (kind,) for kind in KINDS}}


class BadCase(Exception):
    pass


class Case:
    def __init__(self, name, path, line):
        self.name = name
        self.path = path
        self.line = line
        self.lines = []  # as in the file, up to the expected ways back
        self.servers = KINDS
        self.keep_definer = False
        self.defects = ()
        self.before, self.change, self.instead, self.keeps = [], [], None, []
        self.renames = []
        self.downs = {}  # kind of server: text

    def changed_renames(self, back):
        """The renames as the tool takes them: of the change, or of its way back."""
        tables = {rename["from"]: rename["to"] for rename in self.renames if rename["kind"] == "table"}
        if not back:
            return self.renames
        return [
            {**rename, "from": rename["to"], "to": rename["from"], "table": tables.get(rename["table"], rename["table"])}
            for rename in reversed(self.renames)
        ]


def down_text(answer):
    """A way back as it stands in a case."""
    if answer["problem"] is not None:
        return f"-- problem {answer['problem']}\n"
    lines = [f"-- loses {remark}\n" for remark in answer["remarks"]]
    lines += [as_written(statement) for statement in answer["statements"]]
    return "".join(lines)


def as_written(statement):
    lines = statement.rstrip("; \n").split("\n")
    return "\n".join([lines[0], *("  " + line.strip() if line else "" for line in lines[1:])]) + ";\n"


def statements_of(lines):
    """Cuts lines into statements, without the semicolon at the end."""
    statements = []
    for line in lines:
        if line.startswith("#") or not line.strip():
            continue
        if line[0] in " \t)" and statements:
            statements[-1] += "\n" + line
        else:
            statements.append(line)
    return [statement.rstrip("; \n") for statement in statements]


def kinds_of(words, where):
    try:
        kinds = [kind for word in words for kind in FAMILIES[word]]
    except KeyError as error:
        raise BadCase(f"{where}: no server is named {error}") from None
    return tuple(kind for kind in KINDS if kind in kinds)


def rename_of(words, where):
    names = [word.strip("`") for word in words[1:]]
    if words[:1] in (["table"], ["view"]) and len(names) == 2:
        return {"kind": words[0], "table": names[0], "from": names[0], "to": names[1]}
    if words[:1] in (["column"], ["index"]) and len(names) == 3:
        return {"kind": words[0], "table": names[0], "from": names[1], "to": names[2]}
    raise BadCase(f"{where}: a rename is 'table FROM TO', 'view FROM TO', 'column TABLE FROM TO' or 'index TABLE FROM TO'")


def read_cases(path):
    cases, section, down_kinds = [], None, ()
    sections = {}
    for number, line in enumerate(path.read_text().split("\n"), 1):
        where = f"{path.name}:{number}"
        if line.startswith("=== "):
            case = Case(line[4:].strip(), path, number)
            cases.append(case)
            sections = {"before": [], "change": None, "instead": None, "keeps": []}
            case.sections = sections
            section = None
        elif not cases:
            if line.strip() and not line.startswith("#"):
                raise BadCase(f"{where}: text before the first case")
            continue
        elif line.startswith("-- ") or line == "--":
            words = line[3:].split()
            if section == "down" and words[0] in ("loses", "problem", "forward"):
                for kind in down_kinds:
                    case.downs[kind] += line + "\n"
                continue
            section = directive(case, sections, words, where)
            if section == "down":
                down_kinds = kinds_of(words[1:], where) or case.servers
                for kind in down_kinds:
                    if kind in case.downs or kind not in case.servers:
                        raise BadCase(f"{where}: a second way back for {kind}, or one where the case does not run")
                    case.downs[kind] = ""
        elif section == "down":
            if line.strip() and not line.startswith("#"):
                for kind in down_kinds:
                    case.downs[kind] += line + "\n"
        elif section in sections:
            sections[section].append(line)
        elif line.strip() and not line.startswith("#"):
            raise BadCase(f"{where}: text outside of a section: {line}")
        if section != "down":
            cases[-1].lines.append(line)
    for case in cases:
        finish(case)
    return cases


def directive(case, sections, words, where):
    if words[0] == "servers" and len(words) > 1:
        case.servers = kinds_of(words[1:], where)
    elif words[0] == "defect" and len(words) > 1:
        case.defects = kinds_of(words[1:], where)
    elif words == ["keep", "definer"]:
        case.keep_definer = True
    elif words[0] == "rename":
        case.renames.append(rename_of(words[1:], where))
    elif len(words) == 1 and words[0] in sections:
        if words[0] in ("change", "instead") and sections[words[0]] is None:
            sections[words[0]] = []
        return words[0]
    elif words[0] == "down":
        return "down"
    else:
        raise BadCase(f"{where}: not known: {' '.join(words)}")
    return None


def finish(case):
    where = f"{case.path.name}:{case.line} {case.name}"
    sections = case.sections
    case.before = statements_of(sections["before"])
    case.change = statements_of(sections["change"] or [])
    case.instead = None if sections["instead"] is None else statements_of(sections["instead"])
    case.keeps = statements_of(sections["keeps"])
    if bool(case.change) == (case.instead is not None):
        raise BadCase(f"{where}: a case has statements in 'change', or 'instead'")
    while case.lines and not case.lines[-1].strip():
        case.lines.pop()


def write_cases(path, cases, heading=""):
    """The file of these cases, each with the ways back that it has."""
    path.write_text(heading + "\n".join(case_text(case) for case in cases))


def case_text(case):
    text = "\n".join(case.lines) + "\n"
    groups = {}
    for kind in case.servers:
        if kind in case.downs:
            groups.setdefault(case.downs[kind], []).append(kind)
    for down, kinds in groups.items():
        named = "" if len(kinds) == len(case.servers) else " " + " ".join(shortened(kinds))
        text += f"-- down{named}\n{down}"
    return text


def shortened(kinds):
    return ["mariadb", *kinds[2:]] if tuple(kinds[:2]) == KINDS[:2] else kinds


def heading_of(path):
    """What stands before the first case."""
    return path.read_text().split("=== ")[0]


def read_folder(folder):
    """All cases of a folder; BadCase when there is none or two have the same name."""
    cases = [case for path in sorted(folder.glob("*.txt")) for case in read_cases(path)]
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice or not cases:
        raise BadCase(f"{folder}: cases of the same name: {sorted(twice)}" if twice else f"{folder}: no cases")
    return cases
