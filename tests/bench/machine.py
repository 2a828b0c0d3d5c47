"""The machine: what it is, what it is busy with, and the clocks of its processes."""

import os
import platform
import re
import resource
import time
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
DESCRIPTORS = 65536  # ample for a proxy with 10,000 sessions, each with two sockets


def describe():
    text = Path("/proc/cpuinfo").read_text()
    model = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    memory = re.search(r"^MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return {
        "processor": model[1] if model else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(int(memory[1]) / 2**20),
        "kernel": platform.release(),
        "virtual": "hypervisor" in text,
    }


def cpu_seconds(pid):
    """All that a process has used, user and system, of all its threads, to the nanosecond."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # what clock_getcpuclockid(3) gives
    except OSError:
        return 0.0


def resident_kib(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"^VmRSS:\s*(\d+)", status, re.MULTILINE)[1])


def confine(pid, cores):
    """Every thread of a process on those cores."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        os.sched_setaffinity(int(thread), cores)


def allow_descriptors():
    """As many open files as may be, up to DESCRIPTORS, for this process and those that it starts; how many these are."""
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    for wanted in (DESCRIPTORS, min(most, DESCRIPTORS)):
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, wanted))
            break
        except (ValueError, OSError):
            continue
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def _own_seconds(pids):
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    self = resource.getrusage(resource.RUSAGE_SELF)
    finished = sum(usage.ru_utime + usage.ru_stime for usage in (children, self))
    return finished + sum(cpu_seconds(pid) for pid in pids)


class Disturbance:
    """What else happened on the machine between begin and end(): load, steal, foreign.

    load: the load average of one minute, at the end. steal and foreign: percent of all cores' time that the
    hypervisor took, and that processes which are not of the measurement used.
    """

    def __init__(self, pids):
        """pids() gives the processes of the measurement that run."""
        self.pids = pids
        self.begun = time.monotonic()
        self.own = _own_seconds(pids())
        self.busy, self.stolen = self._read()

    @staticmethod
    def _read():
        with open("/proc/stat") as file:
            fields = [int(field) / TICKS for field in file.readline().split()[1:9]]
        user, nice, system, _, _, interrupts, soft_interrupts, steal = fields
        return user + nice + system + interrupts + soft_interrupts, steal

    def end(self):
        busy, stolen = self._read()
        capacity = (time.monotonic() - self.begun) * os.cpu_count() / 100
        foreign = busy - self.busy - (_own_seconds(self.pids()) - self.own)
        return {
            "load": os.getloadavg()[0],
            "steal": round((stolen - self.stolen) / capacity, 2),
            "foreign": round(max(0.0, foreign) / capacity, 2),
        }
