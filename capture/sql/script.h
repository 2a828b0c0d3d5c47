/* script: a text of several statements, whose own SET statements decide how the rest is read.
 *
 *     SET @old = @@sql_mode, sql_mode = 'ANSI_QUOTES';      from here on "a" is a name
 *     CREATE VIEW "v" AS SELECT 1;
 *     SET sql_mode = @old;
 *
 *     struct script script;
 *     script_init(&script, text, &dialect, &facts);
 *     while (script_next(&script, &statement)) ...
 *     script_release(&script);
 *
 * Pieces of blanks and comments alone are passed over. What `splitter` is to a text on its way to a
 * server, this is to a text that ddltap runs itself, one statement after the other.
 */
#ifndef DDLTAP_SQL_SCRIPT_H
#define DDLTAP_SQL_SCRIPT_H

#include <stdbool.h>

#include "ddltap/slice.h"
#include "sql/dialect.h"
#include "sql/splitter.h"
#include "sql/statement.h"

/* Not to be copied: the splitter reads the dialect beside it. */
struct script {
    struct splitter splitter;
    struct dialect dialect; /* of the statement that was given last */
    struct sql_facts facts; /* settings under which it runs; owned */
    struct slice last;      /* followed when the next one is asked for */
};

/* facts: of the session in which the text will run; copied. Slices point into text. */
void script_init(struct script *script, struct slice text, const struct dialect *dialect,
                 const struct sql_facts *facts);
bool script_next(struct script *script, struct slice *statement);
void script_release(struct script *script);

#endif
