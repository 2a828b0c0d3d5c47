/* dialect: from what a server says of itself to what a lexer must know. */
#include "sql/dialect.h"

#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* The number at *text, and *text behind it and one dot. Bounded: versions have two or three digits.
 */
static uint32_t read_number(const char **text)
{
    uint32_t number = 0;
    while (isdigit((unsigned char)**text) && number < 1000)
        number = number * 10 + (uint32_t)(*(*text)++ - '0');
    if (**text == '.')
        (*text)++;
    return number;
}

void dialect_set_version(struct dialect *dialect, const char *server_version, bool mariadb)
{
    /* MariaDB before 11 hides behind this prefix, for old replicas' sake. */
    static const char prefix[] = "5.5.5-";
    if (strncmp(server_version, prefix, sizeof(prefix) - 1) == 0 && mariadb)
        server_version += sizeof(prefix) - 1;
    uint32_t major = read_number(&server_version);
    uint32_t minor = read_number(&server_version);
    uint32_t release = read_number(&server_version);
    dialect->mariadb = mariadb;
    dialect->version = major * 10000 + minor * 100 + release;
}

static bool slice_is(struct slice word, const char *text)
{
    return slice_equal_nocase(word, slice_from(text));
}

static void set_mode(struct dialect *dialect, struct slice mode)
{
    static const char *const with_ansi_quotes[] = {"ANSI_QUOTES", "ANSI",       "ORACLE", "DB2",
                                                   "MSSQL",       "POSTGRESQL", "MAXDB"};
    for (size_t i = 0; i < sizeof(with_ansi_quotes) / sizeof(with_ansi_quotes[0]); i++) {
        if (!slice_is(mode, with_ansi_quotes[i]))
            continue;
        dialect->ansi_quotes = true;
        dialect->ignore_space = dialect->ignore_space || i > 0;
    }
    if (slice_is(mode, "NO_BACKSLASH_ESCAPES"))
        dialect->no_backslash_escapes = true;
    if (slice_is(mode, "IGNORE_SPACE"))
        dialect->ignore_space = true;
    if (slice_is(mode, "ORACLE"))
        dialect->oracle = dialect->mariadb;
}

void dialect_set_sql_mode(struct dialect *dialect, struct slice sql_mode)
{
    dialect->ansi_quotes = false;
    dialect->no_backslash_escapes = false;
    dialect->ignore_space = false;
    dialect->oracle = false;
    while (sql_mode.len > 0) {
        const char *comma = memchr(sql_mode.ptr, ',', sql_mode.len);
        size_t length = comma == NULL ? sql_mode.len : (size_t)(comma - sql_mode.ptr);
        set_mode(dialect, slice_make(sql_mode.ptr, length));
        sql_mode = slice_from_offset(sql_mode, comma == NULL ? length : length + 1);
    }
}

void dialect_set_charset(struct dialect *dialect, struct slice charset_name)
{
    static const struct {
        const char *name;
        enum dialect_charset charset;
    } names[] = {
        {"gbk", DIALECT_CHARSET_GBK},         {"big5", DIALECT_CHARSET_BIG5},
        {"sjis", DIALECT_CHARSET_SJIS},       {"cp932", DIALECT_CHARSET_SJIS},
        {"gb18030", DIALECT_CHARSET_GB18030},
    };
    dialect->charset = DIALECT_CHARSET_SINGLE;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (slice_is(charset_name, names[i].name))
            dialect->charset = names[i].charset;
    }
}
