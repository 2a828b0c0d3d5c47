"""A stand: a server with what stands in front of it, as a group of cases needs it.

    with Stand("memory", kind, names) as stand:
        stand.server, stand.peers[name]
"""

import os
import shutil
import tempfile
from pathlib import Path

import machine
from peers import PEERS
from servers import Server

SPARE_DESCRIPTORS = 400  # of a proxy, beside two for each session
DISK = os.environ.get("DDLTAP_TEST_DISK", "/var/tmp")
COMMON = ["--max-connect-errors=1000000", "--performance-schema=OFF", "--innodb-buffer-pool-size=1G"]
# What each stand asks of a server beyond that; where MariaDB and MySQL differ, in a table of its own.
OPTIONS = {
    "memory": ["--max-connections=400", "--thread-cache-size=100"],
    "crowd": ["--max-connections=12000", "--open-files-limit=60000", "--back-log=4096"],
    "disk": ["--innodb-flush-log-at-trx-commit=1"],
}
OF_MARIADB = {"crowd": ["--thread-handling=pool-of-threads"]}
OF_MYSQL = {"memory": ["--skip-log-bin"], "crowd": ["--skip-log-bin", "--thread-cache-size=12000"]}


class Stand:
    """server, peers by name, folder (on a disk), sessions_max (that a proxy can hold here), failures, filled."""

    def __init__(self, name, kind, peers):
        self.name = name
        descriptors = machine.allow_descriptors()
        self.sessions_max = (descriptors - SPARE_DESCRIPTORS) // 2
        of_kind = OF_MYSQL if kind == "mysql" else OF_MARIADB
        self.folder = Path(tempfile.mkdtemp(prefix="ddltap-bench.", dir=DISK))
        self.folder.chmod(0o755)
        if name == "disk":
            os.environ["DDLTAP_TEST_DATA"] = str(self.folder)
        try:
            self.server = Server(kind, *COMMON, *OPTIONS[name], *of_kind.get(name, []))
        finally:
            os.environ.pop("DDLTAP_TEST_DATA", None)
        self.server.fresh_database("bench")
        threads = machine.describe()["cores"]
        self.peers = {peer: PEERS[peer](self, threads) for peer in peers}
        self.failures = {}  # of peers that do not start
        self.filled = set()  # by cases that share data

    def start(self):
        """Before that, what ddltap is to take for the schema as it was is made directly."""
        for name, peer in self.peers.items():
            try:
                peer.start()
            except RuntimeError as failure:
                self.failures[name] = str(failure)

    @property
    def server_pid(self):
        return int((self.server.directory / "pid").read_text())

    def pids(self):
        return [self.server_pid, *(pid for peer in self.peers.values() for pid in peer.pids)]

    def confine(self, cores):
        for pid in self.pids():
            machine.confine(pid, cores)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for peer in self.peers.values():
            peer.stop()
        self.server.stop()
        shutil.rmtree(self.folder)


def is_on_disk(path=DISK):
    """Not in memory: the file system that holds the path is on a device."""
    device = os.stat(path).st_dev
    return os.major(device) != 0
