/* table: the printed definition of a table, cut into named parts that stay the server's own text.
 *
 *     CREATE TABLE `users` (
 *       `id` int NOT NULL,                             columns: name and definition
 *       `team` int DEFAULT NULL,
 *       PRIMARY KEY (`id`),                            parts: keys, periods,
 *       CONSTRAINT `fk` FOREIGN KEY (`team`) ...       foreign keys, checks
 *     ) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4          options
 *     PARTITION BY ...                                 partition
 */
#ifndef DDLTAP_SCHEMA_TABLE_H
#define DDLTAP_SCHEMA_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/error.h"
#include "ddltap/slice.h"

/* Names are as printed, with their backquotes. */
struct table_column {
    struct slice name;
    struct slice definition; /* all that follows the name */
};

enum table_part_kind {
    TABLE_KEY,
    TABLE_PERIOD,
    TABLE_FOREIGN_KEY,
    TABLE_CHECK
};

struct table_part {
    enum table_part_kind kind;
    struct slice name; /* none: the primary key, a period */
    struct slice text; /* the whole part, as after ADD in an ALTER TABLE */
};

struct table_option {
    struct slice key;  /* "ENGINE", "DEFAULT CHARSET", "COMMENT", "WITH SYSTEM VERSIONING" */
    struct slice text; /* "ENGINE=InnoDB" */
};

enum table_storage {
    TABLE_PLAIN,
    TABLE_VIRTUAL,
    TABLE_STORED
};

/* Slices point into the text that was read, or into `owned` after a renaming. */
struct table {
    struct slice name;
    struct table_column *columns;
    size_t column_count;
    struct table_part *parts; /* in printed order */
    size_t part_count;
    struct table_option *options;
    size_t option_count;
    struct slice tail;      /* from the closing parenthesis on, as printed */
    struct slice partition; /* "PARTITION BY ..." or an executable comment of it; none */
    char **owned;
    size_t owned_count;
};

struct table_rename {
    bool index; /* of an index, else of a column */
    struct slice from;
    struct slice to; /* none: the column goes, and another one gets its name */
};

/* Cut text into parts. ERROR_UNSUPPORTED: the parts do not give the text back byte for byte, or one
 * is of a kind that is not known here. Release in either case; text must stay. */
must_check enum error table_read(struct slice text, struct table *table);
void table_release(struct table *table);

/* Append the definition that the parts make, as it was printed. */
void table_write(const struct table *table, struct buffer *out);

/* The same for a server to run, under `name` (quoted, perhaps qualified), and the definition of a
 * column alone. Left out is a collation without a character set that says no more than the table's:
 * MySQL 8 prints it, but takes it for an explicit one when it is typed and prints more from then
 * on. */
void table_write_to_run(const struct table *table, struct slice name, struct buffer *out);
void table_write_definition(const struct table *table, struct slice definition, struct buffer *out);

/* The column or option of that name (letters without case); NULL when there is none. */
const struct table_column *table_column(const struct table *table, struct slice name);
const struct table_option *table_option(const struct table *table, const char *key);

/* What renaming columns does to the rest of the table, all at once: the texts of keys and foreign keys
 * follow, on MariaDB expressions too (MySQL renames no column that one needs). The columns keep their
 * names. */
void table_rename_columns(struct table *table, const struct table_rename *renames, size_t count,
                          bool mariadb);

/* What it does to a foreign key of another table that points to it: its parent has got the name `name`
 * (quoted), and its columns others. Nothing when part is no foreign key. */
void table_follow_parent(struct table *table, struct table_part *part, struct slice name,
                         const struct table_rename *renames, size_t count);

/* What renaming the table does: its name, the names that look derived from it (`old_ibfk_1`, on MySQL
 * `old_chk_1`) and foreign keys to itself. */
void table_rename(struct table *table, struct slice name, bool mariadb);

/* What decides which values a column may hold: type, character set, collation. */
struct slice table_column_values(struct slice definition);
enum table_storage table_column_storage(struct slice definition);
bool table_column_nullable(struct slice definition);
/* Neither a default nor DEFAULT NULL, where a definition that is typed without one gets it. */
bool table_column_lost_default(struct slice definition, bool mariadb);
bool table_column_is_row_time(struct slice definition); /* start or end of a row's history */
bool table_column_character(struct slice definition);   /* a type that has a character set */

/* A unique key that MariaDB keeps by a hash of its columns ("USING HASH"), and one that can be kept in no
 * other way, for it has a text or blob without a prefix. */
bool table_key_is_hashed(const struct table *table, const struct table_part *key);
bool table_key_must_be_hashed(const struct table *table, const struct table_part *key);

/* Servers print keys sorted by class, within one in the order in which they were made. */
#define TABLE_KEY_CLASSES 9
unsigned table_key_class(const struct table *table, const struct table_part *key, bool mariadb);

#endif
