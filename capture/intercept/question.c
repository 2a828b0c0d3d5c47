/* MariaDB casts a boolean variable to "O", half of "ON"; as a number it is 0 or 1 everywhere.
 *
 * Texts hold no string in double quotes and no backslash: they mean the same under every sql_mode.
 */
#include "intercept/question.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"

/* FOUND_ROWS() is put back by making that many rows: beyond this it costs more than it is worth. */
#define FOUND_ROWS_MAX 10000

#define BINARY(expression) "CAST(" expression " AS BINARY)"
#define COMMON_FACTS                                                                               \
    BINARY("CONVERT(DATABASE() USING utf8mb4)")                                                    \
    ", " BINARY("@@sql_mode") ", " BINARY("@@character_set_client") ", " BINARY(                   \
        "@@collation_connection") ", " BINARY("@@time_zone") ", " BINARY("@@foreign_key_checks+0") ", " BINARY("@@global.sql_mode") ", " BINARY("@@global.time_zone")

enum fact {
    FACT_SCHEMA,
    FACT_SQL_MODE,
    FACT_CHARSET,
    FACT_COLLATION,
    FACT_TIME_ZONE,
    FACT_FOREIGN_KEY_CHECKS,
    FACT_GLOBAL_SQL_MODE,
    FACT_GLOBAL_TIME_ZONE,
    FACT_COUNT,
    /* MySQL only */
    FACT_GTID_NEXT = FACT_COUNT,
    FACT_FOUND_ROWS,
    FACT_COUNT_MYSQL
};

/* MariaDB counts the rows of VALUES where it numbers the rows of warnings, when it parses them and when it
 * sends them. A block that runs has a count of its own: so VALUES is parsed within. That uses up an id of a
 * prepared statement, so it is done only where the count matters; and the answer is the row and an OK,
 * nothing for a session without CLIENT_MULTI_RESULTS. */
#define VALUES_OF_FACTS "VALUES (" COMMON_FACTS ") LIMIT 1"

struct slice question_facts_text(bool mariadb, bool in_block)
{
    if (!mariadb)
        return SLICE("SELECT " COMMON_FACTS
                     ", " BINARY("@@gtid_next") ", " BINARY("FOUND_ROWS()") " LIMIT 1");
    return in_block ? SLICE("BEGIN NOT ATOMIC EXECUTE IMMEDIATE '" VALUES_OF_FACTS "'; END")
                    : SLICE(VALUES_OF_FACTS);
}

bool question_facts_read(bool mariadb, const struct answer *answer, struct question_facts *facts)
{
    unsigned expected = mariadb ? FACT_COUNT : FACT_COUNT_MYSQL;
    const struct slice *values = answer->values;
    memset(facts, 0, sizeof(*facts));
    if (answer->error_code != 0 || answer->columns != expected)
        return false;
    facts->facts = (struct sql_facts){
        .default_schema = memory_copy_slice(values[FACT_SCHEMA]),
        .sql_mode = memory_copy_slice(values[FACT_SQL_MODE]),
        .character_set_client = memory_copy_slice(values[FACT_CHARSET]),
        .collation_connection = memory_copy_slice(values[FACT_COLLATION]),
        .time_zone = memory_copy_slice(values[FACT_TIME_ZONE]),
        .foreign_key_checks = slice_equal(values[FACT_FOREIGN_KEY_CHECKS], SLICE("1")),
        .global_sql_mode = memory_copy_slice(values[FACT_GLOBAL_SQL_MODE]),
        .global_time_zone = memory_copy_slice(values[FACT_GLOBAL_TIME_ZONE]),
    };
    if (!mariadb) {
        char *rows = memory_copy_slice(values[FACT_FOUND_ROWS]);
        facts->gtid_chosen = !slice_equal(values[FACT_GTID_NEXT], SLICE("AUTOMATIC"));
        facts->found_rows = rows == NULL ? 1 : strtoull(rows, NULL, 10);
        free(rows);
    }
    return true;
}

bool question_found_rows_text(uint32_t version, uint64_t found_rows, struct buffer *out)
{
    if (version < 80000 || found_rows == 1 || found_rows > FOUND_ROWS_MAX)
        return false;
    if (found_rows == 0)
        buffer_append_text(out, "SELECT SQL_CALC_FOUND_ROWS 1 FROM DUAL WHERE 1=0");
    else
        buffer_printf(out,
                      "SELECT SQL_CALC_FOUND_ROWS 1 FROM JSON_TABLE(CONCAT('[1',REPEAT(',1',%llu),"
                      "']'),'$[*]' COLUMNS(a INT PATH '$')) j LIMIT 0",
                      (unsigned long long)found_rows - 1);
    return true;
}

static void append_name(const char *name, struct buffer *out)
{
    buffer_append_char(out, '`');
    for (; *name != '\0'; name++) {
        if (*name == '`')
            buffer_append_char(out, '`');
        buffer_append_char(out, *name);
    }
    buffer_append_char(out, '`');
}

void question_table_text(const char *schema, const char *name, bool at_once, struct buffer *out)
{
    if (at_once)
        buffer_append_text(out, "SET STATEMENT lock_wait_timeout=0 FOR ");
    buffer_append_text(out, "SHOW CREATE TABLE ");
    if (schema != NULL) {
        append_name(schema, out);
        buffer_append_char(out, '.');
    }
    append_name(name, out);
}

/* Zeros between: character_set_results may be UTF-16 or UTF-32. */
static bool starts_with_ascii(struct slice text, const char *start)
{
    for (size_t i = 0; i < text.len && *start != '\0'; i++) {
        if (text.ptr[i] == '\0')
            continue;
        if (text.ptr[i] != *start++)
            return false;
    }
    return *start == '\0';
}

bool question_table_is_temporary(const struct answer *answer)
{
    return answer->error_code == 0 && answer->columns >= 2 &&
           starts_with_ascii(answer->values[1], "CREATE TEMPORARY ");
}

bool question_table_is_unknown(const struct answer *answer)
{
    return answer->error_code != 0 && answer->error_code != ER_NO_SUCH_TABLE &&
           answer->error_code != ER_BAD_DB_ERROR;
}
