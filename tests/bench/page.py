"""The page docs/performance.md: all its words and figures come from here and from the results."""

import cases
import tables
import targets
from peers import PEERS

HEAD = """# Performance

This page is printed by `tests/bench/run --write` (or `tests/bench/report --write FILE...`) from what it measured; it is
never edited by hand, its words are in `tests/bench/page.py` and `tests/bench/cases_*.py`.

ddltap is measured beside a direct connection, HAProxy in TCP mode and MySQL Router, in one run, on one machine, before the
same server, everything on loopback. ProxySQL is not in Debian and was not measured.

## How to read it

- A round measures every peer once, in an order that is rotated. A figure is the median of the rounds; behind it, in
  parentheses, the quartiles.
- A ratio (÷) is ddltap's figure divided by the other's, round by round; the median of the rounds, with quartiles. For
  queries, logins and megabytes per second more is better, for all else less.
- CPU is what the proxy's process used, user and system, of all its threads. On a machine with few cores the client, the
  proxy and the server share them, so a proxy that takes less leaves more to the others: CPU is the steadiest figure.
- Layout `free`: the kernel places all processes. `pinned`: client, proxy and server on one core. Where the layout is free and
  the connections are few, it is the placement that decides, and a ratio may be anything.
- A round is run again where the machine was disturbed (steal of the hypervisor, or other processes, above a limit). Where
  less than half of the rounds were undisturbed, all count, and the case has an asterisk.
"""

PROFILES = """## Where the rest goes

Profiles that the command does not take; on the machine of the figures above.

**A relayed query.** `perf record -e cpu-clock` of each proxy's process under point selects of 16 connections: 94 % of ddltap's
samples and 92 % of HAProxy's are in the kernel, and of those three quarters in two functions, the switch to another task and
the wake-up of the task at the other end. ddltap's own code has 3 %, HAProxy's 5 %. System calls for each query
(`strace -c`): two `recv`, two `send` and two `epoll_wait`; HAProxy has a `recv` more, which finds nothing. Instructions outside of
the kernel (callgrind): 6,000 and 6,300 (`docs/promises/5-out-of-the-way.md`; a test in CI holds them). So two relays that sleep and
wake as often are nearly as fast as each other where the cores are few, and 1.05 times HAProxy's rate is within what placement and noise do to
either. What would save more is a relay that sleeps less often, at the cost of a core that spins. With one
connection that the kernel places freely, each query is four wake-ups of sleeping tasks, and where they land decides: beside MySQL Router ddltap then has less than
its rate, with all on one core (`pinned`) a quarter to a third more, at half to nine tenths of its CPU in both. Edge-triggered events would save one look at each
socket for each wake-up; libevent then hides an error that comes together with data, so they are not used.

**A large result.** Both relays read what has come and write it out again; the kernel's two copies are most of it, and the CPU for each megabyte is
that of HAProxy to a few percent. The rate, with three busy processes on two cores, differs less than its quartiles.

**TLS.** HAProxy and MySQL Router, as they are set up here, pass TLS through unread. ddltap has to read, so it ends TLS on both legs: a login is two handshakes more, a query is
decrypted and encrypted twice, and an idle session keeps two TLS states of OpenSSL.

**A captured statement.** MariaDB, statements of the DDL cases on a disk that syncs; medians of 80, in milliseconds, by time stamps that a preloaded library
takes around system calls and wake-ups:

| what | CREATE | ALTER | DROP |
|---|---|---|---|
| facts of the session; definitions before, at the same time | 0.31 | 0.34 | 1.07 |
| is it a temporary table? | - | 0.05 | 0.05 |
| hand-over to the journal's writer, SQLite | 0.10 | 0.10 | 0.12 |
| `fdatasync` of the intent; what reading opened is closed meanwhile | 0.19 | 0.27 | 0.28 |
| forwarded | 0.02 | 0.07 | 0.03 |
| *the server's own time* | *2.4* | *2.6* | *1.3* |
| hand-over; definitions after | 0.31 | 0.31 | 0.23 |
| hand-over, SQLite | 0.11 | 0.11 | 0.10 |
| `fdatasync` of the outcome; closing meanwhile | 0.18 | 0.24 | 0.14 |
| released | 0.02 | 0.03 | 0.02 |

The promises ask for the two syncs, for the session's facts and for two readings of the definitions. The syncs alone leave the ratios that the DDL section shows
as the lowest; all else would have to fit into what is left of a quarter of a statement, 0.1 to 0.3 ms. Each answer of the server and each hand-over between threads is a wake-up, some 0.05 ms on a
virtual machine; the questions themselves take the server 0.05 to 0.3 ms. DROP has to ask for the triggers that die with the table, and MariaDB
answers each question to `information_schema.TRIGGERS` by way of a temporary table on the disk: 0.3 to 0.7 ms. ddltap's own work, of all threads and with the draft, is 1.8
million instructions a statement (callgrind). The addition is one and a quarter to two milliseconds, whatever the statement takes: a slower server, disk or statement (a
table with rows) makes the ratio smaller.
"""


