/* question: what is asked in the client's own session in the instant before its DDL is forwarded.
 *
 * The facts are one row of casts to binary: binary strings reach us as they are, whatever
 * character_set_results the client has chosen. MariaDB is asked by VALUES, which leaves
 * FOUND_ROWS() alone; MySQL's FOUND_ROWS() is asked along and put back afterwards. No question
 * opens a transaction, consumes a one-shot setting or leaves a lock (measured on
 * MariaDB 10.11, 11.8 and MySQL 9.7).
 */
#ifndef DDLTAP_INTERCEPT_QUESTION_H
#define DDLTAP_INTERCEPT_QUESTION_H

#include <stdbool.h>
#include <stdint.h>

#include "ddltap/buffer.h"
#include "ddltap/seam.h"
#include "sql/statement.h"

#define ER_BAD_DB_ERROR 1049
#define ER_PARSE_ERROR 1064
#define ER_NO_SUCH_TABLE 1146
#define ER_QUERY_INTERRUPTED 1317

struct question_facts {
    struct sql_facts facts;
    bool gtid_chosen;    /* MySQL: GTID_NEXT is set; ask nothing more that may fail */
    uint64_t found_rows; /* MySQL: to be put back */
};

/* Static text. in_block: leave the count of rows alone, too, which only MariaDB has. */
struct slice question_facts_text(bool mariadb, bool in_block);
/* false: the answer is not a row of facts (an error, a proxy in between): nothing is known. */
bool question_facts_read(bool mariadb, const struct answer *answer, struct question_facts *facts);

/* Put FOUND_ROWS() back on MySQL 8 and later; false: not needed, or too many rows to do so. */
bool question_found_rows_text(uint32_t version, uint64_t found_rows, struct buffer *out);

/* Is this table a temporary one of the session? schema may be NULL; bytes of the client's character
 * set. The answer says so in its second column. at_once, which only MariaDB has: where another session
 * holds the table, the answer is an error and no wait. */
void question_table_text(const char *schema, const char *name, bool at_once, struct buffer *out);
bool question_table_is_temporary(const struct answer *answer);
/* The server would not say: no privilege, LOCK TABLES, a time limit. */
bool question_table_is_unknown(const struct answer *answer);

#endif
