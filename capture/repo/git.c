/* git: see git.h.
 *
 *     ddltap --posix_spawnp--> git -C folder ...
 *        ^ ^---- pipe ---- standard output
 *        `------ pipe ---- standard error
 */
#include "repo/git.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARGUMENTS_MAX 64

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

static int spawn(const char *const *argv, int pipes[STREAMS][2], pid_t *pid)
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

/* Both streams at once: a program that fills one pipe while we wait for the other would hang. */
static void read_streams(int output, int errors, struct git_result *result)
{
    struct pollfd polled[STREAMS] = {{output, POLLIN, 0}, {errors, POLLIN, 0}};
    struct buffer *const buffers[STREAMS] = {&result->output, &result->errors};
    while (polled[OUTPUT].fd >= 0 || polled[ERRORS].fd >= 0) {
        if (poll(polled, STREAMS, -1) < 0 && errno != EINTR)
            return;
        for (int i = 0; i < STREAMS; i++) {
            if (polled[i].fd >= 0 && polled[i].revents != 0 && !read_some(polled[i].fd, buffers[i]))
                polled[i].fd = -1;
        }
    }
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

enum error git_run(const char *folder, const char *const *arguments, struct git_result *result,
                   struct problem *problem)
{
    const char *argv[ARGUMENTS_MAX] = {"git", "-C", folder};
    size_t count = 3;
    while (*arguments != NULL) {
        assert(count + 1 < ARGUMENTS_MAX);
        argv[count++] = *arguments++;
    }
    *result = (struct git_result){.status = -1};
    buffer_init(&result->output, GIT_OUTPUT_LIMIT);
    buffer_init(&result->errors, GIT_OUTPUT_LIMIT);
    int pipes[STREAMS][2] = {{-1, -1}, {-1, -1}}, code = 0;
    pid_t pid = 0;
    for (int i = 0; i < STREAMS && code == 0; i++)
        code = pipe2(pipes[i], O_CLOEXEC) == 0 ? 0 : errno;
    if (code == 0)
        code = spawn(argv, pipes, &pid);
    if (code != 0) {
        close_all(pipes);
        return problem_set(problem, ERROR_GIT, "git could not be run: %s. Is it installed?",
                           strerror(code));
    }
    for (int i = 0; i < STREAMS; i++) {
        close(pipes[i][1]);
        pipes[i][1] = -1;
    }
    read_streams(pipes[OUTPUT][0], pipes[ERRORS][0], result);
    close_all(pipes);
    result->status = wait_for(pid);
    return ERROR_NONE;
}

void git_result_release(struct git_result *result)
{
    buffer_release(&result->output);
    buffer_release(&result->errors);
}
