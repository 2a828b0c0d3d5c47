"""What the contract alone costs a captured statement: its journal is synced twice, before it is forwarded and before it
is answered. Measured in every round, on the disk of the journal, without a proxy and a server."""

import os
import statistics
import tempfile
import time

from results import counted

SYNCS = 2  # for each statement
WRITTEN = 6 * 4096  # bytes before each: the median of what the journal writes to the log of SQLite in the DDL cases
REPEATED = 50


def measure(stand):
    """{"syncs": milliseconds that two of them take}; the write before each is not in it."""
    pages = os.urandom(WRITTEN)
    times = []
    with tempfile.TemporaryFile(dir=stand.folder) as file:
        os.write(file.fileno(), bytes(REPEATED * WRITTEN))  # the log has its length from the start, too
        os.fsync(file.fileno())
        for i in range(REPEATED):
            os.pwrite(file.fileno(), pages, i * WRITTEN)
            begun = time.perf_counter()
            os.fdatasync(file.fileno())
            times.append(time.perf_counter() - begun)
    return {"syncs": SYNCS * statistics.median(times) * 1000}


def alone(record):
    """Milliseconds, round by round."""
    return [done["beside"]["syncs"] for done in counted(record) if "beside" in done]


def lowest_ratios(record, figure):
    """Round by round, (direct + the syncs) ÷ direct: what a proxy would reach that did nothing else."""
    rounds = [done for done in counted(record) if "beside" in done and "direct" in done["samples"]]
    return [1 + done["beside"]["syncs"] / done["samples"]["direct"][figure] for done in rounds]
