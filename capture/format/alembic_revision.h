/* alembic_revision: what a file of Alembic says of itself, read from its text.
 *
 *     """Add users                          title
 *                                           (up to the first empty line)
 *     Revision ID: 3f2a91c0b7de
 *     """
 *     revision = "3f2a91c0b7de"             version
 *     down_revision: str | None = None      parents: none; "a"; ("a", "b")
 *     branch_labels = ("billing",)          labels
 *     depends_on = None                     dependencies
 *
 * Python is not run: values must be literals, in lines of the module itself.
 */
#ifndef DDLTAP_FORMAT_ALEMBIC_REVISION_H
#define DDLTAP_FORMAT_ALEMBIC_REVISION_H

#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "format/chain.h"

/* Fill version, title, parents, dependencies and labels of a migration whose path is set.
 * ERROR_UNSUPPORTED: a value is computed. ERROR_CONFIG: the file has no revision. */
must_check enum error alembic_revision_read(struct slice source, struct migration *migration,
                                            struct problem *problem);

/* The value of the keyword argument or variable `name` in Python source, where it is a literal: *value
 * (owned by the caller) is its text, NULL where it is None or not there. false: it is computed. */
bool alembic_revision_find_keyword(struct slice source, const char *name, char **value);

#endif