def machine_lines(run):
    machine = run["machine"]
    yield f"- {machine['processor']}, {machine['cores']} cores, {machine['memory_gib']} GiB" + (
        ", a virtual machine" if machine["virtual"] else ""
    )
    yield f"- Linux {machine['kernel'].partition('-')[0]}"
    yield f"- {run['server']['kind']} {run['server']['version']}; data in memory, those of the DDL cases {run['disk']}"
    yield f"- ddltap at {run['commit']}, built as it is shipped (RelWithDebInfo)"
    yield (
        f"- {run['begun']} to {run['ended']}, {rounds_text(run)}; for each part that sysbench measures at least"
        f" {run['seconds']:g} s, half of that for the raw client"
    )
    yield "- " + disturbance_line(run)


def rounds_text(run):
    """How many rounds each case has, at least."""
    few = [f"{name} {len(record['rounds'])}" for name, record in run["cases"].items() if len(record["rounds"]) < run["rounds"]]
    return f"at least {run['rounds']} rounds" + (f" (fewer: {', '.join(few)})" if few else "")


def disturbance_line(run):
    rounds = [done for record in run["cases"].values() for done in record["rounds"]]
    discarded = sum(not done["kept"] for done in rounds)
    if not rounds:
        return "no rounds"
    load, steal, foreign = (max(done[name] for done in rounds if done["kept"]) if discarded < len(rounds) else None
                            for name in ("load", "steal", "foreign"))
    kept = f"; of those kept, at most: load average {load:.1f} (the measurement's own among it), steal {steal:.1f} %, other" \
           f" processes {foreign:.1f} % of all cores" if load is not None else ""
    return f"{len(rounds)} rounds in all, {discarded} discarded for steal above {run['steal']:g} % or other processes above" \
           f" {run['foreign']:g} %{kept}"


def peer_rows(run):
    rows = [["peer", "version", "what it does"]]
    rows += [[PEERS[name].title, version, PEERS[name].does] for name, version in run["peers"].items()]
    return rows


def server_section(run):
    yield f"## With {run['server']['kind']} {run['server']['version']}\n"
    yield "\n".join(machine_lines(run)) + "\n"
    yield "All proxies have as many threads as the machine has cores.\n"
    yield tables.as_markdown(peer_rows(run)) + "\n"
    yield "### What was to be reached\n"
    yield "Bold: not reached. Lowest with two syncs: the ratio of a proxy that syncs twice and costs nothing else (see DDL).\n"
    yield tables.as_markdown(targets.rows(run)) + "\n"
    for group in cases.GROUPS:
        found = tables.group_tables(group, run)
        failed = tables.failures(group, run)
        if found or failed:
            yield f"### {group.title}\n"
            yield group.text + "\n"
        for title, rows in found:
            yield f"{title[0].upper()}{title[1:]}:\n"
            yield tables.as_markdown(rows) + "\n"
        if failed:
            yield "\n".join(f"- {line}" for line in failed) + "\n"


def page(runs):
    """runs: {kind of server: run}"""
    parts = [HEAD]
    for run in runs.values():
        parts += server_section(run)
    return "\n".join(parts + [PROFILES])


def text(run):
    """The same figures for a terminal."""
    parts = []
    for group in cases.GROUPS:
        for title, rows in tables.group_tables(group, run):
            parts.append(f"{group.title}: {title}\n{tables.as_text(rows)}\n")
        parts += [line.replace("`", "") + "\n" for line in tables.failures(group, run)]
    parts.append(tables.as_text(targets.rows(run)).replace("**", "") + "\n")
    parts.append(disturbance_line(run))
    return "\n".join(parts)
