#!/usr/bin/python3
"""How time and memory of the schema library grow with the schema; prints the tables of docs/schema-model.md.

    DDLTAP_SCHEMA_TOOL=... benchmark.py [TABLES...]      default: 1000 3000 10000

Use a program that is built for speed: cmake -DCMAKE_BUILD_TYPE=Release -DDDLTAP_SANITIZE=OFF -DDDLTAP_TESTS=ON. No server
is needed: the tables are written as MySQL prints them. The library's own work is measured (processor time, and the most
memory that it held), without the reading and writing of JSON around it. Every table must be held, and the difference
must have exactly the changes that were made, or there are no figures.
"""

import sys

from tool import Tool

CHANGES = 100


class Printed:
    """What Tool needs of a database."""

    class server:
        is_mariadb = False

    version = 90704
    name = "app"
    defaults = {"sql_mode": "", "character_set_client": "utf8mb4", "collation_connection": "utf8mb4_0900_ai_ci",
                "time_zone": "SYSTEM", "foreign_key_checks": True}


class Objects:
    def __init__(self, objects):
        self.objects = objects


def table(number):
    """A table of twelve columns, four keys, a check and a foreign key to an earlier table."""
    name = f"table_{number:05}"
    lines = ["`id` bigint unsigned NOT NULL AUTO_INCREMENT", "`owner_id` bigint unsigned DEFAULT NULL"]
    lines += [f"`name_{i}` varchar({50 + i}) COLLATE utf8mb4_bin NOT NULL DEFAULT 'it''s' COMMENT 'note {i}'" for i in range(4)]
    lines += [f"`count_{i}` int DEFAULT '{i}'" for i in range(3)]
    lines += ["`price` decimal(10,2) DEFAULT NULL", "`body` text", "`made` datetime DEFAULT CURRENT_TIMESTAMP"]
    lines += ["PRIMARY KEY (`id`)", "UNIQUE KEY `by_name` (`name_0`,`name_1`(10))", "KEY `by_count` (`count_0` DESC,`made`)", "KEY `by_owner` (`owner_id`)"]
    if number > 0:
        lines.append(f"CONSTRAINT `{name}_ibfk_1` FOREIGN KEY (`owner_id`) REFERENCES `table_{number // 2:05}` (`id`)")
    lines.append(f"CONSTRAINT `{name}_chk_1` CHECK ((`count_0` < 100))")
    text = f"CREATE TABLE `{name}` (\n  " + ",\n  ".join(lines) + "\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_0900_ai_ci"
    return {"type": "table", "name": name, "text": text, "context": "", "order": 0}


def changed(objects):
    """A hundred of them with another type, a column less and a column more."""
    step = len(objects) // CHANGES
    made = list(objects)
    for index in range(0, step * CHANGES, step):
        text = objects[index]["text"]
        text = text.replace("`count_1` int", "`count_1` bigint").replace("  `price` decimal(10,2) DEFAULT NULL,\n", "")
        made[index] = {**objects[index], "text": text.replace("  `body` text", "  `body` text,\n  `added` date DEFAULT NULL")}
    return made


def measure(count):
    objects = [table(number) for number in range(count)]
    tool = Tool()
    answer = tool.ask({"mode": "roundtrip", **tool.common(Printed), "from": objects, "to": []})
    if len(answer["objects"]) != count or not all(entry["held"] for entry in answer["objects"]):
        raise SystemExit("a table was not held: no figures")
    tool.close()
    difference = tool.difference(Printed, Objects(objects), Objects(changed(objects)))
    if difference["problem"] or len(difference["statements"]) != CHANGES:
        raise SystemExit(f"not {CHANGES} statements but {len(difference['statements'])} {difference['problem']}: no figures")
    nothing = tool.difference(Printed, Objects(objects), Objects(objects))
    everything = tool.difference(Printed, Objects([]), Objects(objects))
    if nothing["statements"] or len(everything["statements"]) < count:
        raise SystemExit("a wrong difference: no figures")
    tool.close()
    return answer, nothing, difference, everything


def main():
    counts = [int(word) for word in sys.argv[1:]] or [1000, 3000, 10000]
    rows = {count: measure(count) for count in counts}
    heads = ("parse and write", "no difference", f"{CHANGES} changes", "made from nothing")
    print("| tables | " + " | ".join(heads) + " |\n|" + "---|" * (len(heads) + 1))
    for count, answers in rows.items():
        print(f"| {count} | " + " | ".join(f"{answer['milliseconds']:.0f} ms, {answer['kibibytes'] / 1024:.0f} MiB" for answer in answers) + " |")
    first, last = counts[0], counts[-1]
    grown = [rows[last][i]["milliseconds"] / max(rows[first][i]["milliseconds"], 0.01) for i in range(len(heads))]
    print(f"| {last / first:.0f} times as many | " + " | ".join(f"{times:.1f} times" for times in grown) + " |")


if __name__ == "__main__":
    main()
