"""Sessions that do nothing: the memory that each of them takes of the proxy."""

import subprocess
import time

import machine
from case import Case, Figure, Group
from place import Failed, failure_of

FEW, MANY = 1000, 10000
SETTLE_SECONDS = 0.5


def sampler(*options):
    def sample(place):
        """In a proxy that has just begun and has had a few sessions."""
        levels = {"few": FEW, "many": min(MANY, place.stand.sessions_max)}
        place.peer.stop()
        place.peer.start()
        place.client(*options, "login", seconds=0.1)
        [pid] = place.peer.pids
        place.settle()
        before = machine.resident_kib(pid)
        figures = {"sessions": levels["many"]}
        numbers = ",".join(str(level) for level in levels.values())
        client = place.start(place.client_command(*options, "idle", numbers), stdin=subprocess.PIPE)
        try:
            for name, level in levels.items():
                line = client.stdout.readline()
                if line != f"open={level}\n":
                    raise Failed(failure_of(line))
                time.sleep(SETTLE_SECONDS)
                figures[name] = (machine.resident_kib(pid) - before) / level
                client.stdin.write("\n")
                client.stdin.flush()
        finally:
            client.kill()
            client.wait()
        return figures

    return sample


FIGURES = (
    Figure("few", f"KiB for each of {FEW:,} sessions", False, 2),
    Figure("many", f"KiB for each of {MANY:,} sessions", False, 2),
    Figure("sessions", f"how many these were: {MANY:,}, or what the limit of open files allows a proxy", True, 0, False),
)

GROUP = Group(
    "idle",
    "Idle sessions",
    "Resident memory of the proxy with so many sessions that are logged in and idle, less that before, divided by their"
    " number. The server keeps them with a pool of threads (MariaDB) or a thread for each (MySQL). The memory of the"
    " kernel for two sockets a session is not in it, and is the same for all.",
    [
        Case("idle/plain", "idle", sampler(), FIGURES, stand="crowd", needs_proxy=True),
        Case("idle/tls", "idle", sampler("--tls"), FIGURES, stand="crowd", needs_proxy=True),
    ],
)
