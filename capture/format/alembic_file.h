/* alembic_file: the text of a revision file.
 *
 *     """users get a display name                      as Alembic writes it
 *
 *     Revision ID: 3f2a91c0b7de
 *     Revises: 11aa22bb33cc
 *     Create Date: 2026-11-22 10:15:00
 *
 *     """
 *     from alembic import context, op
 *
 *     # revision identifiers, used by Alembic.
 *     revision = "3f2a91c0b7de"
 *     ...
 *     def upgrade():
 *         _run(r"""ALTER TABLE ...""")                 one call a statement, SQL as it stands
 *
 *     def downgrade(): ...
 *
 *     def _run(sql): ...
 *
 * _run hands the text to the driver without parameters: '%', ":name" and backslashes mean nothing to
 * SQLAlchemy, PyMySQL or mysqlclient. Where Alembic writes a script (--sql) it writes the same text,
 * between DELIMITER lines where the client would cut it.
 */
#ifndef DDLTAP_FORMAT_ALEMBIC_FILE_H
#define DDLTAP_FORMAT_ALEMBIC_FILE_H

#include "ddltap/buffer.h"
#include "format/alembic_name.h"
#include "format/proposal.h"

/* Append the text. The proposal is checked (proposal_check). */
void alembic_file_append(const struct proposal *proposal, const char *version,
                         const struct alembic_date *date, struct buffer *out);

#endif
