"""A case: one thing that is measured at every peer, and the table of all of them.

    Case("ping", "latency", sample, figures=[...], stand="memory", layout="pinned")

sample(place) measures once at a place and returns {name of a figure: value}.
"""

import re
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Figure:
    """A number that a case gives: name, title with its unit, and whether more of it is better."""

    name: str
    title: str
    more_is_better: bool = False
    digits: int = 1
    is_compared: bool = True  # with that of the others, as a ratio


QUERIES = Figure("rate", "queries per second", True, 0)
LOGINS = Figure("rate", "logins per second", True, 0)
MEGABYTES = Figure("rate", "megabytes per second", True, 0)
CPU_QUERY = Figure("cpu", "CPU of the proxy for each query, µs", False, 2)
CPU_LOGIN = Figure("cpu", "CPU of the proxy for each login, µs", False, 1)
CPU_MEGABYTE = Figure("cpu", "CPU of the proxy for each megabyte, µs", False, 1)
MEDIAN = Figure("median", "median latency, µs", False, 1)
P99 = Figure("p99", "99th percentile of the latency, µs", False, 0)


@dataclass(frozen=True)
class Case:
    name: str
    group: str
    sample: object
    figures: tuple
    stand: str = "memory"
    layout: str = "free"
    needs_proxy: bool = False  # there is nothing to measure of a direct connection
    fill: object = None  # fill(stand): data that it needs, made once, directly, before the proxies start
    probe: tuple = ()  # options of the client with which a peer has to serve a ping, before the rounds
    beside: object = None  # beside(stand): {name: value} of the machine itself, measured once in each round
    settle: bool = False  # wait after each sample for what the proxy does later


@dataclass
class Group:
    """Cases that are shown in one table: title, and what is to be said of them."""

    name: str
    title: str
    text: str
    cases: list = field(default_factory=list)
    more: object = None  # more(records): [(title, rows)], tables of its own


def named(groups, pattern):
    """The cases whose name matches."""
    return [case for group in groups for case in group.cases if re.search(pattern, case.name)]
