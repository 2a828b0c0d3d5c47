/* fingerprint: a few bytes that change when the schema does, found without reading its definitions.
 *
 *     information_schema  --which columns has this version?-->  --hash of all rows, added up-->  fingerprint
 *
 * Two questions, whatever the size of the schema; sequences of servers that list none are read besides. It
 * sees what information_schema tells, and when tables were made: so it also changes where nothing did
 * (TRUNCATE, OPTIMIZE), and reading the definitions then tells. What it does not see: docs/drift.md.
 */
#ifndef DDLTAP_SERVER_FINGERPRINT_H
#define DDLTAP_SERVER_FINGERPRINT_H

#include "ddltap/error.h"
#include "schema/image.h"
#include "server/control.h"

#define FINGERPRINT_SIZE IMAGE_HASH_SIZE

/* Empty ("") where the server refuses such questions. An error is only a lost connection. */
must_check enum error fingerprint_read(struct control *control, const char *schema,
                                       char fingerprint[FINGERPRINT_SIZE], struct problem *problem);

#endif
