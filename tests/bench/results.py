"""Results: what a run measured, as JSON; several of them make one page.

A run is {"server": {kind, version}, "machine": ..., "peers": {name: version}, "begun", "ended", "rounds", "seconds",
"load", "disk", "commit", "cases": {name: record}}; a record is what measure.py gives.
"""

import json
import math
import statistics


def write(run, path):
    path.write_text(json.dumps(run, indent=1) + "\n")


def read(path):
    return json.loads(path.read_text())


def merge(runs):
    """{kind of server: run}; of a case that was measured twice, the later one."""
    merged = {}
    for run in runs:
        kind = run["server"]["kind"]
        if kind in merged:
            former = merged[kind]
            run = run | {
                "cases": former["cases"] | run["cases"],
                "peers": former["peers"] | run["peers"],
                "begun": min(former["begun"], run["begun"]),
                "ended": max(former["ended"], run["ended"]),
                "rounds": max(former["rounds"], run["rounds"]),
                "seconds": min(former["seconds"], run["seconds"]),
                "steal": max(former["steal"], run["steal"]),
                "foreign": max(former["foreign"], run["foreign"]),
                "commit": ", ".join(dict.fromkeys(former["commit"].split(", ") + [run["commit"]])),
            }
        merged[kind] = run
    return merged


def counted(record):
    """The rounds that count: those that were kept, or all where too few were."""
    kept = [done for done in record["rounds"] if done["kept"]]
    return kept if is_quiet(record) else record["rounds"]


def is_quiet(record):
    """At least half of its rounds were kept: measure.py runs at most twice as many as it wants."""
    return sum(done["kept"] for done in record["rounds"]) * 2 >= len(record["rounds"])


def values(record, peer, figure):
    return [done["samples"][peer][figure] for done in counted(record) if figure in done["samples"].get(peer, {})]


def ratios(record, peer, other, figure):
    """Round by round: what disturbs a round disturbs both."""
    pairs = [
        (done["samples"][peer][figure], done["samples"][other][figure])
        for done in counted(record)
        if peer in done["samples"] and other in done["samples"]
    ]
    return [mine / theirs for mine, theirs in pairs if theirs]


class Spread:
    """Median and quartiles of a list that is not empty."""

    def __init__(self, numbers):
        self.median = statistics.median(numbers)
        ordered = sorted(numbers)
        self.low, self.high = _quantile(ordered, 0.25), _quantile(ordered, 0.75)


def _quantile(ordered, share):
    at = (len(ordered) - 1) * share
    low, high = ordered[math.floor(at)], ordered[math.ceil(at)]
    return low + (high - low) * (at - math.floor(at))
