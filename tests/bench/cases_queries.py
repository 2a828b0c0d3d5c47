"""What sysbench measures: many small queries, one connection to 64 of them, as text and as prepared statements."""

import re
import subprocess

from case import CPU_QUERY, P99, QUERIES, Case, Group
from place import Failed

TABLES, ROWS = 4, 10000
CONNECTIONS = (1, 4, 16, 64)
MODES = {"text": "disable", "prepared": "auto"}
WORKLOADS = {"point_select": "oltp_point_select", "read_only": "oltp_read_only", "read_write": "oltp_read_write"}


def sysbench(port, workload, *options):
    return [
        "/usr/bin/sysbench", workload, "--db-driver=mysql", "--mysql-host=127.0.0.1", f"--mysql-port={port}",
        "--mysql-user=root", "--mysql-db=bench", f"--tables={TABLES}", f"--table-size={ROWS}", "--rand-type=uniform",
        *options,
    ]


def fill(stand):
    """The tables of sysbench; other cases select from them too."""
    if "sysbench" not in stand.filled:
        subprocess.run([*sysbench(stand.server.port, "oltp_common"), "prepare"], check=True, stdout=subprocess.DEVNULL)
        stand.filled.add("sysbench")


def find(pattern, said):
    found = re.search(pattern, said)
    if not found:
        raise Failed("sysbench printed no figures")
    return float(found[1])


def sampler(workload, mode, connections):
    def sample(place):
        # sysbench takes whole seconds
        options = (f"--threads={connections}", f"--time={max(1, round(place.seconds))}", "--percentile=99",
                   f"--db-ps-mode={MODES[mode]}")
        said, cpu = place.run([*sysbench(place.peer.port, WORKLOADS[workload], *options), "run"])
        count = find(r"total:\s+(\d+)\n\s*transactions", said)
        seconds = find(r"total time:\s+([\d.]+)s", said)
        return {
            "rate": count / seconds,
            "cpu": cpu / count * 1e6,
            "p99": find(r"99th percentile:\s+([\d.]+)", said) * 1000,
        }

    return sample


def case(workload, mode, connections, layout="free"):
    name = f"{workload}/{mode}/{connections}" + ("/pinned" if layout == "pinned" else "")
    return Case(name, "queries", sampler(workload, mode, connections), (QUERIES, CPU_QUERY, P99), layout=layout, fill=fill)


GROUP = Group(
    "queries",
    "Queries",
    "sysbench: `oltp_point_select` (one row by its key), `oltp_read_only` and `oltp_read_write` (transactions of 16 and 20"
    f" queries) on {TABLES} tables of {ROWS} rows. The number is that of connections. `text`: `--db-ps-mode=disable`;"
    " `prepared`: prepared statements. The 99th percentile is that of a whole transaction. The proxy's CPU includes the"
    " logins of the connections.",
    [
        case(workload, mode, connections)
        for workload in WORKLOADS
        for mode in MODES
        for connections in CONNECTIONS
    ]
    + [case("point_select", mode, connections, "pinned") for mode in MODES for connections in (1, 16)],
)
