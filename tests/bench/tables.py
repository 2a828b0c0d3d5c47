"""Tables: the figures of a group, a row for each case; for a terminal or for the page."""

from peers import PEERS
from results import Spread, is_quiet, ratios, values

OTHERS = ("haproxy", "router", "direct")  # what ddltap is compared with


def number(value, digits):
    return f"{value:,.{digits}f}"


def spread_text(found, digits):
    """Median and, behind it, the quartiles."""
    if not found:
        return "-"
    spread = Spread(found)
    return f"{number(spread.median, digits)} ({number(spread.low, digits)}–{number(spread.high, digits)})"


def cell(record, peer, figure):
    found = values(record, peer, figure.name)
    if found:
        return spread_text(found, figure.digits)
    return "failed, see below" if record["failures"].get(peer) else "-"


def ratio_cell(record, other, figure):
    return spread_text(ratios(record, "ddltap", other, figure.name), 2)


def has_values(records, peer, figure):
    return any(values(record, peer, figure.name) or record["failures"].get(peer) for record in records)


def group_tables(group, run):
    """[(title, rows)] of a group; the first row is the head. Cases that were not measured have no row."""
    cases = [case for case in group.cases if case.name in run["cases"]]
    figures = list(dict.fromkeys(figure for case in cases for figure in case.figures))
    tables = []
    for figure in figures:
        chosen = [case for case in cases if figure in case.figures]
        rows = figure_rows(chosen, figure, run["cases"])
        if len(rows[0]) > 2:
            tables.append((figure.title, rows))
    return tables + (group.more(run["cases"]) if group.more else [])


def figure_rows(cases, figure, records):
    measured = [records[case.name] for case in cases]
    peers = [name for name in PEERS if has_values(measured, name, figure)]
    others = [name for name in OTHERS if figure.is_compared and name in peers and "ddltap" in peers]
    head = ["case", "layout"] + [PEERS[name].title for name in peers] + [f"÷ {PEERS[name].title}" for name in others]
    rows = [head]
    for case, record in zip(cases, measured):
        name = case.name if is_quiet(record) else case.name + " \\*"
        rows.append(
            [name, case.layout]
            + [cell(record, peer, figure) for peer in peers]
            + [ratio_cell(record, other, figure) for other in others]
        )
    return rows


def as_text(rows):
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(width) for text, width in zip(row, widths)).rstrip() for row in rows]
    return "\n".join(lines).replace("\\*", "*")


def as_markdown(rows):
    lines = ["| " + " | ".join(row) + " |" for row in rows]
    lines.insert(1, "|" + "---|" * len(rows[0]))
    return "\n".join(lines)


def failures(group, run):
    """Lines: which peer failed in which cases of a group, how often, and why."""
    found = {}
    for case in group.cases:
        for peer, reasons in run["cases"].get(case.name, {"failures": {}})["failures"].items():
            times = f" {len(reasons)} times" if len(reasons) > 1 else ""
            reason = f"failed{times}: {' '.join(reasons[0].split())}"
            found.setdefault((peer, reason), []).append(f"`{case.name}`")
    return [f"{PEERS[peer].title}, {', '.join(names)}: {reason}" for (peer, reason), names in found.items()]
