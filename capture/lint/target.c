/* target: see target.h. */
#include "lint/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* "8", "8.0", "8.0.36"; a version that is not told to its end is the last of its series. */
static bool read_version(const char *text, uint32_t *version)
{
    unsigned long parts[3] = {0, 0, 99};
    size_t count = 0;
    while (count < 3 && *text >= '0' && *text <= '9') {
        char *end;
        parts[count++] = strtoul(text, &end, 10);
        text = end;
        if (*text != '.')
            break;
        text++;
    }
    *version = (uint32_t)(parts[0] * 10000 + parts[1] * 100 + parts[2]);
    return count >= 2 && *text == '\0' && parts[0] < 100 && parts[1] < 100 && parts[2] < 100;
}

enum error target_read(const char *text, struct target *target, struct problem *problem)
{
    static const char mysql[] = "mysql:", mariadb[] = "mariadb:";
    *target = (struct target){.known = *text != '\0'};
    if (!target->known)
        return ERROR_NONE;
    target->mariadb = strncmp(text, mariadb, strlen(mariadb)) == 0;
    const char *version = text + (target->mariadb ? strlen(mariadb) : strlen(mysql));
    bool named = target->mariadb || strncmp(text, mysql, strlen(mysql)) == 0;
    if (named && read_version(version, &target->version)) {
        snprintf(target->text, sizeof target->text, "%s %s", target->mariadb ? "MariaDB" : "MySQL",
                 version);
        return ERROR_NONE;
    }
    return problem_set(problem, ERROR_CONFIG,
                       "lint.target: \"%s\" is no server: write mysql:8.0 or mariadb:10.6.", text);
}
