"""ddltap under test: a git repository, `ddltap init` in it, `ddltap proxy` in front of a server."""

import contextlib
import json
import os
import re
import signal
import subprocess
import threading
import time

import pymysql
from pymysql.constants import CLIENT

from drafts import read_drafts

READY = re.compile(
    r"ddltap: listening on (?P<listen>.+) -> (?P<upstream>\S+), database (?P<database>.+)$"
)
SANITIZER_REPORT = re.compile(r"ERROR: \w+Sanitizer|WARNING: ThreadSanitizer|runtime error:")
# Guards against what hangs; they leave room for a slow machine.
COMMAND_SECONDS = 180
START_SECONDS = 60
DRAIN_SECONDS = 60
ANSWER_SECONDS = 90


def binary():
    path = os.environ.get("DDLTAP_BINARY")
    assert path, "DDLTAP_BINARY must name the ddltap program under test"
    return path


def environment():
    """Of ddltap and git: nothing of the person who runs the tests."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DDLTAP_", "MYSQL_", "GIT_")) and name != "DATABASE_URL"
    }
    return kept | {
        "HOME": "/nonexistent",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_CONFIG_SYSTEM": "/dev/null",
        "ASAN_OPTIONS": "detect_leaks=1",
        "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1",
    }


def make_repository(path):
    path.mkdir(parents=True, exist_ok=True)
    subprocess.run(["git", "init", "--quiet", str(path)], check=True, env=environment())
    return path


def ddltap(repo, *arguments):
    """Runs a subcommand; returns the finished process with its texts. A sanitizer's report fails."""
    done = subprocess.run(
        [binary(), "-C", str(repo), *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_SECONDS,
        env=environment(),
    )
    assert not SANITIZER_REPORT.search(done.stderr), done.stderr
    return done


def ddltap_json(repo, *arguments):
    done = ddltap(repo, *arguments, "--json")
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)


def kill_and_wait(process):
    """Kill a command that leads a group; what it had begun to run, git above all, ends by itself."""
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGKILL)
    process.wait()
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.killpg(process.pid, 0)
            time.sleep(0.02)


class Proxy:
    """A running `ddltap proxy`: host, port or socket, repo, output (lines of stdout so far)."""

    def __init__(self, repo, *options):
        self.repo = repo
        self.output = []
        self.errors = []
        self.is_ready = threading.Event()
        self.host = self.port = self.socket = self.database = None
        # Should the test runner be killed, the proxy does not stay behind.
        command = ["setpriv", "--pdeathsig", "KILL", binary(), "-C", str(repo), "proxy", *options]
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            env=environment(),
        )
        self.readers = [
            threading.Thread(target=self._read_output, daemon=True),
            threading.Thread(target=self._read_errors, daemon=True),
        ]
        for reader in self.readers:
            reader.start()
        if not self.is_ready.wait(START_SECONDS) or self.port is None and self.socket is None:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"no ready line within {START_SECONDS} s\n{self.said()}")

    def _read_output(self):
        for line in self.process.stdout:
            self.output.append(line.rstrip("\n"))
            ready = READY.match(self.output[-1])
            if ready and not self.is_ready.is_set():
                for address in ready["listen"].split(", "):
                    self._take_address(address)
                self.database = ready["database"]
                self.is_ready.set()
        self.is_ready.set()

    def _read_errors(self):
        for line in self.process.stderr:
            self.errors.append(line.rstrip("\n"))

    def _take_address(self, listen):
        host, _, port = listen.rpartition(":")
        if port.isdigit():
            self.host = host.strip("[]")
            self.port = int(port)
        else:
            self.socket = listen.removeprefix("unix:")

    def said(self):
        for reader in self.readers:
            reader.join(0.2)
        return "\n".join(["--- stdout", *self.output[-50:], "--- stderr", *self.errors[-100:]])

    def connect(self, user="root", password="", database="bankroll", **options):
        """A PyMySQL connection through the proxy."""
        options.setdefault("client_flag", CLIENT.MULTI_STATEMENTS)
        options.setdefault("autocommit", True)
        options.setdefault("read_timeout", ANSWER_SECONDS)
        place = {"unix_socket": self.socket} if self.socket else {"host": self.host, "port": self.port}
        return pymysql.connect(
            user=user, password=password, database=database, charset="utf8mb4", **place, **options
        )

    def execute(self, *statements, **options):
        """Runs statements in one session through the proxy, each of which must succeed."""
        with contextlib.closing(self.connect(**options)) as connection:
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                    while cursor.nextset():
                        pass

    def drafts(self):
        return read_drafts(self.repo)

    def wait_for_drafts(self, count, seconds=120):
        """The drafts, once there are so many: they follow the OK within a second, where the machine is not busy."""
        deadline = time.monotonic() + seconds
        folder = self.repo / "ddltap" / "drafts"
        while (len(self.drafts()) < count or any(folder.glob(".*.tmp"))) and time.monotonic() < deadline:
            time.sleep(0.05)
        drafts = self.drafts()
        assert len(drafts) == count, (
            f"{len(drafts)} drafts, not {count}:\n"
            + "\n".join(draft.path.name for draft in drafts)
            + f"\n{self.said()}"
        )
        return drafts

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM; the proxy must drain and end well, with nothing to say for a sanitizer."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(DRAIN_SECONDS)
        except subprocess.TimeoutExpired:
            self.kill()
            code = f"none within {DRAIN_SECONDS} s of SIGTERM"
        said = self.said()
        assert not SANITIZER_REPORT.search(said), said
        assert code == 0, f"ddltap proxy ended with exit code {code}\n{said}"


def init(repo, url):
    done = ddltap(repo, "init", "--url", url)
    assert done.returncode == 0, f"ddltap init failed\n{done.stdout}{done.stderr}"
