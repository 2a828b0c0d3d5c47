"""schema_tool: the schema library of ddltap behind a pipe, one JSON document a line each way."""

import json
import os
import subprocess
import tempfile


class ToolDied(Exception):
    pass


class Tool:
    """Set DDLTAP_SCHEMA_TOOL to the program. Made anew when it has died."""

    def __init__(self, program=None):
        self.command = [program or os.environ["DDLTAP_SCHEMA_TOOL"]]
        self.process = None

    def start(self):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            self.command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors
        )

    def ask(self, request):
        if self.process is None:
            self.start()
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        except BrokenPipeError:
            answer = b""
        if not answer.endswith(b"\n"):
            code = self.process.wait()
            self.process = None
            self.errors.seek(0)
            raise ToolDied(f"schema_tool ended with {code}: {self.errors.read().decode(errors='replace')[-3000:]}")
        return json.loads(answer)

    def close(self):
        if self.process is not None:
            self.process.stdin.close()
            code = self.process.wait(timeout=60)
            self.process = None
            self.errors.seek(0)
            if code != 0:
                raise ToolDied(f"schema_tool ended with {code}: {self.errors.read().decode(errors='replace')[-3000:]}")

    def common(self, database):
        return {
            "mariadb": database.server.is_mariadb,
            "version": database.version,
            "database": database.name,
            "defaults": database.defaults,
        }

    def roundtrip(self, database, schema):
        """The tool's word on each object: [{"type", "name", "held", "why"}]."""
        answer = self.ask({"mode": "roundtrip", **self.common(database), "from": schema.objects, "to": []})
        told = [(entry["type"], entry["name"]) for entry in answer["objects"]]
        asked = [(entry["type"], entry["name"]) for entry in schema.objects]
        if sorted(told) != sorted(asked):
            raise ToolDied(f"schema_tool answered for {told}, asked for {asked}")
        return answer["objects"]

    def statement(self, database, text, sql_mode):
        """{"ddl", "verb", "noun", "objects": [{"type", "role", "name"}]}."""
        return self.ask({"mode": "statement", **self.common(database), "text": text, "sql_mode": sql_mode})

    def net(self, database, changes, refused=(), typed=True):
        """{"up", "down": [{"text", "type", "name", "typed"}], remarks, "problems", "lines", "progress"}."""
        return self.ask({"mode": "net", **self.common(database), "changes": changes, "refused": list(refused), "typed": typed})

    def difference(self, database, now, wanted, renames=(), keep_definer=False, way_back=False):
        """{"statements", "remarks", "describe", "problem"}."""
        return self.ask(
            {
                "mode": "difference",
                **self.common(database),
                "from": now.objects,
                "to": wanted.objects,
                "renames": list(renames),
                "keep_definer": keep_definer,
                "way_back": way_back,
            }
        )
