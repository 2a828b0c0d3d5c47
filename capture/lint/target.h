/* target: the server for which migrations are made: [lint] target = mysql:8.0, mariadb:10.6 */
#ifndef DDLTAP_LINT_TARGET_H
#define DDLTAP_LINT_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "ddltap/error.h"

struct target {
    bool known; /* one is configured */
    bool mariadb;
    uint32_t version; /* as struct dialect; of "8.0" the last one, 80099 */
    char text[64];    /* "MySQL 8.0" */
};

/* "" gives one that is not known. ERROR_CONFIG: text is no target; the problem says what one looks like. */
must_check enum error target_read(const char *text, struct target *target, struct problem *problem);

#endif
