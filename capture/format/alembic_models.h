/* alembic_models: the models of the project compared with the database, by Alembic in the project's
 * own Python. The program is alembic_models.py, which is built into ddltap. */
#ifndef DDLTAP_FORMAT_ALEMBIC_MODELS_H
#define DDLTAP_FORMAT_ALEMBIC_MODELS_H

#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "format/alembic_settings.h"
#include "format/models.h"

/* python: the program to run; "": that of VIRTUAL_ENV, else of .venv, venv or env in root, else
 * python3. models is MODELS_INIT before, and released on an error. ERROR_UNSUPPORTED: it could not
 * be compared; the problem says why in one sentence. */
must_check enum error alembic_models_compare(const char *root,
                                             const struct alembic_settings *settings,
                                             const char *python, struct models *models,
                                             struct problem *problem);

/* Read what the program printed. Errors as above. */
must_check enum error alembic_models_read(struct slice output, struct models *models,
                                          struct problem *problem);

#endif
