"""Proves one case on one server.

    before --change--> after --way back--> must equal before --way forward--> must equal after
"""

import re
from dataclasses import dataclass, field

from case import down_text
from live import Refused, Unreadable, differences
from tool import ToolDied

PROVEN = "proven"
REFUSED = "refused"  # the tool knows no way and says so
FAILED = "failed"
BROKEN = "broken"  # the case itself does not run on this server

NO_CHANGE = "the change changes nothing"
UNREADABLE = "an object cannot be read"


@dataclass
class Result:
    state: str
    step: str = ""  # where it failed
    detail: str = ""
    down: str = ""  # what the tool answered, as it stands in a case
    statements: list = field(default_factory=list)

    def __str__(self):
        text = f"{self.state}: {self.step}" if self.step else self.state
        return text + ("\n" + self.detail if self.detail else "")


def prove(case, database, tool, spoil=False):
    """The result of a case, whatever way back it expects. Does not raise for what the tool or server does.
    spoil: leave a statement of the way back out, so that the proof must fail."""
    try:
        return prove_steps(case, database, tool, spoil)
    except Unreadable as error:
        return Result(BROKEN, UNREADABLE, str(error))
    except ToolDied as error:
        return Result(FAILED, "the tool died", str(error))


def prove_steps(case, database, tool, spoil):
    try:
        database.reset()
        database.run(case.before)
        before = database.read()
        kept = [database.rows(query) for query in case.keeps]
        if case.instead is not None:
            database.reset()
        database.run(case.change if case.instead is None else case.instead)
        after = database.read()
    except Refused as error:
        return Result(BROKEN, "the server refuses a statement of the case", str(error))
    if not all(kept):
        return Result(BROKEN, "a query for what is kept finds no rows")
    if before == after:
        return Result(BROKEN, NO_CHANGE)

    answer = tool.difference(database, after, before, case.changed_renames(back=True), case.keep_definer, way_back=True)
    down = down_text(answer)
    if answer["problem"] is not None:
        return Result(REFUSED, "way back", answer["problem"], down)
    statements = spoiled(answer["statements"]) if spoil else answer["statements"]
    back = run_and_compare(database, statements, before, "way back")
    if back is None and [database.rows(query) for query in case.keeps] != kept:
        back = Result(FAILED, "way back loses rows that it could keep")
    if back is not None:
        back.down = down
        return back

    restored = database.read()
    answer = tool.difference(database, restored, after, case.changed_renames(back=False), case.keep_definer)
    if answer["problem"] is not None:
        return Result(REFUSED, "way forward", answer["problem"], f"{down}-- forward problem {answer['problem']}\n")
    forward = run_and_compare(database, answer["statements"], after, "way forward", cosmetic=True)
    if forward is not None:
        forward.down = down
        return forward
    return Result(PROVEN, down=down, statements=answer["statements"])


def spoiled(statements):
    """All but the last one that makes a difference to objects."""
    settings = re.compile(r"SET (?!STATEMENT )")
    telling = [index for index, statement in enumerate(statements) if not settings.match(statement)]
    return [statement for index, statement in enumerate(statements) if index not in telling[-1:]]


def run_and_compare(database, statements, wanted, step, cosmetic=False):
    """None when the statements lead to what is wanted. A way back must lead there exactly; a way forward may leave
    what is cosmetic, as docs/schema-model.md lists it."""
    listing = "\n".join(f"  {statement};" for statement in statements)
    if not statements:
        return Result(FAILED, f"{step}: no statements, though the schemas differ", differences(wanted, database.read()))
    try:
        database.run(statements)
    except Refused as error:
        return Result(FAILED, f"{step}: the server refuses a statement", f"{error}\n  of\n{listing}", statements=statements)
    got = database.read()
    if not (got.equal_but_for_cosmetic(wanted) if cosmetic else got == wanted):
        return Result(FAILED, f"{step}: leads to another schema", f"{differences(wanted, got)}\n  by\n{listing}", statements=statements)
    return None
