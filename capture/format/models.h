/* models: what a database has that the models of the project do not know.
 *
 * A tool that writes migrations from models (flask db migrate, alembic revision --autogenerate) drops
 * what it finds in the database and not in the models: so whoever commits a change made by hand must
 * be told, with the lines that the model needs.
 */
#ifndef DDLTAP_FORMAT_MODELS_H
#define DDLTAP_FORMAT_MODELS_H

#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"

enum models_kind {
    MODELS_TABLE,
    MODELS_COLUMN,
    MODELS_INDEX, /* or a constraint */
};

struct models_gap {
    enum models_kind kind;
    char *table; /* owned, as all texts here */
    char *name;  /* of the column or index; "" for a table */
    char *
        lines; /* ready to be put into the models: "nickname = db.Column(db.String(64))\n"; or "" */
};

struct models {
    struct models_gap *gaps;
    size_t count;
    const char *command; /* what would drop them: "flask db migrate"; static */
};

#define MODELS_INIT ((struct models){NULL, 0, NULL})

void models_add(struct models *models, enum models_kind kind, struct slice table,
                struct slice name);
/* Append one line to those of the last gap. */
void models_add_line(struct models *models, struct slice line);
void models_release(struct models *models);

/* Append a sentence: "The models have no column users.nickname: the next flask db migrate would drop
 * it." */
void models_append_sentence(const struct models *models, size_t gap, struct buffer *out);

#endif
