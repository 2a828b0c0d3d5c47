/* error: what went wrong, as a number and as a sentence for the user.
 *
 * Functions that can fail return an enum error (0 is success) and are marked must_check. Where a
 * person will read it they also fill a struct problem: one or two sentences that say what happened,
 * where, and what to do. A problem never holds a secret.
 */
#ifndef DDLTAP_ERROR_H
#define DDLTAP_ERROR_H

#define must_check __attribute__((warn_unused_result))

enum error {
    ERROR_NONE = 0,
    ERROR_USAGE,       /* used wrongly: options, configuration */
    ERROR_CONFIG,      /* a configuration file or value is wrong */
    ERROR_NOT_FOUND,   /* asked for something that is not there */
    ERROR_FILE,        /* the file system said no */
    ERROR_JOURNAL,     /* SQLite said no, or the journal is not ours */
    ERROR_LOCKED,      /* somebody else holds the journal */
    ERROR_SERVER,      /* the upstream said no or is away */
    ERROR_NETWORK,     /* sockets, TLS */
    ERROR_MALFORMED,   /* bytes that break the protocol or the format */
    ERROR_TOO_LARGE,   /* beyond a bound of ours */
    ERROR_UNSUPPORTED, /* understood, but not something ddltap can do */
    ERROR_GIT,         /* git said no */
    ERROR_COUNT
};

/* A few words for each, for logs ("file error"). Never NULL. */
const char *error_text(enum error code);

#define PROBLEM_TEXT_SIZE 1024

struct problem {
    enum error code;
    char text[PROBLEM_TEXT_SIZE];
};

#define PROBLEM_INIT ((struct problem){ERROR_NONE, ""})

/* Fill problem (NULL-safe) and return code: `return problem_set(problem, ERROR_FILE, "...");`
 * Control characters become '?', '\n' and '\t' apart: the text may be shown on a terminal as it is. */
enum error problem_set(struct problem *problem, enum error code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Exit codes of the command line: done; the answer is no; used wrongly; could not be done. */
enum {
    EXIT_DONE = 0,
    EXIT_ANSWER_NO = 1,
    EXIT_USAGE = 2,
    EXIT_UNABLE = 3
};

/* The exit code that belongs to an error. */
int error_exit_code(enum error code);

#endif
