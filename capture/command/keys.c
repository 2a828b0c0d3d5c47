/* keys: see keys.h. */
#include "command/keys.h"

#include <ctype.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    CONTROL_D = 4,
    ESCAPE = 27
};

static volatile sig_atomic_t interrupted;

static void note(int number)
{
    (void)number;
    interrupted = 1;
}

bool keys_interrupted(void)
{
    return interrupted != 0;
}

void keys_open(struct keys *keys)
{
    /* Without SA_RESTART: a read that waits for an answer ends. */
    const struct sigaction action = {.sa_handler = note};
    const char *term = getenv("TERM");
    bool dumb = term == NULL || *term == '\0' || strcmp(term, "dumb") == 0;
    interrupted = 0;
    keys->single = !dumb && tcgetattr(STDIN_FILENO, &keys->own) == 0;
    sigaction(SIGINT, &action, &keys->interrupt);
}

void keys_close(struct keys *keys)
{
    sigaction(SIGINT, &keys->interrupt, NULL);
}

/* One byte; KEYS_END at the end of all answers. Ctrl-C is let in only while there is nothing to read, so that
 * none is missed between looking and waiting. */
static int read_byte(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    unsigned char byte;
    sigset_t blocked, before;
    sigemptyset(&blocked);
    sigaddset(&blocked, SIGINT);
    sigprocmask(SIG_BLOCK, &blocked, &before);
    while (!interrupted && ppoll(&input, 1, NULL, &before) < 0 && errno == EINTR)
        continue;
    sigprocmask(SIG_SETMASK, &before, NULL);
    return !interrupted && read(STDIN_FILENO, &byte, 1) == 1 ? byte : KEYS_END;
}

static int read_line(void)
{
    int first = read_byte();
    for (int byte = first; byte != '\n' && byte != KEYS_END;)
        byte = read_byte();
    return first;
}

/* An arrow or a function key: its bytes come at once, and none of them is an answer. */
static void skip_sequence(void)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    while (poll(&input, 1, 20) > 0 && read_byte() != KEYS_END)
        continue;
}

static int read_key(const struct keys *keys)
{
    struct termios mode = keys->own;
    mode.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    mode.c_cc[VMIN] = 1;
    mode.c_cc[VTIME] = 0;
    tcsetattr(STDIN_FILENO, TCSADRAIN, &mode);
    int key = read_byte();
    if (key == ESCAPE)
        skip_sequence();
    tcsetattr(STDIN_FILENO, TCSADRAIN, &keys->own);
    if (isgraph(key))
        putchar(key);
    putchar('\n');
    return key == CONTROL_D ? KEYS_END : key;
}

int keys_read(struct keys *keys)
{
    fflush(stdout);
    int key = keys->single ? read_key(keys) : read_line();
    return key == KEYS_END ? key : tolower(key);
}
