"""One command after the other: ping-pong; logins; and queries over TLS and in compressed frames."""

import cases_queries
import cases_transfer
from case import CPU_LOGIN, CPU_QUERY, LOGINS, MEDIAN, P99, QUERIES, Case, Group

POINT_SELECT = ("--range", cases_queries.ROWS, "query", "SELECT c FROM sbtest1 WHERE id=?")


def sampler(*arguments):
    def sample(place):
        result = place.client(*arguments)
        return {
            "rate": result["count"] / result["seconds"],
            "cpu": result["cpu"] / result["count"] * 1e6,
            "median": result["median_us"],
            "p99": result["p99_us"],
        }

    return sample


def in_layouts(name, *arguments, fill=None, layouts=("free", "pinned")):
    sample = sampler(*arguments)
    return [
        Case(f"{name}/{layout}", "latency", sample, (MEDIAN, P99, CPU_QUERY), layout=layout, fill=fill)
        for layout in layouts
    ]


def transformed(name, group, option, connections):
    sample = sampler(option, "--connections", connections, *POINT_SELECT)
    name = f"{name}/{connections}"
    return Case(name, group, sample, (QUERIES, CPU_QUERY, P99), fill=cases_queries.fill, probe=(option,))


def login(name, *options):
    return Case(f"login/{name}", "login", sampler(*options, "login"), (LOGINS, CPU_LOGIN, MEDIAN, P99))


def thousand_compressed():
    sample = sampler("--compress", "query", "SELECT id, c FROM thousand")
    return Case("compressed_1000_rows", "compressed", sample, (QUERIES, CPU_QUERY, P99), fill=cases_transfer.fill_rows,
                probe=("--compress",))


GROUPS = [
    Group(
        "latency",
        "Latency",
        "A raw client sends one command after the other over one connection. `free`: the kernel places all processes."
        " `pinned`: client, proxy and server share one core, so that no wake-up crosses cores: what is left is the cost of"
        " the work.",
        [
            *in_layouts("pingpong_ping", "ping"),
            *in_layouts("pingpong_select_1", "query", "SELECT 1"),
            *in_layouts("pingpong_point_select", *POINT_SELECT, fill=cases_queries.fill),
        ],
    ),
    Group(
        "login",
        "Logins",
        "A raw client connects, logs in without a password and quits, again and again; TLS sessions are not resumed. ddltap"
        " ends the client's TLS and opens its own to the server: two handshakes, where the others pass one through.",
        [login("plain"), login("tls", "--tls")],
    ),
    Group(
        "tls",
        "Queries over TLS",
        "Point selects by the raw client over TLS. ddltap decrypts and encrypts on both sides, which it must to see DDL; the"
        " others pass TLS through.",
        [transformed("tls_point_select", "tls", "--tls", connections) for connections in (1, 16)],
    ),
    Group(
        "compressed",
        "Compressed queries",
        "The raw client with zlib's compressed protocol. ddltap relays the frames as they are and inflates a copy.",
        [
            *(transformed("compressed_point_select", "compressed", "--compress", connections) for connections in (1, 16)),
            thousand_compressed(),
        ],
    ),
]
