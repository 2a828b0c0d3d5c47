"""ddltap under valgrind's callgrind, which counts instructions: the same each time.

    with under_callgrind(folder):
        proxy = Proxy(...)
    ... traffic; proxy.stop() ...
    instructions(folder, proxy.process.pid)
"""

import contextlib
import os
import re

from proxy import binary


@contextlib.contextmanager
def under_callgrind(folder, *options):
    """The ddltap that starts within it; options are callgrind's. Each process leaves a file in the folder."""
    program, script = binary(), folder / "ddltap"
    script.write_text(
        f"#!/bin/sh\nexec valgrind --quiet --tool=callgrind {' '.join(options)}"
        f" --callgrind-out-file={folder}/%p.callgrind {program} \"$@\"\n"
    )
    script.chmod(0o755)
    os.environ["DDLTAP_BINARY"] = str(script)
    try:
        yield
    finally:
        os.environ["DDLTAP_BINARY"] = program


def counted(folder, pid):
    """What a process that has ended left, for callgrind_annotate."""
    return folder / f"{pid}.callgrind"


def instructions(folder, pid):
    """How many of them were counted."""
    return int(re.search(r"^summary: (\d+)", counted(folder, pid).read_text(), re.MULTILINE)[1])
