/* locking: see locking.h. */
#include "lint/locking.h"

#include <string.h>

#include "lint/alteration.h"
#include "schema/printed.h"
#include "sql/reader.h"

#define LONGEST 65536

static const struct {
    const char *text;
    const char *algorithm, *lock; /* NULL: not said */
    uint32_t mysql, mariadb;      /* since when; 0: never */
    enum rule rule;
} rows[] = {
    [LOCKING_INSTANT] = {"INSTANT", "INSTANT", NULL, 80012, 100303, RULE_COUNT},
    [LOCKING_NOCOPY] = {"NOCOPY, LOCK=NONE", "NOCOPY", "NONE", 0, 100303, RULE_COUNT},
    [LOCKING_INPLACE] = {"INPLACE, LOCK=NONE", "INPLACE", "NONE", 50600, 100000, RULE_IN_PLACE},
    [LOCKING_ONLINE_COPY] = {"COPY, LOCK=NONE", "COPY", "NONE", 0, 110200, RULE_IN_PLACE},
    [LOCKING_SHARED] = {"INPLACE, LOCK=SHARED", "INPLACE", "SHARED", 50600, 100000,
                        RULE_BLOCKS_WRITES},
    [LOCKING_COPY] = {"COPY", NULL, NULL, 1, 1, RULE_COPIES_TABLE},
};

const char *locking_text(enum locking locking)
{
    return rows[locking].text;
}

static bool says(struct slice statement, const struct dialect *dialect, const char *word)
{
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, statement, dialect);
    while (lexer_next(&lexer, &token)) {
        if (token_is(&token, word))
            return true;
    }
    return false;
}

/* CREATE [UNIQUE | FULLTEXT ...] INDEX, DROP INDEX. */
static bool is_index(struct slice statement, const struct dialect *dialect)
{
    struct reader reader;
    reader_init(&reader, statement, dialect);
    if (!reader_accept(&reader, "CREATE") && !reader_accept(&reader, "DROP"))
        return false;
    for (unsigned words = 0; words < 3; words++) {
        if (reader_is(&reader, "INDEX"))
            return true;
        reader_next(&reader);
    }
    return false;
}

static bool is_alteration(struct slice statement, const struct dialect *dialect)
{
    struct alteration alteration;
    bool is = alteration_read(statement, dialect, &alteration) && alteration.count > 0;
    alteration_release(&alteration);
    return is;
}

bool locking_applies(struct slice statement, const struct dialect *dialect)
{
    return statement.len < LONGEST && !says(statement, dialect, "ALGORITHM") &&
           !says(statement, dialect, "LOCK") &&
           (is_index(statement, dialect) || is_alteration(statement, dialect));
}

static void write_options(enum locking locking, const char *separator, struct buffer *out)
{
    buffer_printf(out, "ALGORITHM=%s", rows[locking].algorithm);
    if (rows[locking].lock != NULL)
        buffer_printf(out, "%sLOCK=%s", separator, rows[locking].lock);
}

bool locking_write(struct slice statement, const struct dialect *dialect, enum locking locking,
                   struct buffer *out)
{
    uint32_t since = dialect->mariadb ? rows[locking].mariadb : rows[locking].mysql;
    struct alteration alteration;
    statement = printed_trim(statement);
    if (since == 0 || dialect->version < since)
        return false;
    bool is_alter = alteration_read(statement, dialect, &alteration) && alteration.body != NULL;
    size_t at = is_alter ? (size_t)(alteration.body - statement.ptr) : statement.len;
    buffer_append_slice(out, slice_make(statement.ptr, at));
    if (rows[locking].algorithm != NULL && !is_alter)
        buffer_append_char(out, ' ');
    if (rows[locking].algorithm != NULL)
        write_options(locking, is_alter ? ", " : " ", out);
    if (rows[locking].algorithm != NULL && is_alter)
        buffer_append_text(out, ", ");
    buffer_append_slice(out, slice_from_offset(statement, at));
    alteration_release(&alteration);
    return true;
}

void locking_find(enum locking locking, struct slice statement, struct findings *findings)
{
    struct slice shown = printed_trim(statement);
    shown.len = shown.len > 80 ? 80 : shown.len;
    if (rows[locking].rule != RULE_COUNT)
        findings_add(findings, rows[locking].rule, "%s: %.*s%s", rows[locking].text,
                     FINDINGS_TEXT(shown), statement.len > 80 ? " ..." : "");
}
