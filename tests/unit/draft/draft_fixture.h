/* draft_fixture: a temporary folder with a journal and drafts, and changes in a few words. */
#ifndef DDLTAP_TESTS_DRAFT_FIXTURE_H
#define DDLTAP_TESTS_DRAFT_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "draft/draft.h"
#include "draft/projection.h"
#include "journal/journal.h"

struct fixture {
    char folder[64];
    char journal_path[100];
    char drafts[100];
    struct journal *journal; /* JOURNAL_PROXY */
};
int fixture_set_up(void **state);
int fixture_tear_down(void **state);

/* One object of a change; NULL text: absent, "?": unknown. */
struct object_case {
    enum object_type type;
    const char *name;
    const char *before, *after;
    enum object_role role;
    const char *context; /* of both images */
};

/* What differs from: ALTER TABLE in UTF-8 on MySQL 9.7.4 with default settings. NULL: as the
 * default. */
struct change_case {
    enum ddl_verb verb;
    const char *noun;
    const char *text;
    size_t text_len; /* 0: strlen */
    struct object_case objects[4];
    const char *charset, *collation, *sql_mode, *time_zone, *default_schema;
    bool no_foreign_key_checks, mariadb, redacted;
    uint32_t version;
    unsigned error_code;
    const char *tool, *address;
};

/* Intent and outcome: done, its draft due. The change's id. */
int64_t fixture_change(struct journal *journal, const struct change_case *change_case);

enum error fixture_project(const struct fixture *fixture);
/* The content of the only draft there is; free() it. */
char *fixture_only_draft(const struct fixture *fixture);
/* Write the change, run the projection, read the draft; free() it. */
char *fixture_draft_of(const struct fixture *fixture, const struct change_case *change_case);
/* Files in the drafts folder; hidden ones count too. */
unsigned fixture_count_files(const struct fixture *fixture);
char *fixture_read_file(const char *path);
void fixture_write_file(const char *path, const char *text);

void assert_holds(const char *text, const char *part);
void assert_lacks(const char *text, const char *part);

int run_file_tests(void);
int run_composition_tests(void);
int run_projection_tests(void);

#endif
