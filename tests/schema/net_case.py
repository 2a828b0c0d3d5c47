"""The text form of a case of a run of changes, and its reader.

    === two columns swap their names
    -- servers mariadb                     optional: as in case.py
    -- before
    CREATE TABLE t (a int, b text);        statements, as in case.py; INSERTs too
    -- run
    ALTER TABLE t RENAME COLUMN a TO x;    one by one, as a person runs them
    -- keeps                               optional: rows that must be there all the time, by a query for the
    SELECT a FROM t -> SELECT b FROM t     schema before and one for the schema after
    -- up                                  what the run comes to, on all servers or on those named; written by
    ALTER TABLE ...                        run_net.py --update, to be reviewed in the diff
    -- loses ...                           remarks of the way above
    -- down mysql
"""

from case import BadCase, kinds_of, shortened, statements_of
from live import KINDS

SECTIONS = ("before", "run", "keeps")


class NetCase:
    def __init__(self, name, path, line):
        self.name, self.path, self.line = name, path, line
        self.lines = []  # as in the file, up to the expected ways
        self.servers = KINDS
        self.sections = {section: [] for section in SECTIONS}
        self.ways = {"up": {}, "down": {}}  # kind of server: text

    @property
    def before(self):
        return statements_of(self.sections["before"])

    @property
    def run(self):
        return statements_of(self.sections["run"])

    @property
    def keeps(self):
        pairs = [line.rstrip(";").split(" -> ") for line in self.sections["keeps"] if line.strip()]
        return [(pair[0], pair[-1]) for pair in pairs]


def read_cases(path):
    cases, way, kinds, section = [], None, (), None
    for number, line in enumerate(path.read_text().split("\n"), 1):
        where = f"{path.name}:{number}"
        if line.startswith("=== "):
            cases.append(NetCase(line[4:].strip(), path, number))
            way = section = None
        elif not cases:
            if line.strip() and not line.startswith("#"):
                raise BadCase(f"{where}: text before the first case")
            continue
        elif line.startswith("-- "):
            words = line[3:].split()
            if way is not None and words[0] in ("loses", "problem"):
                add_line(cases[-1], way, kinds, line)
                continue
            way, section = None, None
            if words[0] == "servers":
                cases[-1].servers = kinds_of(words[1:], where)
            elif words[0] in ("up", "down"):
                way, kinds = words[0], kinds_of(words[1:], where) or cases[-1].servers
                for kind in kinds:
                    if kind in cases[-1].ways[way] or kind not in cases[-1].servers:
                        raise BadCase(f"{where}: a second way for {kind}, or one where the case does not run")
                    cases[-1].ways[way][kind] = ""
            elif words[0] in SECTIONS and len(words) == 1:
                section = words[0]
            else:
                raise BadCase(f"{where}: not known: {line}")
        elif way is not None:
            if line.strip() and not line.startswith("#"):
                add_line(cases[-1], way, kinds, line)
        elif section is not None:
            cases[-1].sections[section].append(line)
        elif line.strip() and not line.startswith("#"):
            raise BadCase(f"{where}: text outside of a section: {line}")
        if way is None:
            cases[-1].lines.append(line)
    for case in cases:
        if not case.run:
            raise BadCase(f"{path.name}:{case.line} {case.name}: nothing is run")
        while case.lines and not case.lines[-1].strip():
            case.lines.pop()
    return cases


def add_line(case, way, kinds, line):
    for kind in kinds:
        case.ways[way][kind] += line + "\n"


def case_text(case):
    text = "\n".join(case.lines) + "\n"
    for way, ways in case.ways.items():
        groups = {}
        for kind in case.servers:
            if kind in ways:
                groups.setdefault(ways[kind], []).append(kind)
        for expected, kinds in groups.items():
            named = "" if len(kinds) == len(case.servers) else " " + " ".join(shortened(kinds))
            text += f"-- {way}{named}\n{expected}"
    return text


def read_folder(folder):
    """All cases of a folder; BadCase when there is none or two have the same name."""
    cases = [case for path in sorted(folder.glob("*.txt")) for case in read_cases(path)]
    names = [case.name for case in cases]
    twice = {name for name in names if names.count(name) > 1}
    if twice or not cases:
        raise BadCase(f"{folder}: cases of the same name: {sorted(twice)}" if twice else f"{folder}: no cases")
    return cases
