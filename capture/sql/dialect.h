/* dialect: what decides how a server reads a text: its family and version, sql_mode, character set.
 *
 * A plain value. The same bytes are different statements under ANSI_QUOTES, NO_BACKSLASH_ESCAPES,
 * or in a client character set (gbk, sjis, big5, cp932, gb18030) whose second bytes may be 0x5C.
 */
#ifndef DDLTAP_SQL_DIALECT_H
#define DDLTAP_SQL_DIALECT_H

#include <stdbool.h>
#include <stdint.h>

#include "ddltap/slice.h"

/* How bytes of the client's character set group into characters; only what a lexer must know. */
enum dialect_charset {
    DIALECT_CHARSET_SINGLE, /* ASCII-transparent: single byte sets, utf8*, euc-*, ... */
    DIALECT_CHARSET_GBK,    /* gbk, gb2312 is SINGLE-safe */
    DIALECT_CHARSET_BIG5,
    DIALECT_CHARSET_SJIS, /* sjis, cp932 */
    DIALECT_CHARSET_GB18030,
};

struct dialect {
    bool mariadb;
    uint32_t version; /* 101106 for 10.11.6, 90704 for 9.7.4, 260700 for 26.7.0 */
    bool ansi_quotes;
    bool no_backslash_escapes;
    bool ignore_space;
    bool oracle; /* MariaDB sql_mode=ORACLE: bodies begin with AS/IS, packages */
    enum dialect_charset charset;
};

/* From the version text of the greeting: "8.0.36-0ubuntu", "5.5.5-10.6.11-MariaDB", "26.7.0". */
void dialect_set_version(struct dialect *dialect, const char *server_version, bool mariadb);

/* Set the flags that @@sql_mode (a comma list, combination modes already expanded) implies. */
void dialect_set_sql_mode(struct dialect *dialect, struct slice sql_mode);

/* From @@character_set_client. Unknown names are DIALECT_CHARSET_SINGLE. */
void dialect_set_charset(struct dialect *dialect, struct slice charset_name);

#endif
