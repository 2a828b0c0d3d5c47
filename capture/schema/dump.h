/* dump: a schema out of the text that mysqldump or mariadb-dump wrote.
 *
 *     -- Server version  9.7.4                          whose text it is
 *     DROP TABLE IF EXISTS `users`;
 *     CREATE TABLE `users` ( ... );                     an object, as SHOW CREATE prints it
 *     INSERT INTO `users` VALUES ...;                   rows: passed over
 *     SET sql_mode = '...';                             the settings of what follows
 *     DELIMITER ;;
 *     (CREATE) (DEFINER=..) (TRIGGER `t` ...) ;;        in executable comments: put together
 *     (CREATE VIEW `v` AS SELECT 1 AS `a`);             stands in for the view until all tables are there:
 *     DROP VIEW IF EXISTS `v`; (CREATE ..) (VIEW `v` AS select ...);                   the last one counts
 *
 * The text is cut as the mysql program cuts it. Nothing in it is run; what changes an object that was made
 * before (ALTER TABLE, CREATE INDEX, as other programs write them) is not followed, and the object is
 * one whose definition is not known.
 */
#ifndef DDLTAP_SCHEMA_DUMP_H
#define DDLTAP_SCHEMA_DUMP_H

#include <stdbool.h>

#include "ddltap/error.h"
#include "ddltap/slice.h"
#include "schema/catalog.h"
#include "sql/dialect.h"

/* Texts are owned. */
struct dump {
    char *server;           /* "9.7.4-2", "10.11.19-MariaDB"; NULL: the dump does not say */
    char *database;         /* NULL: the dump does not say */
    struct dialect dialect; /* of that server, or the one that was assumed */
    struct catalog catalog;
    bool says_routines; /* "Dumping routines for": all of them are in it */
    bool says_events;
};

/* usual: the server to assume where the dump names none. database: the one to take where the dump holds
 * several; may be NULL.
 * ERROR_MALFORMED: no CREATE statement in it. ERROR_NOT_FOUND: several databases, none of them of that
 * name; the problem lists them. Release after success only. */
must_check enum error dump_read(struct slice text, const struct dialect *usual,
                                const char *database, struct dump *dump, struct problem *problem);
void dump_release(struct dump *dump);

#endif
