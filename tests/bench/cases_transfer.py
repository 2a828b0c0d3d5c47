"""Much in one piece: large results, bulk INSERT, LOAD DATA LOCAL."""

from case import CPU_MEGABYTE, CPU_QUERY, MEGABYTES, QUERIES, Case, Group

LARGE_ROWS, LARGE_WIDTH = 100_000, 1000  # 100 MB
INSERT_ROWS, INSERT_WIDTH = 2000, 500  # 1 MB a statement
FILE_ROWS = 20_000


def fill_rows(stand):
    """1,000 rows of a hundred bytes, a large table, and those that are loaded into."""
    if "rows" in stand.filled:
        return
    stand.filled.add("rows")
    stand.server.execute(
        "CREATE TABLE digits (n INT PRIMARY KEY); INSERT INTO digits VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9);"
        "CREATE TABLE thousand (id INT PRIMARY KEY, c VARCHAR(120) NOT NULL);"
        "INSERT INTO thousand SELECT a.n + 10 * b.n + 100 * c.n, REPEAT('r', 96) FROM digits a, digits b, digits c;"
        f"CREATE TABLE large (id INT PRIMARY KEY, c VARCHAR({LARGE_WIDTH}) NOT NULL);"
        f"INSERT INTO large SELECT t.id + 1000 * a.n + 10000 * b.n, REPEAT('l', {LARGE_WIDTH - 6})"
        "  FROM thousand t, digits a, digits b;"
        "CREATE TABLE sink (id INT, c VARCHAR(500))",
        database="bench",
    )
    write_inputs(stand)


def write_inputs(stand):
    value = "v" * (INSERT_WIDTH - 20)
    values = ",".join(f"({i}, '{value}')" for i in range(INSERT_ROWS))
    (stand.folder / "insert.sql").write_text(f"INSERT INTO sink VALUES {values}")
    line = "f" * 490
    (stand.folder / "load.txt").write_text("".join(f"{i}\t{line}\n" for i in range(FILE_ROWS)))


def megabytes(result, bytes_moved):
    million = bytes_moved / 1e6
    return {"rate": million / result["seconds"], "cpu": result["cpu"] / million * 1e6}


def sample_thousand(place):
    result = place.client("query", "SELECT id, c FROM thousand")
    return {"rate": result["count"] / result["seconds"], "cpu": result["cpu"] / result["count"] * 1e6}


def sample_large(place):
    result = place.client("query", "SELECT id, c FROM large")
    return megabytes(result, result["bytes"])


def empty_sink(place):
    place.server.execute("TRUNCATE sink", database="bench")


def sample_insert(place):
    path = place.stand.folder / "insert.sql"
    result = place.client("query-file", path)
    empty_sink(place)
    return megabytes(result, result["count"] * path.stat().st_size)


def sample_load(place):
    path = place.stand.folder / "load.txt"
    result = place.client("--infile", path, "query", "LOAD DATA LOCAL INFILE 'load' INTO TABLE sink")
    empty_sink(place)
    return megabytes(result, result["count"] * path.stat().st_size)


BULK = (MEGABYTES, CPU_MEGABYTE)

GROUPS = [
    Group(
        "results",
        "Results of 1,000 rows",
        "A raw client reads 1,000 rows of about a hundred bytes, over one connection.",
        [Case("result_1000_rows", "results", sample_thousand, (QUERIES, CPU_QUERY), fill=fill_rows)],
    ),
    Group(
        "bulk",
        "Bulk",
        "A raw client over one connection: a result of 100 MB (100,000 rows), INSERT statements of 1 MB (2,000 rows),"
        " LOAD DATA LOCAL of a file of 10 MB.",
        [
            Case("result_100_mb", "bulk", sample_large, BULK, fill=fill_rows),
            Case("bulk_insert", "bulk", sample_insert, BULK, fill=fill_rows),
            Case("load_data_local", "bulk", sample_load, BULK, fill=fill_rows),
        ],
    ),
]
