"""The peers: what a client connects to. Each has a port, pids, start(), stop(), and says what it is and does."""

import random
import socket
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "e2e"))

import proxy  # noqa: E402
from servers import cache_directory  # noqa: E402

START_SECONDS = 20


def free_port():
    """Below the range that the kernel gives to outgoing connections."""
    while True:
        port = random.randint(20000, 31999)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) != 0:
                return port


def first_line(*command):
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()[0]


class Direct:
    """No proxy: the client connects to the server."""

    name = "direct"
    title = "direct"
    does = "no proxy"

    def __init__(self, stand, threads):
        self.port = stand.server.port
        self.pids = []

    @staticmethod
    def version():
        return "-"

    def start(self):
        pass

    def stop(self):
        pass


class Program:
    """A proxy that is a program with a configuration file."""

    def __init__(self, stand, threads):
        self.server, self.threads, self.sessions_max = stand.server, threads, stand.sessions_max
        self.folder = stand.folder / self.name
        self.folder.mkdir()
        self.process = None
        self.port = None

    @property
    def pids(self):
        return [self.process.pid] if self.process else []

    def start(self):
        self.port = free_port()
        self.log = open(self.folder / "log", "ab")
        command = ["setpriv", "--pdeathsig", "KILL", *self.command()]
        self.process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, cwd=self.folder
        )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self.stop()
        said = (self.folder / "log").read_text(errors="replace")[-500:]
        raise RuntimeError(f"{self.title} did not start: {said}")

    def stop(self):
        if self.process:
            self.process.terminate()
            try:
                self.process.wait(2)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None
            self.log.close()


class HAProxy(Program):
    name = "haproxy"
    title = "HAProxy"
    does = "TCP mode: moves bytes and knows no protocol; TLS passes through unseen; no check of the server, no log"
    program = cache_directory() / "haproxy/usr/sbin/haproxy"

    @classmethod
    def version(cls):
        return first_line(cls.program, "-v").split()[2]

    def command(self):
        path = self.folder / "haproxy.cfg"
        path.write_text(
            f"""global
    nbthread {self.threads}
    maxconn {self.sessions_max}
defaults
    mode tcp
    timeout connect 10s
    timeout client 1h
    timeout server 1h
listen mysql
    bind 127.0.0.1:{self.port} backlog 4096
    server upstream 127.0.0.1:{self.server.port} maxconn {self.sessions_max}
"""
        )
        return [self.program, "-db", "-f", path]


class Router(Program):
    name = "router"
    title = "MySQL Router"
    does = (
        "classic protocol, first-available, no sharing of connections; reads the greeting and then moves packets; TLS passes"
        " through unseen (PASSTHROUGH), so it does no TLS of its own; offers compression then, and answers nothing to a"
        " session that uses it without TLS (in its other modes it offers none)"
    )
    root = cache_directory() / "router/usr"

    @classmethod
    def version(cls):
        return first_line(cls.root / "bin/mysqlrouter", "--version").split()[3]

    def command(self):
        path = self.folder / "router.conf"
        path.write_text(
            f"""[DEFAULT]
plugin_folder={self.root}/lib/mysqlrouter/plugin
logging_folder=
runtime_folder={self.folder}
data_folder={self.folder}
max_total_connections={self.sessions_max}
[logger]
level=FATAL
[io]
threads={self.threads}
[routing:bench]
bind_address=127.0.0.1
bind_port={self.port}
destinations=127.0.0.1:{self.server.port}
routing_strategy=first-available
protocol=classic
client_ssl_mode=PASSTHROUGH
server_ssl_mode=AS_CLIENT
connection_sharing=0
max_connections={self.sessions_max}
max_connect_errors=4294967295
"""
        )
        return [self.root / "bin/mysqlrouter", "-c", path]


class Ddltap:
    name = "ddltap"
    title = "ddltap"
    does = (
        "capture on: follows packets and answers, looks at the text of every command, captures DDL; both TLS legs are its own"
    )

    def __init__(self, stand, threads):
        self.server, self.threads, self.sessions_max = stand.server, threads, stand.sessions_max
        self.folder = stand.folder / self.name
        self.folder.mkdir()
        self.runs = 0
        self.proxy = None

    @staticmethod
    def version():
        return first_line(proxy.binary(), "--version").split()[1]

    @property
    def pids(self):
        return [self.proxy.process.pid] if self.proxy else []

    @property
    def port(self):
        return self.proxy.port

    def start(self):
        """In a project of its own each time."""
        self.runs += 1
        repo = proxy.make_repository(self.folder / str(self.runs))
        try:
            proxy.init(repo, self.server.url("bench"))
            self.proxy = proxy.Proxy(repo, "--listen", "127.0.0.1:0")
        except AssertionError as failure:
            raise RuntimeError(str(failure)) from failure

    def stop(self):
        if self.proxy:
            try:
                self.proxy.stop()
            except AssertionError as failure:
                print(f"bench: {failure}", file=sys.stderr)
            self.proxy = None


PEERS = {peer.name: peer for peer in (Direct, HAProxy, Router, Ddltap)}
