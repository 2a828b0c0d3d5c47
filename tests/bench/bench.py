"""The whole measurement; its options are described in the script `run`, which prepares what this needs."""

import argparse
import datetime
import signal
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

import cases  # noqa: E402
import machine  # noqa: E402
import page  # noqa: E402
import results  # noqa: E402
from case import named  # noqa: E402
from measure import measure  # noqa: E402
from peers import PEERS  # noqa: E402
from place import Place  # noqa: E402
from stand import DISK, Stand, is_on_disk  # noqa: E402

SOURCE = HERE.parent.parent
PAGE = SOURCE / "docs" / "performance.md"


def parse(arguments):
    parser = argparse.ArgumentParser(prog="run")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--only", default="")
    parser.add_argument("--peers", default=",".join(PEERS))
    parser.add_argument("--server", choices=["mariadb", "mariadb-11.8", "mysql"], default="mariadb")
    parser.add_argument("--steal", type=float, default=2)
    parser.add_argument("--foreign", type=float, default=10)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args(arguments)
    options.peers = options.peers.split(",")
    unknown = set(options.peers) - set(PEERS)
    if unknown:
        parser.error(f"unknown peers: {', '.join(sorted(unknown))}")
    return options


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")


def commit():
    done = subprocess.run(["git", "-C", SOURCE, "describe", "--always", "--dirty"], capture_output=True, text=True)
    return done.stdout.strip() or "an unknown commit"


def new_run(options):
    return {
        "server": {"kind": options.server, "version": ""},
        "machine": machine.describe(),
        "peers": {name: PEERS[name].version() for name in PEERS if name in options.peers},
        "commit": commit(),
        "disk": "on a disk" if is_on_disk() else f"not on a disk ({DISK} is in memory)",
        "begun": now(),
        "ended": now(),
        "rounds": options.rounds,
        "seconds": options.seconds,
        "steal": options.steal,
        "foreign": options.foreign,
        "cases": {},
    }


def run_stand(name, chosen, options, run):
    """All cases of one stand; the results are kept after each of them."""
    with Stand(name, options.server, options.peers) as stand:
        run["server"]["version"] = stand.server.version
        for case in chosen:
            if case.fill:
                case.fill(stand)
        stand.start()
        for peer in stand.peers.values():
            Place(stand, peer, "free", options.seconds).settle()
        for case in chosen:
            begun = time.monotonic()
            record = measure(case, stand, options)
            run["cases"][case.name] = record
            run["ended"] = now()
            if options.json:
                results.write(run, options.json)
            kept = sum(done["kept"] for done in record["rounds"])
            print(f"bench: {case.name}: {len(record['rounds'])} rounds, {kept} undisturbed,"
                  f" {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)


def main():
    # So that what was started is ended.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = parse(sys.argv[1:])
    chosen = named(cases.GROUPS, options.only)
    if options.list:
        print("\n".join(case.name for case in chosen))
        return 0
    if not chosen:
        print(f"bench: no case matches {options.only!r}; see --list", file=sys.stderr)
        return 2
    run = new_run(options)
    for stand in dict.fromkeys(case.stand for case in chosen):
        run_stand(stand, [case for case in chosen if case.stand == stand], options, run)
    print(page.text(run))
    for path in [options.page, PAGE if options.write else None]:
        if path:
            path.write_text(page.page({options.server: run}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
