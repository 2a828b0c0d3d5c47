/* clauses: the printed definition of an object that is no table, cut into named clauses.
 *
 *     CREATE DEFINER=`u`@`h` FUNCTION `f`(a int) RETURNS int
 *            ^ definer       ^ kind   ^ ^ parameters
 *         READS SQL DATA                name   ^ returns
 *         COMMENT 'b'                   access, comment
 *     RETURN a + 1                      body
 *
 * Each clause is the server's text with its words. The one order and the blanks in which servers print
 * them are known here, so that the clauses give the text back byte for byte. Triggers are the exception:
 * MariaDB prints them as they were typed (see trigger.h), and so are the blanks and comments between.
 */
#ifndef DDLTAP_SCHEMA_CLAUSES_H
#define DDLTAP_SCHEMA_CLAUSES_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "sql/dialect.h"
#include "sql/object.h"

enum clause {
    CLAUSE_ALGORITHM, /* of views */
    CLAUSE_MATERIALIZED,
    CLAUSE_DEFINER,
    CLAUSE_SECURITY,  /* SQL SECURITY INVOKER; of routines too */
    CLAUSE_DUALITY,   /* JSON RELATIONAL DUALITY */
    CLAUSE_AGGREGATE, /* of functions */
    CLAUSE_KIND,      /* PROCEDURE, PACKAGE BODY */
    CLAUSE_NAME,      /* with its quotes */
    CLAUSE_COLUMNS,   /* of a view: (`a`,`b`) */
    CLAUSE_PARAMETERS,
    CLAUSE_RETURNS,
    CLAUSE_ACCESS, /* READS SQL DATA */
    CLAUSE_DETERMINISTIC,
    CLAUSE_LANGUAGE,
    CLAUSE_SCHEDULE, /* of events: ON SCHEDULE EVERY 1 DAY */
    CLAUSE_STARTS,
    CLAUSE_ENDS,
    CLAUSE_COMPLETION,
    CLAUSE_STATUS, /* ENABLE, DISABLE ON SLAVE */
    CLAUSE_TIMING, /* of triggers */
    CLAUSE_EVENT,  /* UPDATE OF a, b */
    CLAUSE_TABLE,  /* ON `t` */
    CLAUSE_TYPE,   /* of sequences: as bigint unsigned */
    CLAUSE_START,
    CLAUSE_MINVALUE,
    CLAUSE_MAXVALUE,
    CLAUSE_INCREMENT,
    CLAUSE_CACHE,
    CLAUSE_CYCLE,
    CLAUSE_ENGINE,
    CLAUSE_CHARSET, /* of databases */
    CLAUSE_COLLATION,
    CLAUSE_ENCRYPTION,
    CLAUSE_READ_ONLY,
    CLAUSE_COMMENT,
    CLAUSE_QUERY, /* of a view */
    CLAUSE_CHECK_OPTION,
    CLAUSE_BODY,
    CLAUSE_COUNT
};

/* What is not there is none. Slices of the text that was read. */
struct clauses {
    enum object_type type;
    struct slice text;
    struct slice of[CLAUSE_COUNT];
};

/* false: there is something that is no clause known; *unknown is where it begins. The dialect is that of
 * the object's own sql_mode. type is none of OBJECT_TABLE. */
bool clauses_read(enum object_type type, struct slice text, const struct dialect *dialect,
                  struct clauses *clauses, struct slice *unknown);

/* Append the definition that the clauses make, as the server printed it. */
void clauses_write(const struct clauses *clauses, struct buffer *out);

/* A clause that came ('+'), went ('-') or became another one ('~'): for people. */
struct clauses_change {
    char mark;
    const char *label;   /* "comment", "increment by"; empty where the clause says it itself */
    struct slice before; /* without the label's words; none where it came, or is long */
    struct slice after;  /* none where it went, or is long */
};

/* The next clause from *at on (0 at first) in which two objects of one type differ, but for their names; *at goes
 * behind it. false: no more. */
bool clauses_next_change(const struct clauses *before, const struct clauses *after, enum clause *at,
                         struct clauses_change *change);

#endif
