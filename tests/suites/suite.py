"""A server's own test suite: where its tests lie, and how its test program runs one of them.

A test is named <suite>.<name>, as the servers' own drivers name it: main.alter_table. The test program (mariadb-test,
mysqltest) runs the commands of the test file over connections of its own and compares all that it gets, rows, column
names, warnings and error numbers, with the recorded result. We drive it directly: the servers' drivers want to start
and restart servers themselves.
"""

import os
import pwd
import re
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from servers import cache_directory

PASSED, SKIPPED = 0, 62  # exit codes of the test program; any other is a failure
TIME_ZONE = "GMT-3"  # of the test program and of the server: recorded results hold local times

# What a test cannot do with a server that we do not restart for it, and what is not built in.
NEEDS_MORE = re.compile(
    rb"(restart|start|kill|shutdown)_mysqld|shutdown_server|include/(master-slave|rpl_init|have_ndb|have_debug|"
    rb"big_test|have_wsrep|have_s3|have_valgrind|mysql_upgrade_prep|group_replication|have_mysqlx|plugin_x)|"
    rb"mysqld\.1\.expect|MYSQLD_BOOTSTRAP_CMD|MYSQLD_CMD",
    re.IGNORECASE,
)


@dataclass
class Place:
    """Where a test reaches a server: directly or through the proxy."""

    port: int
    socket: str


