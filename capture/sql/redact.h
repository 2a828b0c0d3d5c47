/* redact: a text without its secrets.
 *
 * Replaces passwords (IDENTIFIED BY/AS/WITH, PASSWORD(), CREATE SERVER and CHANGE MASTER/REPLICATION
 * options, the password part of CONNECTION='mysql://u:p@h/..', DATA DIRECTORY stays) by
 * '<redacted>'. For STATEMENT_ACCOUNT every string literal is replaced.
 */
#ifndef DDLTAP_SQL_REDACT_H
#define DDLTAP_SQL_REDACT_H

#include <stdbool.h>

#include "ddltap/buffer.h"
#include "ddltap/slice.h"
#include "sql/dialect.h"

#define REDACT_PLACEHOLDER "<redacted>"

/* Append text without secrets; true when something was replaced. */
bool redact_write(struct slice text, const struct dialect *dialect, struct buffer *out);

#endif
