/* process: see process.h.
 *
 *     ddltap --posix_spawnp--> program
 *        ^ ^---- pipe ---- standard output
 *        `------ pipe ---- standard error
 */
#include "ddltap/process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum {
    OUTPUT,
    ERRORS,
    STREAMS
};

static void close_all(int pipes[STREAMS][2])
{
    for (int i = 0; i < STREAMS; i++) {
        for (int end = 0; end < 2; end++) {
            if (pipes[i][end] >= 0)
                close(pipes[i][end]);
        }
    }
}

static int spawn(const char *const *argv, const char *folder, int pipes[STREAMS][2], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    int code = posix_spawn_file_actions_init(&actions);
    if (code != 0)
        return code;
    code = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(&actions, pipes[OUTPUT][1], STDOUT_FILENO);
    if (code == 0)
        code = posix_spawn_file_actions_adddup2(&actions, pipes[ERRORS][1], STDERR_FILENO);
    if (code == 0 && folder != NULL)
        code = posix_spawn_file_actions_addchdir_np(&actions, folder);
    /* posix_spawn takes pointers to non-const characters and does not write through them. */
    union {
        const char *const *in;
        char *const *out;
    } arguments = {argv};
    if (code == 0)
        code = posix_spawnp(pid, argv[0], &actions, NULL, arguments.out, environ);
    posix_spawn_file_actions_destroy(&actions);
    return code;
}

/* One read; false at the end of the stream. */
static bool read_some(int fd, struct buffer *out)
{
    char block[8192];
    ssize_t len = read(fd, block, sizeof block);
    if (len < 0 && errno == EINTR)
        return true;
    if (len > 0)
        buffer_append(out, block, (size_t)len);
    return len > 0;
}

static int64_t now_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* How long poll may wait; -1: for ever. */
static int time_left(int64_t deadline)
{
    int64_t left = deadline == 0 ? -1 : deadline - now_milliseconds();
    return deadline != 0 && left < 0 ? 0 : (int)left;
}

/* Both streams at once: a program that fills one pipe while we wait for the other would hang. What the program has
 * left running may hold them for ever: once it has ended, only what is in them already is read. false: the time was
 * over first. */
static bool read_streams(int output, int errors, int ended, int64_t deadline,
                         struct process_result *result)
{
    struct pollfd polled[STREAMS + 1] = {
        {output, POLLIN, 0}, {errors, POLLIN, 0}, {ended, POLLIN, 0}};
    struct buffer *const buffers[STREAMS] = {&result->output, &result->errors};
    bool over = false;
    while (polled[OUTPUT].fd >= 0 || polled[ERRORS].fd >= 0) {
        int ready = poll(polled, STREAMS + 1, over ? 0 : time_left(deadline));
        if (ready == 0 || (ready < 0 && errno != EINTR))
            return over;
        for (int i = 0; ready > 0 && i < STREAMS; i++) {
            if (polled[i].fd >= 0 && polled[i].revents != 0 && !read_some(polled[i].fd, buffers[i]))
                polled[i].fd = -1;
        }
        if (ready > 0 && polled[STREAMS].revents != 0) {
            over = true;
            polled[STREAMS].fd = -1;
        }
    }
    return true;
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void release_write_ends(int pipes[STREAMS][2])
{
    for (int i = 0; i < STREAMS; i++) {
        close(pipes[i][1]);
        pipes[i][1] = -1;
    }
}

enum error process_run(const char *const *argv, const char *folder, unsigned seconds,
                       struct process_result *result, struct problem *problem)
{
    int pipes[STREAMS][2] = {{-1, -1}, {-1, -1}}, code = 0;
    int64_t deadline = seconds == 0 ? 0 : now_milliseconds() + (int64_t)seconds * 1000;
    pid_t pid = 0;
    *result = (struct process_result){.status = -1};
    buffer_init(&result->output, PROCESS_OUTPUT_LIMIT);
    buffer_init(&result->errors, PROCESS_OUTPUT_LIMIT);
    for (int i = 0; i < STREAMS && code == 0; i++)
        code = pipe2(pipes[i], O_CLOEXEC) == 0 ? 0 : errno;
    if (code == 0)
        code = spawn(argv, folder, pipes, &pid);
    if (code != 0) {
        close_all(pipes);
        return problem_set(problem, ERROR_NOT_FOUND, "%s could not be run: %s. Is it installed?",
                           argv[0], strerror(code));
    }
    release_write_ends(pipes);
    /* An old kernel has none: poll passes it over. */
    int ended = (int)syscall(SYS_pidfd_open, pid, 0);
    if (!read_streams(pipes[OUTPUT][0], pipes[ERRORS][0], ended, deadline, result))
        kill(pid, SIGKILL);
    if (ended >= 0)
        close(ended);
    close_all(pipes);
    result->status = wait_for(pid);
    return ERROR_NONE;
}

void process_result_release(struct process_result *result)
{
    buffer_release(&result->output);
    buffer_release(&result->errors);
}
