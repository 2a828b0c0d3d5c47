/* capabilities: what client and server agreed to, 64 bits.
 *
 * The low 32 bits are the protocol's flags. MariaDB has 32 more, sent in bytes that are reserved
 * elsewhere; here they are the high half, with MariaDB's own numbering. They count only where bit 0
 * (CLIENT_MYSQL) is clear on the side that sent them.
 *
 * A flag is in effect when the client set it AND the server offered it, after our masking
 * (CLIENT_SSL, where the proxy has no certificate).
 *
 * Sources: MySQL "Capabilities Flags" (include/mysql_com.h), MariaDB "Connection: capabilities" and
 * Connector/C include/mariadb_com.h.
 */
#ifndef DDLTAP_WIRE_CAPABILITIES_H
#define DDLTAP_WIRE_CAPABILITIES_H

#include <stdint.h>

#define CLIENT_LONG_PASSWORD (UINT64_C(1) << 0) /* MySQL's name */
#define CLIENT_MYSQL (UINT64_C(1) << 0)         /* MariaDB's name: clear means MariaDB */
#define CLIENT_FOUND_ROWS (UINT64_C(1) << 1)
#define CLIENT_LONG_FLAG (UINT64_C(1) << 2)
#define CLIENT_CONNECT_WITH_DB (UINT64_C(1) << 3)
#define CLIENT_NO_SCHEMA (UINT64_C(1) << 4)
#define CLIENT_COMPRESS (UINT64_C(1) << 5) /* zlib frames */
#define CLIENT_ODBC (UINT64_C(1) << 6)
#define CLIENT_LOCAL_FILES (UINT64_C(1) << 7)
#define CLIENT_IGNORE_SPACE (UINT64_C(1) << 8)
#define CLIENT_PROTOCOL_41 (UINT64_C(1) << 9)
#define CLIENT_INTERACTIVE (UINT64_C(1) << 10)
#define CLIENT_SSL (UINT64_C(1) << 11)
#define CLIENT_IGNORE_SIGPIPE (UINT64_C(1) << 12)
#define CLIENT_TRANSACTIONS (UINT64_C(1) << 13)
#define CLIENT_RESERVED (UINT64_C(1) << 14)
#define CLIENT_SECURE_CONNECTION (UINT64_C(1) << 15)
#define CLIENT_MULTI_STATEMENTS (UINT64_C(1) << 16)
#define CLIENT_MULTI_RESULTS (UINT64_C(1) << 17)
#define CLIENT_PS_MULTI_RESULTS (UINT64_C(1) << 18)
#define CLIENT_PLUGIN_AUTH (UINT64_C(1) << 19)
#define CLIENT_CONNECT_ATTRS (UINT64_C(1) << 20)
#define CLIENT_PLUGIN_AUTH_LENENC_DATA (UINT64_C(1) << 21)
#define CLIENT_CAN_HANDLE_EXPIRED_PASSWORDS (UINT64_C(1) << 22)
#define CLIENT_SESSION_TRACK (UINT64_C(1) << 23)
#define CLIENT_DEPRECATE_EOF (UINT64_C(1) << 24)
#define CLIENT_OPTIONAL_RESULTSET_METADATA (UINT64_C(1) << 25) /* MySQL 8.0 */
#define CLIENT_ZSTD_COMPRESSION (UINT64_C(1) << 26)            /* MySQL 8.0.18 */
#define CLIENT_QUERY_ATTRIBUTES (UINT64_C(1) << 27)            /* MySQL 8.0.23 */
#define CLIENT_MULTI_FACTOR_AUTHENTICATION (UINT64_C(1) << 28) /* MySQL 8.0.28 */
#define CLIENT_CAPABILITY_EXTENSION (UINT64_C(1) << 29)        /* MySQL: reserved */
#define CLIENT_PROGRESS_OBSOLETE (UINT64_C(1) << 29)           /* MariaDB: progress, old place */
#define CLIENT_SSL_VERIFY_SERVER_CERT (UINT64_C(1) << 30)
#define CLIENT_REMEMBER_OPTIONS (UINT64_C(1) << 31)

#define MARIADB_CLIENT_PROGRESS (UINT64_C(1) << 32)
#define MARIADB_CLIENT_RESERVED_1 (UINT64_C(1) << 33) /* was COM_MULTI */
#define MARIADB_CLIENT_STMT_BULK_OPERATIONS (UINT64_C(1) << 34)
#define MARIADB_CLIENT_EXTENDED_METADATA (UINT64_C(1) << 35) /* one more field in definitions */
#define MARIADB_CLIENT_CACHE_METADATA (UINT64_C(1) << 36)
#define MARIADB_CLIENT_BULK_UNIT_RESULTS (UINT64_C(1) << 37) /* 11.5.1 */

#define CAPABILITIES_BASE UINT64_C(0xFFFFFFFF)

/* What is in effect, given what each side sent. MariaDB's half counts only when both left
 * CLIENT_MYSQL clear. */
uint64_t capabilities_effective(uint64_t client, uint64_t offered);

#endif
