/* keys: answers of a person at the terminal, a key each; where the terminal gives no single keys, the first
 * character of a line.
 *
 *     keys_open(&keys);
 *     int key = keys_read(&keys);
 *     keys_close(&keys);
 *
 * Ctrl-C ends no program between open and close: it is an answer. The terminal is in its own mode but while a key
 * is waited for, so that what runs in between finds it as it was.
 */
#ifndef DDLTAP_COMMAND_KEYS_H
#define DDLTAP_COMMAND_KEYS_H

#include <signal.h>
#include <stdbool.h>
#include <termios.h>

enum {
    KEYS_END = -1, /* Ctrl-C, Ctrl-D, the terminal is gone */
};

struct keys {
    bool single; /* keys come one by one */
    struct termios own;
    struct sigaction interrupt;
};

void keys_open(struct keys *keys);
void keys_close(struct keys *keys);

/* Wait for an answer: a lower-case letter or another byte; '\n' for an empty line. */
int keys_read(struct keys *keys);

/* Was Ctrl-C pressed since keys_open? */
bool keys_interrupted(void);

#endif
