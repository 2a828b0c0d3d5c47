/* unified: two texts, and what differs between them line by line, as `diff -u` writes it.
 *
 *     @@ -1,4 +1,5 @@
 *      CREATE TABLE `users` (
 *     -  `note` varchar(50) DEFAULT NULL,
 *     +  `note` varchar(60) DEFAULT NULL,
 *
 * The lines that stay are a longest common subsequence, in time and memory of the product of the
 * lines between the first and the last difference. Where that is more than UNIFIED_LIMIT, all of these
 * lines are written as gone and come.
 */
#ifndef DDLTAP_SCHEMA_UNIFIED_H
#define DDLTAP_SCHEMA_UNIFIED_H

#include "ddltap/buffer.h"
#include "ddltap/slice.h"

#define UNIFIED_LIMIT ((size_t)4 << 20)

/* Append the hunks, with three lines around each difference; nothing when the texts are equal. Either
 * may be none, for what does not exist. No lines with file names; a missing '\n' at the end is no
 * difference. */
void unified_write(struct slice before, struct slice after, struct buffer *out);

#endif
