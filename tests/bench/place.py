"""A place: a peer of a stand, in a layout, at which a case is measured; it runs clients and reads clocks."""

import os
import subprocess
import time

import machine

PROBE_PATIENCE = 2  # seconds
COMMAND_SECONDS = 20  # beyond the time that it is to take
PINNED = {0}


class Failed(Exception):
    """A peer cannot do what a case asks of it; the text says what the client said."""


class Place:
    def __init__(self, stand, peer, layout, seconds):
        self.stand, self.peer, self.layout, self.seconds = stand, peer, layout, seconds
        self.server = stand.server

    def cpu(self):
        """Seconds of CPU that the proxy has used."""
        return sum(machine.cpu_seconds(pid) for pid in self.peer.pids)

    def _confine(self):
        if self.layout == "pinned":
            os.sched_setaffinity(0, PINNED)

    def start(self, command, **options):
        return subprocess.Popen(
            [str(part) for part in command], text=True, preexec_fn=self._confine,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **options
        )

    def run(self, command, limit=None, **options):
        """What a program printed, and the seconds of CPU that the proxy used for it; at most limit seconds."""
        limit = limit or self.seconds + COMMAND_SECONDS
        before = self.cpu()
        process = self.start(command, **options)
        try:
            said, _ = process.communicate(timeout=limit)
        except subprocess.TimeoutExpired:
            raise Failed(f"not done within {limit:g} s") from None
        finally:
            process.kill()
            process.wait()
        used = self.cpu() - before
        if process.returncode != 0:
            raise Failed(failure_of(said) or f"exit code {process.returncode}")
        return said, used

    def client_command(self, *arguments, seconds=None):
        """Half of the time that sysbench has, which takes whole seconds only."""
        program = os.environ["DDLTAP_TEST_BENCH_CLIENT"]
        return [program, "--port", self.peer.port, "--seconds", self.seconds / 2 if seconds is None else seconds, *arguments]

    def client(self, *arguments, seconds=None):
        """What bench_client measured: its names and values, and "cpu", the proxy's seconds."""
        said, used = self.run(self.client_command(*arguments, seconds=seconds))
        facts = dict(line.split("=", 1) for line in said.splitlines())
        return {name: float(value) for name, value in facts.items()} | {"cpu": used}

    def probe(self, options):
        """Can a client with these options log in and ping? Who cannot is known at once, not after a client's patience."""
        try:
            self.client(*options, "--patience", PROBE_PATIENCE, "ping", seconds=0)
        except Failed as failure:
            raise Failed(f"left out after a first ping with {' '.join(options)}: {failure}") from None

    def settle(self):
        """Until the proxy has nothing to do any more."""
        if not self.peer.pids:
            return
        deadline = time.monotonic() + 10
        before = self.cpu()
        while time.monotonic() < deadline:
            time.sleep(0.2)
            now = self.cpu()
            if now - before < 0.002:
                return
            before = now


def failure_of(said):
    """The line of a program's output that says why it failed."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    told = [line for line in lines if "FATAL" in line or "ERROR" in line or "bench client" in line]
    return (told or lines[-1:] or [""])[0]
