"""Reads draft files."""

from dataclasses import dataclass
from pathlib import Path

FIRST_LINE = "-- ddltap draft 1"
UP = "-- migrate:up"
DOWN = "-- migrate:down"


@dataclass
class Draft:
    path: Path
    header: list  # its lines without "-- "
    up: str
    down: str


def parse_draft(path):
    lines = path.read_text(encoding="utf-8").split("\n")
    assert lines[0] == FIRST_LINE, f"{path.name} begins with: {lines[0]}"
    up, down = lines.index(UP), lines.index(DOWN)
    assert up < down, f"{path.name} has its sections in the wrong order"
    return Draft(
        path=path,
        header=[line.removeprefix("-- ") for line in lines[:up]],
        up="\n".join(lines[up + 1 : down]).strip(),
        down="\n".join(lines[down + 1 :]).strip(),
    )


def draft_order(path):
    """Drafts sort by the time and then the number in their names: <UTC time>_<id>_<slug>.sql"""
    time, number, _ = path.name.split("_", 2)
    return time, int(number)


def read_drafts(repo):
    paths = Path(repo, "ddltap", "drafts").glob("*.sql")
    return [parse_draft(path) for path in sorted(paths, key=draft_order)]
