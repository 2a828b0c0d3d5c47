/* notes: lists in the JSON that the journal keeps for the command line (commitment.h, committed.h, retraction.h). */
#ifndef DDLTAP_COMMAND_NOTES_H
#define DDLTAP_COMMAND_NOTES_H

#include <stddef.h>
#include <stdint.h>

#include <jansson.h>

#include "format/texts.h"

/* A new list; NULL: one of the texts is not UTF-8. */
json_t *notes_texts(const struct texts *texts);
json_t *notes_numbers(const int64_t *numbers, size_t count);

/* From the field of that name, which may be missing. Texts are appended; numbers and text are owned by the caller. */
void notes_read_texts(const json_t *note, const char *name, struct texts *texts);
int64_t *notes_read_numbers(const json_t *note, const char *name, size_t *count);
char *notes_read_text(const json_t *note, const char *name); /* "": missing */

#endif
