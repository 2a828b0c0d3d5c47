/* partition: the printed partitions of a table, and the one step that leads from some to others.
 *
 *     /x!50100 PARTITION BY RANGE (`a`)                          head
 *     (PARTITION p0 VALUES LESS THAN (10) ENGINE = InnoDB,       partitions
 *      PARTITION p1 VALUES LESS THAN MAXVALUE ENGINE = InnoDB) x/    tail
 *
 * Partitions by range or list can be reorganised without touching the others; all else is partitioned
 * anew, which fails where a row has no place in what is wanted.
 */
#ifndef DDLTAP_SCHEMA_PARTITION_H
#define DDLTAP_SCHEMA_PARTITION_H

#include <stdbool.h>
#include <stddef.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"

/* Slices of the text that was read. */
struct partition {
    struct slice name;   /* as printed, with or without backquotes */
    struct slice values; /* "LESS THAN (10)", "IN (1,2)"; none for other methods */
    struct slice text;   /* all of it, sub-partitions and options too */
};

struct partitioning {
    struct slice head; /* up to the list, which may be missing */
    struct partition *partitions;
    size_t count;
    struct slice tail;
};

/* ERROR-free: a text that is not understood has a head and no partitions. Release it. */
void partitioning_read(struct slice text, struct partitioning *partitioning);
void partitioning_release(struct partitioning *partitioning);

enum partition_step {
    PARTITION_ANEW,  /* PARTITION BY or REMOVE PARTITIONING: nothing is written */
    PARTITION_KEEPS, /* no row goes */
    PARTITION_DROPS, /* the rows of a partition go with it: no other one takes them */
};

/* Append the clause ("REORGANIZE PARTITION ...", "ADD PARTITION (...)", "DROP PARTITION ..."). The
 * texts differ; either may be none. */
enum partition_step partition_write_step(struct slice now, struct slice wanted, struct buffer *out);

#endif
