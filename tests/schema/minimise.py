"""Makes a failing case as small as it gets while it still fails: whole statements go, then items of a
CREATE TABLE, then attributes. Every try runs on the server, so that what remains is a case that it accepts.
"""

import copy


def minimise(case, fails, tries=400):
    """The smallest case found for which fails(case) is true; `case` itself is left alone."""
    best = copy.copy(case)
    progress = True
    while progress and tries > 0:
        progress = False
        for smaller in candidates(best):
            tries -= 1
            if fails(smaller):
                best, progress = smaller, True
                break
            if tries <= 0:
                break
    return best


def candidates(case):
    """Cases that are smaller by one thing, the large things first."""
    for part in ("before", "change", "instead"):
        statements = getattr(case, part)
        if statements is None:
            continue
        for index in reversed(range(len(statements))):
            yield with_part(case, part, statements[:index] + statements[index + 1 :])
    for index in range(len(case.renames)):
        smaller = copy.copy(case)
        smaller.renames = case.renames[:index] + case.renames[index + 1 :]
        yield smaller
    for cut in (lines_cut, attributes_cut):
        yield from both_cut(case, cut)
        for part in ("before", "change", "instead"):
            for index, statement in enumerate(getattr(case, part) or []):
                for shorter in cut(statement):
                    yield with_part(case, part, replaced(getattr(case, part), index, shorter))


def both_cut(case, cut):
    """What stands in the same words in "before" and in "instead" goes from both at once."""
    for index, statement in enumerate(case.before if case.instead is not None else []):
        if statement in case.instead:
            for shorter in cut(statement):
                smaller = with_part(case, "before", replaced(case.before, index, shorter))
                yield with_part(smaller, "instead", replaced(case.instead, case.instead.index(statement), shorter))
            continue
        for line in statement.split("\n")[1:]:
            for other_index, other in enumerate(case.instead):
                if cut is lines_cut and line in other.split("\n"):
                    smaller = with_part(case, "before", replaced(case.before, index, without_line(statement, line)))
                    yield with_part(smaller, "instead", replaced(case.instead, other_index, without_line(other, line)))


def with_part(case, part, statements):
    smaller = copy.copy(case)
    setattr(smaller, part, statements)
    return smaller


def replaced(statements, index, statement):
    return [*statements[:index], statement, *statements[index + 1 :]]


def without_line(statement, line):
    lines = statement.split("\n")
    lines.remove(line)
    return mended("\n".join(lines))


def lines_cut(statement):
    """The statement without one of its lines."""
    lines = statement.split("\n")
    for index in reversed(range(1 if lines[0].endswith("(") else 0, len(lines))):
        if len(lines) > 1 and not lines[index].startswith(")"):
            yield mended("\n".join(lines[:index] + lines[index + 1 :]))


def mended(text):
    """Puts the commas between items right."""
    head = text.split("\n", 1)[0]
    text = text.replace(",\n)", "\n)").rstrip(",")
    if not head.startswith(("CREATE", "ALTER", "RENAME", "DROP", "SET")):
        return "SELECT"  # refused, so it is no candidate
    return text


def attributes_cut(statement):
    """The statement without one of the attributes, which stand behind two blanks."""
    lines = statement.split("\n")
    for number, line in enumerate(lines):
        indent = line[: len(line) - len(line.lstrip(" "))]
        pieces = line[len(indent) :].split("  ")
        for index in reversed(range(1, len(pieces))):
            comma = "," if index == len(pieces) - 1 and line.endswith(",") else ""
            shorter = indent + "  ".join(pieces[:index] + pieces[index + 1 :]) + comma
            yield "\n".join(lines[:number] + [shorter] + lines[number + 1 :])
