"""DDL on a server that syncs to a disk: single statements, and a dump that is restored."""

import statistics
import time

import syncs
from case import Case, Figure, Group
from results import ratios, values
from tables import spread_text

REPEATED = 8  # statements of each kind in a sample
TABLES = 200  # of the dump
RESTORE_SECONDS = 120  # at most
VERBS = ("CREATE", "ALTER", "DROP")

COLUMNS = (
    "`id` int(11) NOT NULL AUTO_INCREMENT, `name` varchar(64) NOT NULL DEFAULT '', `mail` varchar(120) DEFAULT NULL,"
    " `made` datetime DEFAULT NULL, `amount` decimal(10,2) NOT NULL DEFAULT 0.00, PRIMARY KEY (`id`),"
    " UNIQUE KEY `mail` (`mail`), KEY `made` (`made`)"
)


def statements():
    for i in range(REPEATED):
        yield f"CREATE TABLE `ddl_{i}` ({COLUMNS}) ENGINE=InnoDB"
        yield f"ALTER TABLE `ddl_{i}` ADD COLUMN `nickname` varchar(64) DEFAULT NULL AFTER `name`"
        yield f"DROP TABLE `ddl_{i}`"


def dump():
    """In the words of mariadb-dump and mysqldump."""
    for i in range(TABLES):
        name = f"restored_{i}"
        rows = ",".join(f"({n},'name {n}','{n}@example.org','2026-01-01 00:00:00',{n}.50)" for n in range(1, 21))
        yield f"DROP TABLE IF EXISTS `{name}`;"
        yield f"CREATE TABLE `{name}` ({COLUMNS}) ENGINE=InnoDB AUTO_INCREMENT=21 DEFAULT CHARSET=utf8mb4;"
        yield f"LOCK TABLES `{name}` WRITE;"
        yield f"/*!40000 ALTER TABLE `{name}` DISABLE KEYS */;"
        yield f"INSERT INTO `{name}` VALUES {rows};"
        yield f"/*!40000 ALTER TABLE `{name}` ENABLE KEYS */;"
        yield "UNLOCK TABLES;"


def fill(stand):
    (stand.folder / "ddl.sql").write_text("\n".join(statements()) + "\n")
    (stand.folder / "dump.sql").write_text("\n".join(dump()) + "\n")


def sample_statements(place):
    said, _ = place.run(place.client_command("script", place.stand.folder / "ddl.sql"))
    times = [float(line.split("=")[1]) / 1000 for line in said.splitlines()]
    return {verb.lower(): statistics.median(times[i :: len(VERBS)]) for i, verb in enumerate(VERBS)}


def sample_restore(place):
    """Of a proxy that has just begun: what it has kept of a former restore does not count."""
    place.peer.stop()
    place.peer.start()
    place.settle()
    with open(place.stand.folder / "dump.sql") as text:
        begun = time.monotonic()
        place.run([place.server.client, "--no-defaults", "--host=127.0.0.1", f"--port={place.peer.port}", "--user=root",
                   "--comments", "bench"], limit=RESTORE_SECONDS, stdin=text)
        seconds = time.monotonic() - begun
    place.settle()
    place.server.execute("DROP TABLE " + ", ".join(f"restored_{i}" for i in range(TABLES)), database="bench")
    return {"seconds": seconds}


def syncs_table(records):
    """What the two syncs alone would make of each statement."""
    record = records.get("ddl")
    if not record or not syncs.alone(record):
        return []
    rows = [["statement", "direct, ms", "two syncs alone, ms", "lowest: (direct + two syncs) ÷ direct", "ddltap ÷ direct"]]
    for verb in VERBS:
        figure = verb.lower()
        rows.append([f"{verb} TABLE", spread_text(values(record, "direct", figure), 2), spread_text(syncs.alone(record), 2),
                     spread_text(syncs.lowest_ratios(record, figure), 2),
                     spread_text(ratios(record, "ddltap", "direct", figure), 2)])
    return [("two syncs alone, and the lowest ratio to direct of a proxy that syncs twice", rows)]


GROUPS = [
    Group(
        "ddl",
        "DDL",
        f"`CREATE TABLE` (five columns, three indexes), `ALTER TABLE ... ADD COLUMN`, `DROP TABLE` by the raw client,"
        f" {REPEATED} of each in a round, on a server that syncs its log to a disk for every one of them (MySQL its binary"
        " log too, which it has without being asked). ddltap asks for what the statement depends on, reads the definitions"
        " before and after it, and syncs its journal twice. What these two alone take is measured in each round before the"
        " peers: an `fdatasync` after"
        f" {syncs.WRITTEN // 1024} KiB were written over in a file on the same disk (as the journal writes over its log, and"
        f" as much), the median of {syncs.REPEATED}, times two. A proxy that keeps the promise and costs nothing else has the"
        " lowest ratio.",
        [
            Case("ddl", "ddl", sample_statements,
                 tuple(Figure(verb.lower(), f"{verb} TABLE, median ms", False, 2) for verb in VERBS),
                 stand="disk", fill=fill, beside=syncs.measure, settle=True)
        ],
        syncs_table,
    ),
    Group(
        "restore",
        "A dump",
        f"A dump of {TABLES} tables with 20 rows each, in the form of mariadb-dump, restored by the server's own command"
        " line client: four statements of DDL, or what looks like it, and an INSERT for each table.",
        [Case("restore", "restore", sample_restore, (Figure("seconds", "seconds", False, 2),), stand="disk", fill=fill)],
    ),
]