class Suite:
    """The suite of one kind of server ("mariadb" or "mysql")."""

    def __init__(self, kind):
        self.kind = kind
        tree = cache_directory() / "suites" / kind
        if not (tree / "complete").exists():
            raise SystemExit(f"the test suite of {kind} is not there; run tests/servers/fetch.sh suites")
        if kind == "mariadb":
            self.directory = tree / "usr/share/mysql/mysql-test"
            self.program = tree / "usr/bin/mariadb-test"
            self.client_directories = [tree / "usr/bin", Path("/usr/bin")]
            self.libraries = tree / "usr/lib/x86_64-linux-gnu"
            self.share = Path("/usr/share/mysql")
            # Over TCP, but for the connections to "localhost" that the tests themselves open.
            self.connect_options = ["--skip-ssl"]
            self.host = "127.0.0.1"
            self.max_allowed_packet = "16M"
        else:
            self.directory = tree / "usr/lib/mysql-test"
            self.program = self.directory / "bin/mysqltest"
            self.client_directories = [tree / "usr/bin", cache_directory() / "mysql/usr/bin"]
            self.libraries = None
            self.share = cache_directory() / "mysql/usr/share/mysql"
            # Over the socket, but for the connections to 127.0.0.1 that the tests themselves open.
            self.connect_options = []
            self.host = "localhost"
            self.max_allowed_packet = "64M"

    def test_file(self, test):
        suite, name = test.split(".", 1)
        for folder in self._folders(suite):
            for place in (folder / "t", folder):
                if (place / f"{name}.test").exists():
                    return place / f"{name}.test"
        raise SystemExit(f"{self.kind} has no test {test}")

    def _folders(self, suite):
        if suite == "main":
            return [self.directory / "main", self.directory]
        return [self.directory / "suite" / suite, self.directory / "plugin" / suite]

    def result_file(self, test):
        """The recorded result, or None."""
        path = self.test_file(test)
        for place in (path.parent.parent / "r", path.parent):
            if (place / f"{path.stem}.result").exists():
                return place / f"{path.stem}.result"
        return None

    def candidates(self, suite):
        """The tests of one suite that could pass with a server which is not restarted for them."""
        disabled = self._disabled(suite)
        names = []
        for folder in self._folders(suite):
            for place in (folder / "t", folder):
                names += [f"{suite}.{path.stem}" for path in sorted(place.glob("*.test"))]
        return [
            name
            for name in names
            if name not in disabled
            and self.result_file(name)
            and not NEEDS_MORE.search(self.test_file(name).read_bytes())
        ]

    def _disabled(self, suite):
        names = set()
        lists = [folder / "disabled.def" for folder in self._folders(suite)]
        lists += [folder / "t/disabled.def" for folder in self._folders(suite)]
        lists += self.directory.glob("collections/disabled*.list")
        for path in lists:
            if path.exists():
                for line in path.read_text(encoding="latin-1").splitlines():
                    name = re.match(r"\s*([\w.\-]+)\s*:", line) or re.match(r"([\w.\-]+)", line)
                    if name:
                        names.add(name[1] if "." in name[1] else f"{suite}.{name[1]}")
        return names

    def server_options(self, variables):
        """The options with which the suite's own driver runs a server, for a server that begins without any."""
        options, section = [], None
        for line in (self.directory / "include/default_mysqld.cnf").read_text().splitlines():
            line = line.split("#", 1)[0].strip()
            if line.startswith("["):
                section = line
            elif line and section == "[mysqld]":
                name, separator, value = (part.strip() for part in line.partition("="))
                value = re.sub(r"@ENV\.(\w+)", lambda match: str(variables[match[1]]), value)
                options.append(f"--{name}{separator}{value.strip(chr(39))}")
        options.append("--secure-file-priv=")
        options.append("--log-output=file")
        options.append(f"--max-allowed-packet={self.max_allowed_packet}")
        if self.kind == "mariadb":
            options += (self.directory / "include/have_innodb.opt").read_text().split()
        else:
            options.append("--explain-format=TRADITIONAL_STRICT")
        return options

    def prepare_server(self, server):
        """What the suite's own driver has in a server: time zones, the schemas test and mtr."""
        server.execute("CREATE DATABASE mtr")
        if self.kind == "mariadb":
            server.execute("CREATE DATABASE test CHARACTER SET latin1 COLLATE latin1_swedish_ci")
            self._feed(server, self.share / "mysql_test_data_timezone.sql")
        else:
            server.execute("CREATE DATABASE test")
            server.execute(
                "INSERT INTO mysql.db VALUES ('%','test','','Y','Y','Y','Y','Y',"
                "'Y','N','Y','Y','Y','Y','Y','Y','Y','Y','N','N','Y','Y'); FLUSH PRIVILEGES"
            )
            self._feed(server, self.directory / "include/mtr_test_data_timezone.sql")
        self._feed(server, self.directory / "include/mtr_warnings.sql")
        self._feed(server, self.directory / "include/mtr_check.sql")

    def _feed(self, server, path):
        """Runs a file of SQL; the suite's driver leaves out lines that begin with "--"."""
        text = path.read_text(encoding="latin-1")
        text = re.sub(r"^\s*--.*\n", "", text, flags=re.MULTILINE)
        text = re.sub(r"^(delimiter \S+?);$", r"\1", text, flags=re.MULTILINE | re.IGNORECASE)
        subprocess.run(
            [server.client, "--no-defaults", "--user=root", f"--socket={server.socket}", "mysql"],
            input=text.encode("latin-1"),
            check=True,
            timeout=60,
        )

    def make_directories(self, variable_directory):
        for name in ("tmp", "log", "run"):
            (variable_directory / name).mkdir()
        (variable_directory / "std_data").symlink_to(self.directory / "std_data")
        for path in (variable_directory, *variable_directory.iterdir()):
            if not path.is_symlink():
                path.chmod(0o777)

    def environment(self, variable_directory, place):
        """What the tests find in their environment: places and programs."""
        defaults = variable_directory / "my.cnf"
        defaults.write_text(
            f"[client]\nuser=root\nhost={self.host}\nport={place.port}\nsocket={place.socket}\n"
        )
        values = {
            "PATH": os.environ["PATH"],
            "HOME": "/nonexistent",
            "LC_ALL": "C",
            "LC_CTYPE": "C",
            "LC_COLLATE": "C",
            "TZ": TIME_ZONE,
            "UMASK": "0660",
            "UMASK_DIR": "0770",
            "USE_RUNNING_SERVER": "0",
            "MTR_RECORD": "0",
            "MYSQL_TEST_DIR": self.directory,
            "MYSQL_TEST_DIR_ABS": self.directory,
            "MYSQLTEST_VARDIR": variable_directory,
            "MYSQLTEST_VARDIR_ABS": variable_directory,
            "MYSQLTEST_REAL_VARDIR": variable_directory,
            "MYSQL_TMP_DIR": variable_directory / "tmp",
            "SECURE_LOAD_PATH": self.directory / "std_data",
            "DEFAULT_MASTER_PORT": 3306,
            "MASTER_MYPORT": place.port,
            "MASTER_MYSOCK": place.socket,
            "MYSQL_SHAREDIR": self.share,
            "MYSQL_CHARSETSDIR": self.share / "charsets",
            "MYSQL_BINDIR": "/usr",
            "PATH_CONFIG_FILE": defaults,
        }
        if self.libraries:
            values["LD_LIBRARY_PATH"] = self.libraries
        for variable, names in CLIENTS.items():
            program = self._client(names)
            if program:
                values[variable] = f"{program} --defaults-file={defaults}"
        values["EXE_MYSQL"] = self._client(CLIENTS["MYSQL"])
        return {name: str(value) for name, value in values.items()}

    def _client(self, names):
        for directory in self.client_directories:
            for name in names:
                if (directory / name).exists():
                    return directory / name
        return None

    def command(self, test, variable_directory, place, protocol):
        path = self.test_file(test)
        suite = path.parent.parent if path.parent.name == "t" else path.parent
        shared = [
            str(self.program),
            f"--defaults-file={variable_directory}/my.cnf",
            "--silent",
            f"--tmpdir={variable_directory}/tmp",
            f"--character-sets-dir={self.share}/charsets",
            f"--logdir={variable_directory}/log",
            "--database=test",
            f"--host={self.host}",
            f"--port={place.port}",
            f"--socket={place.socket}",
            "--user=root",
            *self.connect_options,
            *protocol,
        ]
        if self.kind == "mariadb":
            shared.append(f"--suite-dir={suite}/")
        result = self.result_file(test)
        if not result:
            raise SystemExit(f"{test} has no recorded result: it would compare nothing")
        own = [f"--test-file={path}", f"--result-file={result}", "--tail-lines=20"]
        return shared, own

    def run(self, test, variable_directory, place, protocol, seconds):
        """Runs a test; returns (exit code or None when it took too long, what the test program said)."""
        environment = self.environment(variable_directory, place)
        shared, own = self.command(test, variable_directory, place, protocol)
        environment["MYSQL_TEST"] = shlex.join(shared)
        environment["MTR_TEST_NAME"] = test.split(".", 1)[1]
        environment["MTR_SUITE_DIR"] = str(self.test_file(test).parent.parent)
        process = subprocess.Popen(
            [*unprivileged(), *shared, *own],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            cwd=self.directory,
            env=environment,
            start_new_session=True,
        )
        try:
            output, _ = process.communicate(timeout=seconds)
            return process.returncode, output.decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, 9)
            output, _ = process.communicate()
            return None, output.decode("utf-8", "replace") + f"\nended after {seconds} s"


def unprivileged():
    """The prefix of a command that ends with us and runs as the user that the server runs as: they share files."""
    prefix = ["setpriv", "--pdeathsig", "KILL"]
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        prefix += ["--reuid", str(nobody.pw_uid), "--regid", str(nobody.pw_gid), "--clear-groups"]
    return prefix


# The environment variables in which tests find client programs, and those programs' names.
CLIENTS = {
    "MYSQL": ["mariadb", "mysql"],
    "MYSQL_DUMP": ["mariadb-dump", "mysqldump"],
    "MYSQL_CHECK": ["mariadb-check", "mysqlcheck"],
    "MYSQL_IMPORT": ["mariadb-import", "mysqlimport"],
    "MYSQL_SHOW": ["mariadb-show", "mysqlshow"],
    "MYSQL_SLAP": ["mariadb-slap", "mysqlslap"],
    "MYSQLADMIN": ["mariadb-admin", "mysqladmin"],
    "MYSQL_BINLOG": ["mariadb-binlog", "mysqlbinlog"],
}
