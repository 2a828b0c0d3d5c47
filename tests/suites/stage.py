"""A stage for tests: a fresh server, and in front of it, where asked for, ddltap.

    test program --> 127.0.0.1 --> ddltap --> 127.0.0.1 --> server
    test program --> socket -----> ddltap --> socket -----> server
    directly: test program --> 127.0.0.1 or socket -------> server

ddltap is given what the server has: its socket and its certificate.

After each test the suite's own procedure (mtr.check_testcase) says whether the server is as it was. One that is not
is thrown away: every test begins with a server that is as good as new.
"""

import os
import re
import shutil
import tempfile
import time
from pathlib import Path

import pymysql

from proxy import Proxy, ddltap_json, init, make_repository
from servers import Server
from suite import PASSED, TIME_ZONE, Place

# "2026-11-22T10:15:00.123Z warn  ..."
COMPLAINT = re.compile(r"^\S+Z (error|warn\w*)\s")

SETTLE_SECONDS = 10

# What each mode tracks. ddltap has no switch for capture: off is to track a database that no test changes.
TRACKED = {"capture": "test", "off": "mtr"}


class Stage:
    """One server with its proxy; place is where tests reach it."""

    def __init__(self, suite, mode, template):
        self.suite = suite
        self.mode = mode
        self.server = self.proxy = None
        self.tests = []
        self.complaints = []
        self.directory = Path(tempfile.mkdtemp(prefix="ddltap-suites.", dir="/dev/shm"))
        self.directory.chmod(0o755)
        try:
            self._start(template)
        except BaseException:
            self.stop()
            raise

    def _start(self, template):
        self.variable_directory = self.directory / "var"
        self.variable_directory.mkdir()
        self.suite.make_directories(self.variable_directory)
        variables = {"MYSQLTEST_VARDIR": self.variable_directory, "MYSQL_TEST_DIR": self.suite.directory}
        os.environ["DDLTAP_TEST_DATA"] = str(self.variable_directory)
        os.environ["DDLTAP_TEST_TEMPLATE"] = str(template)
        os.environ["TZ"] = TIME_ZONE
        self.server = Server(self.suite.kind, *self.suite.server_options(variables))
        if not template.exists():
            self.suite.prepare_server(self.server)
        if self.mode in TRACKED:
            self._start_proxy()
        else:
            self.place = Place(self.server.port, self.server.socket)
        self.clean_state = self._state()

    def _start_proxy(self):
        self.repository = make_repository(self.directory / "repository")
        init(self.repository, self.server.url(TRACKED[self.mode]))
        ((directory, certificate, key),) = self.server.execute("SELECT @@datadir, @@ssl_cert, @@ssl_key")
        settings = (
            "[proxy]\nlog_level = debug\n"
            f"upstream_socket = unix:{self.server.socket}\n"
            f"tls_certificate = {Path(directory, certificate)}\n"
            f"tls_key = {Path(directory, key)}\n"
        )
        Path(self.repository, "ddltap", "local.ini").write_text(settings)
        socket = str(self.variable_directory / "run/proxy.sock")
        self.proxy = Proxy(self.repository, "--listen", f"127.0.0.1:0,unix:{self.variable_directory}/run/proxy")
        os.chmod(self.proxy.socket, 0o777)  # the tests run as nobody
        self.place = Place(self.proxy.port, self.proxy.socket)

    def run(self, test, protocol, seconds):
        """(exit code or None, what was said). A test that passed without a login through ddltap has not passed."""
        self.tests.append(test)
        before = self._logins()
        code, said = self.suite.run(test, self.variable_directory, self.place, protocol, seconds)
        deadline = time.monotonic() + SETTLE_SECONDS
        while self.proxy and code == PASSED and self._logins() == before:
            if time.monotonic() > deadline:
                return None, said + "\nno session went through ddltap"
            time.sleep(0.02)
        self._note_complaints(test)
        return code, said

    def _note_complaints(self, when):
        if self.proxy:
            known = len(self.complaints)
            lines = [line for line in self.proxy.errors if COMPLAINT.match(line)]
            self.complaints += [f"{when}: {line}" for line in lines[known:]]

    def _logins(self):
        return sum("logged in, connection id" in line for line in self.proxy.errors) if self.proxy else 0

    def _state(self):
        """What the suite's own check of a server tells, or None where it cannot be had."""
        try:
            connection = pymysql.connect(
                unix_socket=self.server.socket, user="root", database="mtr", connect_timeout=10, read_timeout=30
            )
            with connection, connection.cursor() as cursor:
                cursor.execute("CALL mtr.check_testcase()")
                results = [cursor.fetchall()]
                while cursor.nextset():
                    results.append(cursor.fetchall())
                return results
        except (pymysql.err.Error, OSError):
            return None

    def _relay_logs(self):
        """What a test of replication leaves, and SHOW RELAYLOG EVENTS tells; the suite's check does not look there."""
        return (self.server.directory / "data").glob("*relay-bin*")

    def is_clean(self):
        leftovers = [*(self.variable_directory / "tmp").iterdir(), *self._relay_logs()]
        return not leftovers and self.clean_state is not None and self._state() == self.clean_state

    def stop(self):
        """Ends all. Returns how many drafts were made, and what ddltap is to be blamed for: a list of texts."""
        drafts, blame = 0, []
        if self.proxy:
            try:
                blame += self._unsettled()
                self.proxy.stop()
            except AssertionError as failure:
                blame.append(str(failure))
            self._note_complaints("after " + ", ".join(self.tests[-3:]))
            blame += self.complaints
            drafts = len(list(Path(self.repository, "ddltap", "drafts").glob("*.sql")))
        if self.server:
            self.server.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        return drafts, blame

    def _unsettled(self):
        """Changes whose outcome ddltap does not know long after the last test."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            status = ddltap_json(self.repository, "status")
            if not status["undecided"] or time.monotonic() > deadline:
                break
            time.sleep(0.2)
        return [f"undecided: {status['undecided']}"] if status["undecided"] else []
