/* settings: every key of the configuration, from one table.
 *
 *     defaults  <  ddltap/config.ini  <  ddltap/local.ini  <  environment  <  flags
 *                  (the team's)          (git-ignored)        DDLTAP_...      -c section.name=value
 *
 * The table in settings.c names each key with its type, default, help text and whether a running
 * proxy takes a new value over on SIGHUP. docs/configuration.md is printed from it. An unknown
 * section or key and a value that does not fit are errors that name file and line. No key holds a
 * secret.
 */
#ifndef DDLTAP_CONFIG_SETTINGS_H
#define DDLTAP_CONFIG_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/settings_address.h"
#include "ddltap/buffer.h"
#include "ddltap/error.h"

/* The values of [capture] definer and journal_failure, in the order of their words in the table. */
enum settings_definer {
    SETTINGS_DEFINER_DROP,
    SETTINGS_DEFINER_KEEP
};
enum settings_journal_failure {
    SETTINGS_JOURNAL_REFUSE,
    SETTINGS_JOURNAL_FORWARD
};

/* How many keys the table has (settings.c asserts it). */
#define SETTINGS_KEY_COUNT 25

/* All values. Texts are owned; "" means that the key was not set. */
struct settings {
    /* [proxy] */
    struct settings_addresses listen;        /* at least one */
    struct settings_address upstream;        /* host and socket NULL: taken from the database URL */
    struct settings_address upstream_socket; /* host and socket NULL: none */
    uint64_t threads;                        /* event loops; 0: as many as there are cores */
    char *tls_certificate;                   /* path; "": generated in ddltap/state/ */
    char *tls_key;                           /* path; "": generated in ddltap/state/ */
    uint64_t drain_timeout;                  /* seconds */
    uint64_t connect_timeout;                /* seconds */
    int log_level;                           /* enum log_level */
    /* [capture] */
    char *database;      /* the tracked schema; "": the database of the URL */
    char *user;          /* account of the control connection; "": as the URL says */
    char *url_variable;  /* variable that carries the URL; "": the usual ones */
    int definer;         /* enum settings_definer */
    int journal_failure; /* enum settings_journal_failure */
    uint64_t text_limit; /* bytes */
    /* [journal] */
    uint64_t keep_days; /* 0: for ever */
    /* [format] */
    char *format;        /* [format] name: "", "alembic", "dbmate", ... */
    char *directory;     /* of the migrations, below the project folder; "" */
    char *version_table; /* of the migration tool; "" */
    char *python;        /* program that runs the project's Python; "" */
    /* [lint] */
    char *lint_target; /* "mysql:8.0"; "" */
    char *lint_levels; /* "drop-column:warning, old-utf8:off"; "" */
    /* [replay] */
    char *replay_command;       /* "" */
    char *replay_variable;      /* of the environment */
    uint64_t replay_time_limit; /* seconds */

    char *sources[SETTINGS_KEY_COUNT]; /* where each value comes from, for messages */
};

/* Fill with the defaults. Release with settings_release (NULL-safe). */
void settings_init(struct settings *settings);
void settings_release(struct settings *settings);

/* settings_init and the layers above it, flags left out: FOLDER/config.ini, FOLDER/local.ini
 * (either may be absent), the environment. On an error settings is released. ERROR_CONFIG: names
 * file and line, or variable. ERROR_FILE: a file is there and cannot be read. */
must_check enum error settings_load(struct settings *settings, const char *folder,
                                    struct problem *problem);

/* The layer of one file alone. */
must_check enum error settings_read_file(struct settings *settings, const char *path,
                                         struct problem *problem);

/* Set one key; source says where the value was written ("--listen"), and begins the message of an
 * ERROR_CONFIG. */
must_check enum error settings_put(struct settings *settings, const char *section, const char *name,
                                   const char *value, const char *source, struct problem *problem);

/* Set one key from "section.name=value", as the flag -c gives it. */
must_check enum error settings_put_assignment(struct settings *settings, const char *assignment,
                                              struct problem *problem);

/* Take over the reloadable values of fresh. The names of other keys whose values differ are
 * appended to ignored ("proxy.listen, proxy.threads"): they need a restart. */
void settings_reload(struct settings *settings, const struct settings *fresh,
                     struct buffer *ignored);

/* The value of the key as it would be written in a file; ERROR_NOT_FOUND for an unknown key. */
must_check enum error settings_get_text(const struct settings *settings, const char *section,
                                        const char *name, struct buffer *out,
                                        struct problem *problem);
/* Where it comes from: "default", "ddltap/config.ini line 3", "DDLTAP_PROXY_LISTEN", "-c". */
const char *settings_source(const struct settings *settings, const char *section, const char *name);

/* Call found for every key in the order of the table. */
struct settings_key_facts {
    const char *section, *name, *type, *standard, *help; /* standard: the default as text */
    bool reloadable;
};
void settings_each(void (*found)(void *argument, const struct settings_key_facts *facts),
                   void *argument);

/* The reference, as Markdown. */
void settings_write_markdown(struct buffer *out);

#endif
