/* editor: see editor.h. */
#include "command/editor.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ddltap/buffer.h"

static const char *choose(void)
{
    static const char *const names[] = {"VISUAL", "EDITOR"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const char *value = getenv(names[i]);
        if (value != NULL && *value != '\0')
            return value;
    }
    return "vi";
}

/* The editor begins with the signals that this program began with. */
static int spawn(const char *command, const char *path, pid_t *pid)
{
    posix_spawnattr_t attributes;
    sigset_t signals;
    char shell[] = "sh", option[] = "-c";
    char *arguments[] = {shell,
                         option,
                         (char *)(uintptr_t)command,
                         (char *)(uintptr_t)command,
                         (char *)(uintptr_t)path,
                         NULL};
    int code = posix_spawnattr_init(&attributes);
    if (code != 0)
        return code;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGQUIT);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    code = posix_spawn(pid, "/bin/sh", NULL, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    return code;
}

static int wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return status;
}

enum error editor_run(const char *path, struct problem *problem)
{
    const struct sigaction ignore = {.sa_handler = SIG_IGN};
    struct sigaction interrupt, quit;
    struct buffer command = BUFFER_INIT;
    int status = 0;
    pid_t pid;
    const char *editor = choose();
    buffer_printf(&command, "%s \"$@\"", editor);
    fflush(stdout);
    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    int code = spawn(buffer_text(&command), path, &pid);
    if (code == 0)
        status = wait_for(pid);
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    buffer_release(&command);
    if (code != 0)
        return problem_set(problem, ERROR_UNSUPPORTED,
                           "The shell that runs the editor could not "
                           "be started: %s.",
                           strerror(code));
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        return problem_set(problem, ERROR_UNSUPPORTED,
                           "The editor \"%s\" ended with an error. VISUAL or EDITOR names another "
                           "one.",
                           editor);
    return ERROR_NONE;
}
