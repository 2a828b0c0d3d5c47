/* redact: a text without its secrets.
 *
 * What goes, with '<redacted>' in its place, so that the text stays valid SQL:
 *   - every string literal of a STATEMENT_ACCOUNT;
 *   - wherever they stand: IDENTIFIED BY/VIA/WITH/AS, SET PASSWORD, PASSWORD(), the passwords of
 *     CREATE SERVER, CHANGE MASTER/REPLICATION and START REPLICA, the keys of S3 tables;
 *   - the passwords within CONNECTION='mysql://u:p@h/..', the lists of CONNECT tables and the
 *     comments of Spider tables;
 *   - a literal or comment that holds an account statement, or the piece of one with its password.
 *     "identified by a human" is not one.
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

/* The same of one definition as the server prints it, when the sql_mode that it was made under is
 * not known: what is a secret with or without ANSI_QUOTES and NO_BACKSLASH_ESCAPES goes. A setting
 * under which a literal stays open is not the one that the server took it under, and is left out. */
bool redact_write_definition(struct slice text, bool mariadb, struct buffer *out);

#endif
