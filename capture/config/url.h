/* url: a database URL, read as SQLAlchemy reads it.
 *
 *     mysql+pymysql://user:p%40ss@db.example:3306/bankroll?charset=utf8mb4
 *     |              |    |       |          |    |        `- query, percent-decoded
 *     |              |    |       |          |    `- database, taken literally: %24 stays %24
 *     |              |    |       |          `- port; 0 when absent
 *     |              `----`- user, password: percent-decoded
 *     `- mysql or mariadb, with any driver
 */
#ifndef DDLTAP_CONFIG_URL_H
#define DDLTAP_CONFIG_URL_H

#include <stdbool.h>

#include "ddltap/error.h"

/* Texts are owned; NULL when the URL does not have the part. */
struct url {
    char *scheme; /* "mysql+pymysql" */
    char *user;
    char *password;
    char *host;    /* IPv6 without brackets */
    unsigned port; /* 0: absent */
    char *database;
    char *socket;  /* query: unix_socket */
    char *charset; /* query: charset */
    bool tls;      /* query: an ssl parameter asks for TLS */
};

/* ERROR_MALFORMED: no URL. ERROR_UNSUPPORTED: a URL of something that is not MySQL. The problem
 * names the wrong part, never the URL. Nothing to release on an error. */
must_check enum error url_read(const char *text, struct url *url, struct problem *problem);
/* NULL-safe; wipes the password. */
void url_release(struct url *url);

#endif
