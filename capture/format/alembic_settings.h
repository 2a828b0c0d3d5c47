/* alembic_settings: what alembic.ini and env.py say of where migrations lie and how they are called.
 *
 *     migrations/alembic.ini      Flask-Migrate: the folder of the file is the script location
 *     alembic.ini                 Alembic: [alembic] script_location = %(here)s/alembic
 *
 * The file is read as Python's ConfigParser reads it: "name = value" or "name: value", lines that go
 * on indented, %% for %, %(name)s for another value, %(here)s for the folder of the file.
 */
#ifndef DDLTAP_FORMAT_ALEMBIC_SETTINGS_H
#define DDLTAP_FORMAT_ALEMBIC_SETTINGS_H

#include <stdbool.h>

#include "ddltap/error.h"
#include "format/chain.h"

struct alembic_settings {
    char *ini;              /* below root; NULL: there is none, and all is as Alembic has it */
    bool flask;             /* it is Flask-Migrate's */
    char *script_location;  /* below root; has env.py */
    struct texts locations; /* folders of migrations, below root; at least one */
    bool recursive;         /* sub-folders count too */
    char *file_template;    /* "%(rev)s_%(slug)s" */
    size_t slug_length;     /* truncate_slug_length */
    char *timezone;         /* "Europe/Berlin"; NULL: that of this machine */
};

/* The settings of the project at root whose migrations lie in directory (below root). Release in any
 * case. ERROR_CONFIG, ERROR_UNSUPPORTED, ERROR_FILE: as format.h has them for read. */
must_check enum error alembic_settings_read(const char *root, const char *directory,
                                            struct alembic_settings *settings,
                                            struct problem *problem);
void alembic_settings_release(struct alembic_settings *settings);

/* Is Alembic used in the project at root? Then *directory is the folder of its migrations and *ini
 * the file that says so, both below root and owned by the caller. */
bool alembic_settings_detect(const char *root, char **directory, char **ini);

#endif
