#!/usr/bin/python3
"""What a journal of many changes costs: makes one, and times every command on it.

    grow_journal.py [--changes 1000000] [--server mariadb] [--rounds 5] --binaries before=PATH,after=PATH

A project of 100 tables has been tinkered with for three years. The journal is grown from changes that were really
captured: their rows are copied with other numbers, times, columns and images, as if each table got a column and lost
it again, over and over:

    table t7   + grown_1   - grown_1   + grown_2   - grown_2 ...        of each pair the first image is new, the second old

Most are committed; some were squashed before that, discarded, undone, split, or had failed. The last ones, made
through the proxy, are pending and have their files. Each binary gets a copy of the same project, in turn; figures are
medians of the wall time of whole processes, in milliseconds, and peak resident memory.
"""

import argparse
import contextlib
import datetime
import hashlib
import os
import pathlib
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent / "e2e")]

import proxy as under_test  # noqa: E402
from proxy import Proxy, init, make_repository  # noqa: E402
from servers import Server  # noqa: E402

TABLES = 100
PENDING = 24
DAYS = 3 * 365
BATCH = 20_000
TABLE = (
    "CREATE TABLE t{0} (id INT PRIMARY KEY AUTO_INCREMENT, email VARCHAR(100) NOT NULL, note TEXT, amount DECIMAL(10,2),"
    " state VARCHAR(20) DEFAULT 'new', made DATETIME, parent INT, KEY by_email (email), KEY by_parent (parent, made))"
)


def image_hash(text):
    """As capture/schema/image.c: of the text, NUL and the context, which tables have none of."""
    return hashlib.sha256(text.encode() + b"\0").hexdigest()


class Change:
    """A row of `change` to be copied, by column."""

    def __init__(self, row):
        self.columns = [name for name in row.keys() if name != "id"]
        self.values = {name: row[name] for name in self.columns}

    def insert(self):
        names = ", ".join(["id", *self.columns])
        return f"INSERT INTO change ({names}) VALUES ({', '.join('?' * (len(self.columns) + 1))})"

    def row(self, number, **others):
        values = self.values | others
        return (number, *(values[name] for name in self.columns))


