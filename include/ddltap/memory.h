/* memory: allocation that does not fail, or ends the program.
 *
 * ddltap bounds every size that a peer can choose before it allocates, so a failing allocation means
 * that the machine is out of memory. Then the program says so and ends; the journal is made for
 * that. No caller checks these for NULL.
 */
#ifndef DDLTAP_MEMORY_H
#define DDLTAP_MEMORY_H

#include <stddef.h>

#include "ddltap/slice.h"

/* Zeroed memory for count objects of size bytes. Owner: the caller; free with free(). */
void *memory_new(size_t count, size_t size);

/* Like realloc; the new part is not zeroed. */
void *memory_resize(void *old, size_t count, size_t size);

/* A NUL-terminated copy. memory_copy_text(NULL) and a slice that is none give NULL. */
char *memory_copy_text(const char *text);
char *memory_copy_slice(struct slice bytes);

/* Overwrite len bytes in a way the compiler keeps: for passwords in transit. */
void memory_wipe(void *ptr, size_t len);

#endif
