/* journal_lock: one proxy at a time holds a journal; one command at a time decides about drafts.
 *
 * A lock on journal.lock beside the journal, of the kind that belongs to the open file: the kernel
 * drops it when its holder dies, however that happens. The file says who holds it:
 *
 *     4711 127.0.0.1:3307
 *
 * It stays when the proxy ends; only the lock tells whether somebody is there. Looking asks the
 * kernel for the lock's state and takes nothing, so looking never gets in the way of a proxy that
 * starts.
 */
#include "journal/journal_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddltap/buffer.h"

#define PROXY_LOCK ".lock"
#define COMMAND_LOCK ".command.lock"

enum {
    LINE_SIZE = 512
};

/* "dir/journal.db" -> "dir/journal.lock" */
static void lock_path(const char *path, const char *ending, struct buffer *out)
{
    const char *slash = strrchr(path, '/');
    const char *name = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(name, '.');
    size_t len = dot == NULL || dot == name ? strlen(path) : (size_t)(dot - path);
    buffer_append(out, path, len);
    buffer_append_text(out, ending);
}

static int lock_control(int file, int command, struct flock *lock)
{
    *lock = (struct flock){.l_type = F_WRLCK, .l_whence = SEEK_SET};
    return fcntl(file, command, lock);
}

static void read_holder(int file, long *pid, char *address, size_t address_size)
{
    char line[LINE_SIZE];
    ssize_t len = pread(file, line, sizeof line - 1, 0);
    line[len < 0 ? 0 : len] = '\0';
    char *end = line;
    *pid = strtol(line, &end, 10);
    while (*end == ' ')
        end++;
    end[strcspn(end, "\n")] = '\0';
    (void)snprintf(address, address_size, "%s", end);
}

void journal_lock_write(int lock, const char *address)
{
    char line[LINE_SIZE];
    int len = snprintf(line, sizeof line, "%ld %s\n", (long)getpid(), address);
    if (len >= LINE_SIZE)
        len = LINE_SIZE - 1;
    /* Who holds it is a courtesy to readers; a full disk must not stop the proxy here. */
    if (pwrite(lock, line, (size_t)len, 0) != len || ftruncate(lock, len) != 0)
        return;
}

static enum error held(int file, const char *path, struct problem *problem)
{
    long pid;
    char address[LINE_SIZE];
    read_holder(file, &pid, address, sizeof address);
    return problem_set(problem, ERROR_LOCKED,
                       "a ddltap proxy (process %ld%s%s) already holds the journal %s: "
                       "connect to that one, or stop it first",
                       pid, address[0] == '\0' ? "" : ", listening on ", address, path);
}

static enum error claimed(int file, const char *path, struct problem *problem)
{
    long pid;
    char unused[LINE_SIZE];
    (void)path;
    read_holder(file, &pid, unused, sizeof unused);
    return problem_set(problem, ERROR_LOCKED,
                       "Another ddltap command (process %ld) is changing drafts or the database: "
                       "try again when it has ended.",
                       pid);
}

static enum error take(const char *path, const char *ending,
                       enum error (*refuse)(int file, const char *path, struct problem *problem),
                       int *lock, struct problem *problem)
{
    struct buffer name = BUFFER_INIT;
    lock_path(path, ending, &name);
    enum error error = ERROR_NONE;
    struct flock state;
    int file = open(buffer_text(&name), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0)
        error = problem_set(problem, ERROR_FILE, "could not open %s: %s", buffer_text(&name),
                            strerror(errno));
    else if (lock_control(file, F_OFD_SETLK, &state) != 0)
        error = errno == EAGAIN || errno == EACCES
                    ? refuse(file, path, problem)
                    : problem_set(problem, ERROR_FILE, "could not lock %s: %s", buffer_text(&name),
                                  strerror(errno));
    else
        journal_lock_write(file, "");
    if (error != ERROR_NONE && file >= 0)
        (void)close(file);
    *lock = error == ERROR_NONE ? file : -1;
    buffer_release(&name);
    return error;
}

enum error journal_lock_take(const char *path, int *lock, struct problem *problem)
{
    return take(path, PROXY_LOCK, held, lock, problem);
}

enum error journal_claim(struct journal *journal, struct problem *problem)
{
    return take(journal->path, COMMAND_LOCK, claimed, &journal->claim, problem);
}

void journal_unclaim(struct journal *journal)
{
    journal_lock_drop(journal->claim);
    journal->claim = -1;
}

void journal_lock_drop(int lock)
{
    if (lock < 0)
        return;
    (void)close(lock);
}

bool journal_proxy_running(const char *path, long *pid, char *address, size_t address_size)
{
    struct buffer name = BUFFER_INIT;
    lock_path(path, PROXY_LOCK, &name);
    int file = open(buffer_text(&name), O_RDWR | O_CLOEXEC);
    buffer_release(&name);
    struct flock state;
    bool running =
        file >= 0 && lock_control(file, F_OFD_GETLK, &state) == 0 && state.l_type != F_UNLCK;
    *pid = 0;
    if (address_size > 0)
        address[0] = '\0';
    if (running)
        read_holder(file, pid, address, address_size);
    if (file >= 0)
        (void)close(file);
    return running;
}
