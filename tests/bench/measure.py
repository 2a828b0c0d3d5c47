"""Measures a case: round after round, in each of which every peer has its turn, in an order that is rotated."""

import os
import sys

import machine
from place import PINNED, Failed, Place


def rotated(names, by):
    by %= len(names)
    return names[by:] + names[:by]


def measure(case, stand, options):
    """{"rounds": [...], "failures": {peer: [reason...]}}; a round has its disturbance, "kept" and samples by peer."""
    places = {
        name: Place(stand, peer, case.layout, options.seconds)
        for name, peer in stand.peers.items()
        if name not in stand.failures and not (case.needs_proxy and name == "direct")
    }
    record = {"rounds": [], "failures": {name: [text] for name, text in stand.failures.items()}}
    stand.confine(PINNED if case.layout == "pinned" else os.sched_getaffinity(0))
    if case.probe:
        probe(case, places, record["failures"])
    kept = 0
    while places and kept < options.rounds and len(record["rounds"]) < 2 * options.rounds:
        done = one_round(case, stand, places, len(record["rounds"]), record["failures"])
        done["kept"] = done["steal"] <= options.steal and done["foreign"] <= options.foreign
        kept += done["kept"]
        record["rounds"].append(done)
    return record


def probe(case, places, failures):
    """Who cannot do it has no turn."""
    for name, place in list(places.items()):
        try:
            place.probe(case.probe)
        except Failed as failure:
            note_failure(case, name, failure, failures)
            del places[name]


def note_failure(case, name, failure, failures):
    failures.setdefault(name, []).append(str(failure))
    print(f"bench: {case.name}, {name}: {failure}", file=sys.stderr)


def one_round(case, stand, places, number, failures):
    disturbance = machine.Disturbance(stand.pids)
    beside = {"beside": case.beside(stand)} if case.beside else {}
    samples = {}
    for name in rotated(list(places), number):
        try:
            samples[name] = case.sample(places[name])
            if not places[name].peer.pids:
                samples[name].pop("cpu", None)
        except (Failed, RuntimeError) as failure:
            note_failure(case, name, failure, failures)
        if case.settle:
            places[name].settle()
    if number == 0:
        # Who cannot do it at once has no more turns.
        for name in set(places) - set(samples):
            del places[name]
    return disturbance.end() | beside | {"samples": samples}
