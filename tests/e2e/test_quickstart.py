"""proxy/quickstart.sh: one command from nothing to a captured change, and nothing left behind."""

import os
import pathlib
import re
import shutil
import signal
import subprocess
import tempfile
import time

import pymysql
import pytest

from drafts import read_drafts
from proxy import binary

SCRIPT = pathlib.Path(__file__).resolve().parents[2] / "proxy" / "quickstart.sh"


@pytest.fixture
def place():
    """A folder that the private server's user can enter."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="ddltap-quickstart-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def quickstart(place, output):
    """Its proxy listens on a port that is free."""
    environment = os.environ | {
        "DDLTAP_QUICKSTART": str(place / "state"),
        "DDLTAP_BUILD": str(pathlib.Path(binary()).parent),
    }
    return subprocess.Popen(
        [str(SCRIPT), "--listen", "127.0.0.1:0"],
        stdin=subprocess.DEVNULL,
        stdout=(place / output).open("w"),
        stderr=subprocess.STDOUT,
        env=environment,
    )


def wait_until_listening(script, output):
    """The port."""
    deadline = time.monotonic() + 120
    while not (found := re.search(r"listening on 127\.0\.0\.1:(\d+) ", output.read_text())):
        assert script.poll() is None, output.read_text()
        assert time.monotonic() < deadline, output.read_text()
        time.sleep(0.1)
    return int(found[1])


def processes_of(place):
    found = []
    for entry in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if str(place) in words:
            found.append(words)
    return found


def change(port, statement):
    connection = pymysql.connect(host="127.0.0.1", port=port, user="root", database="bankroll")
    connection.query(statement)
    connection.close()


def test_it_captures_runs_again_and_leaves_nothing_running(place):
    repo = place / "state" / "repo"
    for run, statement in enumerate(["CREATE TABLE t (id INT)", "ALTER TABLE t ADD c INT"], start=1):
        script = quickstart(place, "output")
        try:
            change(wait_until_listening(script, place / "output"), statement)
            second = quickstart(place, "second")
            assert second.wait(300) != 0, "two at a time on the same data"
            deadline = time.monotonic() + 120
            while len(read_drafts(repo)) < run and time.monotonic() < deadline:
                time.sleep(0.05)
        finally:
            script.send_signal(signal.SIGINT if run == 1 else signal.SIGTERM)
            code = script.wait(300)
        assert code == 0, (place / "output").read_text()
        assert processes_of(place) == []
        assert len(read_drafts(repo)) == run
