"""Sessions that do nothing: the memory that each of them takes of the proxy."""

import time

import machine
from case import Case, Figure, Group
from place import Failed, failure_of

LEVELS = (1000, 10000)
SETTLE_SECONDS = 0.5


def sampler(*options):
    def sample(place):
        """In a proxy that has just begun and has had a few sessions."""
        if not place.stand.may_open_many:
            raise Failed("this machine does not allow so many open files")
        place.peer.stop()
        place.peer.start()
        place.client(*options, "login", seconds=0.1)
        [pid] = place.peer.pids
        time.sleep(SETTLE_SECONDS)
        before = machine.resident_kib(pid)
        figures = {}
        client = place.start(place.client_command(*options, "idle", ",".join(map(str, LEVELS))), stdin=-1)
        try:
            for level in LEVELS:
                line = client.stdout.readline()
                if line != f"open={level}\n":
                    raise Failed(failure_of(line))
                time.sleep(SETTLE_SECONDS)
                figures[f"kib_{level}"] = (machine.resident_kib(pid) - before) / level
                client.stdin.write("\n")
                client.stdin.flush()
        finally:
            client.kill()
            client.wait()
        return figures

    return sample


FIGURES = tuple(Figure(f"kib_{level}", f"KiB for each of {level:,} sessions", False, 2) for level in LEVELS)

GROUP = Group(
    "idle",
    "Idle sessions",
    "Resident memory of the proxy with so many sessions that are logged in and idle, less that before, divided by their"
    " number. The server keeps them with a pool of threads (MariaDB). The memory of the kernel for two sockets a session"
    " is not in it, and is the same for all.",
    [
        Case("idle/plain", "idle", sampler(), FIGURES, stand="crowd", needs_proxy=True),
        Case("idle/tls", "idle", sampler("--tls"), FIGURES, stand="crowd", needs_proxy=True),
    ],
)
