/* difference_internal: what the files difference*.c share. See difference.h.
 *
 *     difference_pair      which object of now is which of wanted, and what happens to it
 *     difference_table     foreign keys between tables, the order in which tables are altered
 *     difference_program   views, triggers, routines, events
 *     difference_line      what differs, in words
 *     difference           the order of all of it
 */
#ifndef DDLTAP_SCHEMA_DIFFERENCE_INTERNAL_H
#define DDLTAP_SCHEMA_DIFFERENCE_INTERNAL_H

#include "ddltap/error.h"
#include "schema/alter.h"
#include "schema/difference.h"
#include "schema/table.h"

enum fate {
    FATE_SAME,
    FATE_CREATED,
    FATE_DROPPED,
    FATE_ALTERED,
    FATE_UNKNOWN, /* a problem was noted: left as it is */
};

enum progress {
    PROGRESS_NONE,
    PROGRESS_BEGUN,
    PROGRESS_DONE
};

/* A table of both sides, and of one alone as far as it can be read. */
struct table_pair {
    bool now_is_read;
    bool wanted_is_read;
    struct table now; /* as it is once tables and the columns of others have got their names */
    struct table wanted;
    struct table_rename *renames; /* of its columns and indexes, quoted */
    size_t rename_count;
    char **names; /* the memory of renames */
    struct slice *lifted;
    size_t lifted_count;
    struct alter alter;
    bool is_freed; /* foreign keys of it have gone ahead */
};

struct pair {
    enum object_type type;
    const struct definition *now;    /* NULL: created */
    const struct definition *wanted; /* NULL: dropped */
    struct slice text;               /* of now, once tables have their new names */
    char *owned_text;
    bool renamed;
    enum fate fate;
    bool is_gone;  /* the server has dropped it with something else */
    bool is_out;   /* of a table that is made anew: the one of now is dropped */
    bool is_whole; /* a view: nothing of what it names is missing, or that is being found out */
    enum progress progress;
    struct table_pair *table; /* of tables that were looked into; NULL */
};

/* A foreign key of one table to another of the same schema, by pair. */
struct link {
    size_t child;
    size_t parent;
    size_t part; /* of the child's table */
};

/* In the order of the children; those of pair p are from first_of_child[p] up to first_of_child[p + 1],
 * those to it the ones that by_parent names from first_of_parent[p] up to first_of_parent[p + 1]. */
struct links {
    struct link *list;
    size_t count;
    size_t capacity;
    size_t *first_of_child;
    size_t *by_parent;
    size_t *first_of_parent;
};

struct finder {
    const struct schema *now;
    const struct schema *wanted;
    const struct difference_rename *renames;
    size_t rename_count;
    const struct difference_options *options;
    struct difference *difference;
    struct pair *pairs;
    size_t pair_count;
    size_t *pair_of_now; /* by index in now, wanted */
    size_t *pair_of_wanted;
    struct links links_now; /* with the names wanted */
    struct links links_wanted;
};

#define NO_PAIR ((size_t)-1)

/* The parent that foreign keys of now have where theirs goes and another table gets its name. */
#define GONE_PARENT SLICE("`(gone)`")

/* --- difference.c: writing ---------------------------------------------------------------------- */

/* The definition that stays: wanted, or else now. */
const struct definition *pair_definition(const struct pair *pair);

void difference_append_name(const struct definition *definition, struct buffer *out);
/* How the server reads the text of a definition, by the sql_mode that it was made under. */
struct dialect difference_dialect(const struct finder *finder, const struct definition *definition);
/* A statement in its portable form, within the settings of context. */
void difference_add(struct finder *finder, enum difference_kind kind, const struct pair *pair,
                    struct slice text, struct slice context);
void difference_add_setting(struct finder *finder, const char *text);
void difference_problem(struct finder *finder, struct pair *pair, const char *why);
void difference_remark(struct finder *finder, const char *before,
                       const struct definition *definition, const char *after);
void difference_add_drop(struct finder *finder, struct pair *pair);
/* The statement as it was typed that leads to wanted, from now if `from_now`, else from nothing; none. */
struct slice difference_typed_statement(const struct finder *finder, const struct pair *pair,
                                        bool from_now);
/* A statement as it was typed, within the settings of wanted. */
void difference_add_typed(struct finder *finder, enum difference_kind kind, const struct pair *pair,
                          struct slice text);
/* The steps from `first` on hold clauses as they were typed. */
void difference_mark_typed(struct finder *finder, size_t first);
/* How the session reads that runs the statements of a definition. */
struct dialect difference_session_dialect(const struct finder *finder,
                                          const struct definition *definition);
/* CREATE of wanted; text replaces its own where it is given. */
void difference_add_create(struct finder *finder, struct pair *pair, struct slice text);

/* --- difference_pair.c --------------------------------------------------------------------------
 */

void difference_pair_all(struct finder *finder);
void difference_release_pairs(struct finder *finder);
/* Does something that is wanted have the name of this one, which goes? */
bool difference_name_passes_on(const struct finder *finder, const struct pair *gone);
/* The pair of a table, view or sequence by its name wanted (quoted); NO_PAIR. */
size_t difference_find_wanted(const struct finder *finder, enum object_type type,
                              struct slice quoted_name);

/* --- difference_table.c -------------------------------------------------------------------------
 */

void difference_plan_tables(struct finder *finder);
/* Drop the foreign keys to tables that go while another one gets their name. */
void difference_free_children(struct finder *finder);
void difference_alter_tables(struct finder *finder);
void difference_create_tables(struct finder *finder);
void difference_drop_tables(struct finder *finder);
void difference_add_foreign_keys(struct finder *finder);

/* --- difference_line.c --------------------------------------------------------------------------
 */

void difference_write_lines(struct finder *finder);

/* --- difference_program.c -----------------------------------------------------------------------
 */

/* Decide which triggers must be made anew for their order, and what dies with something else. */
void difference_plan_programs(struct finder *finder);
void difference_drop_programs(struct finder *finder);
void difference_create_programs(struct finder *finder);

#endif
