"""Targets: what ddltap is to reach beside the others, and what a run says of it."""

from dataclasses import dataclass

import syncs
from results import Spread, ratios, values


@dataclass(frozen=True)
class Target:
    """A ratio of ddltap to another (or, without another, an absolute figure), of every case whose name begins so."""

    title: str
    prefix: str
    figure: str
    other: str
    limit: float
    at_least: bool
    unit: str = ""
    lowest: object = None  # lowest(record, figure): the ratios that two syncs alone leave

    def sign(self):
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}{self.unit}"


POINT = "point_select/"
TARGETS = (
    Target("queries per second ÷ HAProxy, point selects", POINT, "rate", "haproxy", 1.05, True),
    Target("queries per second ÷ MySQL Router, point selects", POINT, "rate", "router", 1.2, True),
    Target("CPU of the proxy for each query ÷ HAProxy, point selects", POINT, "cpu", "haproxy", 1.0, False),
    Target("throughput of a result of 100 MB ÷ HAProxy", "result_100_mb", "rate", "haproxy", 1.0, True),
    Target("memory for each of 10,000 idle sessions, plain", "idle/plain", "many", None, 3, False, " KiB"),
    Target("CREATE TABLE with capture ÷ direct", "ddl", "create", "direct", 1.25, False, lowest=syncs.lowest_ratios),
    Target("ALTER TABLE with capture ÷ direct", "ddl", "alter", "direct", 1.25, False, lowest=syncs.lowest_ratios),
    Target("DROP TABLE with capture ÷ direct", "ddl", "drop", "direct", 1.25, False, lowest=syncs.lowest_ratios),
)


def measured(target, record):
    if target.other is None:
        return values(record, "ddltap", target.figure)
    return ratios(record, "ddltap", target.other, target.figure)


def rows(run):
    """A table: target, to reach, and what every case reached; bold where it falls short."""
    table = [["what", "to reach", "measured"]]
    for target in TARGETS:
        found = []
        for name, record in run["cases"].items():
            numbers = measured(target, record) if name.startswith(target.prefix) and target.figure in figures(record) else []
            if numbers:
                found.append(outcome(target, name, Spread(numbers).median) + syncs_note(target, record))
        table.append([target.title, target.sign(), "; ".join(found) or "not measured"])
    return table


def figures(record):
    """The names of the figures that ddltap has in a record."""
    samples = [done["samples"].get("ddltap", {}) for done in record["rounds"]]
    return set().union(*samples)


def syncs_note(target, record):
    """What could be reached at best, where that was measured."""
    lowest = target.lowest(record, target.figure) if target.lowest else []
    return f" (lowest with two syncs: {Spread(lowest).median:.2f})" if lowest else ""


def outcome(target, name, value):
    is_reached = value >= target.limit if target.at_least else value <= target.limit
    text = f"{value:.2f}{target.unit}"
    label = name.removeprefix(target.prefix)
    return (f"{label} " if label else "") + (text if is_reached else f"**{text}**")