class Growth:
    """Copies of one ALTER TABLE and its way back, for all tables in turn."""

    def __init__(self, journal, count):
        self.journal = journal
        self.count = count
        journal.row_factory = sqlite3.Row
        row = journal.execute("SELECT * FROM change WHERE verb = 'ALTER' ORDER BY id LIMIT 1").fetchone()
        self.change = Change(row)
        self.object = journal.execute("SELECT * FROM object WHERE change_id = ?", (row["id"],)).fetchone()
        self.first = journal.execute("SELECT max(id) FROM change").fetchone()[0] + 1
        self.images = list(self.read_images().items())
        self.end = int(time.time() * 1_000_000) - 60_000_000
        self.step = DAYS * 86_400_000_000 // count

    def read_images(self):
        """The image that each table has now."""
        query = (
            "SELECT o.name, i.text FROM object o JOIN image i ON i.hash = o.after_image JOIN change c ON c.id = o.change_id"
            " WHERE o.role = 'target' AND c.state = 'done' ORDER BY c.id"
        )
        return dict(self.journal.execute(query).fetchall())

    def fate(self, pair):
        """Draft states of a pair: of the change and of the one that takes it back."""
        kind = pair % 200
        if kind == 0:
            return "discarded", "discarded"
        if kind == 1:
            return "undone", "none"
        return "committed", "committed"

    def rows(self):
        """Of each change: its row, that of its object, and of its image (or None)."""
        for number in range(self.count):
            pair, back = divmod(number, 2)
            name, text = self.images[pair % len(self.images)] if back == 0 else (self.name, self.text)
            self.name, self.text = name, text
            yield self.one(number, pair, bool(back), name, text)

    def one(self, number, pair, back, name, text):
        key = self.first + number
        at = self.end - (self.count - number) * self.step
        column = f"grown_{pair}"
        longer = text.replace("  PRIMARY KEY", f"  `{column}` varchar(64) DEFAULT NULL,\n  PRIMARY KEY", 1)
        statement = f"ALTER TABLE {name} {'DROP' if back else 'ADD'} {column}{'' if back else ' VARCHAR(64)'}"
        moment = datetime.datetime.fromtimestamp(at / 1e6, datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
        failed = pair % 100 == 50
        state, draft = ("failed", "none") if failed else ("done", self.fate(pair)[back])
        change = self.change.row(
            key,
            at=at,
            ended_at=at + 9000,
            state=state,
            text=statement.encode(),
            draft_state=draft,
            draft_name=None if draft == "none" else f"{moment}_{key:04}_alter_{name}.sql",
            squashed_into=key + 1 if draft == "committed" and pair % 10 == 3 and not back else None,
            origin="undone" if draft == "none" and not failed else "captured",
            file_due=0,
        )
        before, after = (longer, text) if back else (text, longer)
        if failed:
            before, after = text, text
        thing = (key, 0, self.object["type"], "target", self.object["schema"], name, "present", image_hash(before),
                 "present", image_hash(after))
        image = None if back or failed else (image_hash(longer), longer)
        return change, thing, image

    def write(self):
        things = (
            "INSERT INTO object (change_id, position, type, role, schema, name, before_state, before_image, after_state,"
            " after_image) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        self.journal.execute("PRAGMA synchronous = OFF")
        batch = []
        for row in self.rows():
            batch.append(row)
            if len(batch) == BATCH:
                self.flush(things, batch)
        self.flush(things, batch)
        self.journal.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def flush(self, things, batch):
        with self.journal:
            self.journal.executemany("INSERT OR IGNORE INTO image (hash, text) VALUES (?, ?)", [r[2] for r in batch if r[2]])
            self.journal.executemany(self.change.insert(), [r[0] for r in batch])
            self.journal.executemany(things, [r[1] for r in batch])
        batch.clear()


def grow(repo, count):
    """Let the journal of a project have count changes more; it has captured an ALTER TABLE."""
    with contextlib.closing(sqlite3.connect(repo / "ddltap" / "state" / "journal.sqlite")) as journal:
        Growth(journal, count).write()


def run(binary, repo, *arguments):
    """Wall time in milliseconds, peak memory in MiB, exit code, what it said."""
    command = [str(binary), "-C", str(repo), *arguments]
    begun = time.monotonic()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                               env=under_test.environment())
    said = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return (time.monotonic() - begun) * 1000, usage.ru_maxrss / 1024, process.returncode, said.decode(errors="replace")


class Subject:
    """A binary and its copy of the project."""

    def __init__(self, name, binary, repo):
        self.name, self.binary, self.repo = name, binary, repo
        os.environ["DDLTAP_BINARY"] = str(binary)

    def timed(self, *arguments, rounds=1, good=(0, 1)):
        runs = [run(self.binary, self.repo, *arguments) for _ in range(rounds)]
        for _, _, code, said in runs:
            if code not in good:
                print(f"    {self.name}: ddltap {' '.join(arguments)}: exit code {code}: {said[-400:]}", flush=True)
        return statistics.median(r[0] for r in runs), max(r[1] for r in runs)

    def start_proxy(self):
        begun = time.monotonic()
        started = Proxy(self.repo, "--listen", "127.0.0.1:0")
        return started, (time.monotonic() - begun) * 1000

    def pending(self):
        """Numbers of the drafts, oldest first."""
        journal = sqlite3.connect(self.repo / "ddltap" / "state" / "journal.sqlite")
        with contextlib.closing(journal):
            query = "SELECT id FROM change WHERE draft_state IN ('pending', 'due') ORDER BY id"
            return [str(row[0]) for row in journal.execute(query)]

    def measure(self, rounds):
        figures = {"scan, the first": self.timed("scan")}
        for name in ("list", "status", "check", "doctor", "scan"):
            figures[name] = self.timed(name, rounds=rounds)
        figures["scan --full"] = self.timed("scan", "--full", rounds=rounds)
        drafts = self.pending()
        figures["show"] = self.timed("show", drafts[-1], rounds=rounds)
        figures["diff"] = self.timed("diff", rounds=rounds)
        figures["diff of one"] = self.timed("diff", drafts[-1], rounds=rounds)
        figures["lint"] = self.timed("lint", rounds=rounds)
        figures["verify of one"] = self.timed("verify", drafts[-1])
        figures["discard"] = self.timed("discard", drafts[-3])
        figures["restore"] = self.timed("restore", drafts[-3])
        figures["undo"] = self.timed("undo", "--yes", drafts[-1])
        figures["squash"] = self.timed("squash", f"{drafts[0]}..{drafts[1]}")
        figures["commit --dry-run"] = self.timed("commit", "--dry-run", "-m", "growth", drafts[-2])
        proxies = []
        for _ in range(rounds):
            started, taken = self.start_proxy()
            proxies.append(taken)
            started.kill()
        figures["proxy, until it accepts"] = statistics.median(proxies), 0
        return figures


def captured(subject, number, rounds):
    """Median of one captured DDL, and of the time until its file is there, in milliseconds."""
    answers, files = [], []
    folder = subject.repo / "ddltap" / "drafts"
    with contextlib.closing(subject.running.connect()) as connection, connection.cursor() as cursor:
        for i in range(rounds):
            before = len(list(folder.glob("*.sql")))
            begun = time.monotonic()
            cursor.execute(f"ALTER TABLE t{i % TABLES} COMMENT 'round {number} {i}'")
            answers.append((time.monotonic() - begun) * 1000)
            while len(list(folder.glob("*.sql"))) == before:
                time.sleep(0.001)
            files.append((time.monotonic() - begun) * 1000)
    return answers, files


def interleaved(subjects, blocks, rounds):
    """The same DDL through each of them, a block in turn: what the size of the journal costs."""
    answers, files = ({s.name: [] for s in subjects} for _ in range(2))
    for subject in subjects:
        os.environ["DDLTAP_BINARY"] = str(subject.binary)
        subject.running = subject.start_proxy()[0]
        time.sleep(1)
    for block in range(blocks):
        for subject in subjects:
            more = captured(subject, f"{subject.name} {block}", rounds)
            answers[subject.name] += more[0]
            files[subject.name] += more[1]
    for subject in subjects:
        subject.running.stop()
        print(f"  {subject.name:<24} one captured DDL {statistics.median(answers[subject.name]):8.2f} ms,"
              f" until its file is there {statistics.median(files[subject.name]):8.2f} ms", flush=True)


def make_project(server, binary, folder, count):
    os.environ["DDLTAP_BINARY"] = str(binary)
    server.fresh_database()
    repo = make_repository(folder)
    init(repo, server.url())
    started = Proxy(repo, "--listen", "127.0.0.1:0")
    started.execute(*(TABLE.format(i) for i in range(TABLES)), "ALTER TABLE t0 COMMENT 'grown'")
    started.wait_for_drafts(TABLES + 1, seconds=30)
    started.stop()
    journal = sqlite3.connect(repo / "ddltap" / "state" / "journal.sqlite")
    with contextlib.closing(journal), journal:
        journal.execute("UPDATE change SET draft_state = 'committed'")
    for path in (repo / "ddltap" / "drafts").glob("*.sql"):
        path.unlink()
    run(binary, repo, "scan", "--accept")
    begun = time.monotonic()
    grow(repo, count)
    size = sum(p.stat().st_size for p in (repo / "ddltap" / "state").glob("journal.sqlite*")) / 2**20
    print(f"a journal of {count} changes: {time.monotonic() - begun:.0f} s to make, {size:.0f} MiB", flush=True)
    return repo


def add_pending(server, repos):
    """Drafts with files, the same for all: captured once each by the first binary, on the one server."""
    first = Proxy(repos[0], "--listen", "127.0.0.1:0")
    first.execute(*(f"ALTER TABLE t{i} ADD pending_{i} INT" for i in range(PENDING)))
    first.wait_for_drafts(PENDING, seconds=60)
    first.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=1_000_000)
    parser.add_argument("--server", default="mariadb", choices=["mariadb", "mysql"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--binaries", default="ddltap=" + os.environ.get("DDLTAP_BINARY", ""))
    parser.add_argument("--flat", type=int, default=0, metavar="CHANGES",
                        help="one captured DDL with the last binary: a journal of so many beside one of --changes")
    parser.add_argument("--compact", action="store_true", help="with --flat: let the journal be compacted meanwhile")
    parser.add_argument("--keep", help="make the projects here and leave them")
    arguments = parser.parse_args()
    binaries = dict(pair.split("=", 1) for pair in arguments.binaries.split(","))
    server = Server(arguments.server)
    with contextlib.ExitStack() as stack:
        stack.callback(server.stop)
        folder = pathlib.Path(arguments.keep or stack.enter_context(tempfile.TemporaryDirectory()))
        if arguments.flat:
            binary = list(binaries.values())[-1]
            subjects = []
            for count in (arguments.flat, arguments.changes):
                subjects.append(Subject(f"{count} changes", binary, make_project(server, binary, folder / f"n{count}", count)))
            for subject in subjects:
                run(binary, subject.repo, "init")
                run(binary, subject.repo, "scan")
                if not arguments.compact:
                    (subject.repo / "ddltap" / "local.ini").write_text("[journal]\nkeep_days = 0\n")
            os.sync()  # what was just generated is not part of what is measured
            interleaved(subjects, 6, 20)
            return
        first, *rest = binaries.items()
        project = make_project(server, first[1], folder / first[0], arguments.changes)
        add_pending(server, [project])
        subjects = [Subject(*first, project)]
        for name, binary in rest:
            shutil.copytree(project, folder / name)
            subjects.append(Subject(name, binary, folder / name))
        for subject in subjects:
            os.environ["DDLTAP_BINARY"] = str(subject.binary)
            upgrade = subject.timed("init")
            print(f"{subject.name}: init {upgrade[0]:.0f} ms", flush=True)
            for name, (taken, memory) in subject.measure(arguments.rounds).items():
                print(f"  {name:<24} {taken:10.1f} ms {memory:8.1f} MiB", flush=True)


if __name__ == "__main__":
    main()
