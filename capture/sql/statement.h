/* statement: what one SQL statement is, as far as capture must know.
 *
 * A classifier by tokens, not a grammar: it survives SQL that it does not understand, and finds the
 * verb and the objects behind comments, executable comments (of both families, 5 and 6 digits),
 * SET STATEMENT ... FOR, EXECUTE IMMEDIATE '...', and compound statements.
 */
#ifndef DDLTAP_SQL_STATEMENT_H
#define DDLTAP_SQL_STATEMENT_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/slice.h"
#include "sql/dialect.h"
#include "sql/object.h"

enum statement_kind {
    STATEMENT_EMPTY, /* only blanks: after the last ';' the server makes no answer for it */
    STATEMENT_OTHER, /* not DDL, exactly one answer (DML, SHOW, ...; also comments alone: OK) */
    STATEMENT_DDL,   /* CREATE/ALTER/DROP/RENAME/TRUNCATE of the objects below */
    STATEMENT_USE,
    STATEMENT_SET,
    STATEMENT_CALL,              /* result sets, then one OK */
    STATEMENT_PREPARE,           /* PREPARE name FROM 'text' or @variable */
    STATEMENT_EXECUTE,           /* EXECUTE name */
    STATEMENT_EXECUTE_IMMEDIATE, /* of an expression: the text is not known */
    STATEMENT_COMPOUND, /* MariaDB BEGIN NOT ATOMIC, IF, LOOP ... outside a routine; may hold DDL */
    STATEMENT_ACCOUNT, /* users, roles, grants, passwords, CREATE SERVER, CHANGE MASTER: holds secrets */
};

enum ddl_verb {
    DDL_CREATE,
    DDL_ALTER,
    DDL_DROP,
    DDL_RENAME,
    DDL_TRUNCATE
};

/* What a named object is to its statement. */
enum object_role {
    ROLE_TARGET,      /* created, altered, dropped, truncated */
    ROLE_RENAME_FROM, /* followed in the list by its ROLE_RENAME_TO */
    ROLE_RENAME_TO,
    ROLE_REFERENCE, /* named but not changed: the table of a trigger, LIKE, REFERENCES of a CREATE */
};

struct statement_object {
    enum object_type type;
    enum object_role role;
    char *schema; /* NULL: the default schema. Unquoted, in the client's character set */
    char *name;
};

/* A column or index that the statement itself renames (CHANGE a b, RENAME COLUMN, RENAME INDEX). */
struct statement_rename {
    bool index; /* else a column */
    char *from;
    char *to;
};

struct statement {
    enum statement_kind kind;

    /* STATEMENT_DDL, and STATEMENT_COMPOUND for the DDL inside it (verb of the first) */
    enum ddl_verb verb;
    const char
        *noun;      /* as a person says it: "TABLE", "INDEX", "VIEW", "TRIGGER", "DATABASE", ... */
    bool temporary; /* TEMPORARY stands in the text */
    bool if_exists, if_not_exists, or_replace;
    struct statement_object *objects;
    size_t object_count;
    struct statement_rename *renames;
    size_t rename_count;

    /* STATEMENT_USE: the schema. STATEMENT_PREPARE, STATEMENT_EXECUTE: the statement's name */
    char *name;
    /* STATEMENT_PREPARE from a literal, STATEMENT_DDL by EXECUTE IMMEDIATE 'literal': the inner
     * text with escapes resolved; else NULL */
    char *inner_text;

    bool
        reads_diagnostics; /* names ROW_COUNT, FOUND_ROWS, warning_count or error_count: ask nothing */
    bool many_answers;     /* result sets until one OK or ERR ends it (CALL, compound, EXECUTE) */
    char *
        application; /* ApplicationName=... of a leading tool comment ("DBeaver 24.2.3"); or NULL */
};

/* Classify one statement (no terminating ';' needed). Never fails: what it does not understand is
 * STATEMENT_OTHER. Release with statement_release; NULL-safe fields. */
void statement_read(struct slice text, const struct dialect *dialect, struct statement *statement);
void statement_release(struct statement *statement);

/* "ALTER TABLE", "CREATE INDEX", ...: verb and noun for lists. Static text or in a small table. */
const char *ddl_verb_text(enum ddl_verb verb);

/* Session settings on which the meaning of a DDL depends. Texts are owned; NULL is "not known". */
struct sql_facts {
    char *default_schema; /* NULL: none chosen */
    char *sql_mode;
    char *character_set_client;
    char *collation_connection;
    char *time_zone;
    bool foreign_key_checks;
    char *global_sql_mode; /* the server's defaults, to tell what differs */
    char *global_time_zone;

    /* What statement_follow has seen saved: SET @OLD_SQL_MODE = @@SQL_MODE. A NULL value is unknown. */
    struct sql_variable {
        char *name;
        char *value;
    } * variables;
    size_t variable_count;
};

void sql_facts_release(struct sql_facts *facts);
void sql_facts_copy(struct sql_facts *to,
                    const struct sql_facts *from); /* to must be released or zero */

/* What USE or SET inside a multi-statement text does to the facts (USE, SET sql_mode, NAMES,
 * CHARACTER SET, character_set_client, collation_connection, foreign_key_checks, time_zone, with
 * SESSION/@@ forms and lists; values that are not literals make the fact NULL = unknown, except
 * `@@OLD`-style user variables that the same text set before, which are followed when simple). */
void statement_follow(struct slice text, const struct dialect *dialect, struct sql_facts *facts);

#endif
