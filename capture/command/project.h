/* project: the folder that ddltap works for, and what lies where in it.
 *
 *     <root>/                  nearest parent with ddltap/config.ini, else top of the work tree
 *       ddltap/config.ini      shared by the team
 *       ddltap/local.ini       this machine's, git-ignored
 *       ddltap/drafts/         draft files
 *       ddltap/state/          git-ignored: the journal and its lock, TLS certificate and key
 */
#ifndef DDLTAP_COMMAND_PROJECT_H
#define DDLTAP_COMMAND_PROJECT_H

#include <stdbool.h>

#include "command/command.h"
#include "config/connection.h"
#include "config/settings.h"
#include "ddltap/error.h"
#include "journal/journal.h"
#include "server/control.h"

/* Paths are absolute and owned. */
struct project {
    char *root;
    char *folder;             /* root/ddltap */
    char *drafts;             /* root/ddltap/drafts */
    char *state;              /* root/ddltap/state */
    char *journal;            /* root/ddltap/state/journal.sqlite */
    bool initialised;         /* ddltap/config.ini is there */
    struct settings settings; /* all layers, -c included */
};

/* The project of the current directory. ERROR_NOT_FOUND when `ddltap init` has not run there;
 * ERROR_CONFIG when its configuration is wrong; ERROR_GIT when git tracks its journal. Nothing to release on an
 * error. */
must_check enum error project_open(struct project *project, const struct command_context *context,
                                   struct problem *problem);
/* The same for init and doctor: also without ddltap/config.ini; ERROR_GIT also outside a git
 * work tree. */
must_check enum error project_find(struct project *project, const struct command_context *context,
                                   struct problem *problem);
void project_release(struct project *project);

/* Read the configuration again; reloadable keys are taken over, the names of changed others
 * appended to ignored. On an error the settings stay as they were. */
must_check enum error project_reload(struct project *project, const struct command_context *context,
                                     struct buffer *ignored, struct problem *problem);

/* Where the development database is; release with connection_release. */
must_check enum error project_connection(const struct project *project,
                                         struct connection *connection, struct problem *problem);
/* What logs in there; its texts are those of connection. */
struct control_target project_target(const struct connection *connection);
/* Log in there. */
must_check enum error project_connect(const struct connection *connection, struct control **control,
                                      struct problem *problem);

/* Make the tracked schema the default one of the connection. */
must_check enum error project_use(struct control *control, const struct connection *connection,
                                  struct problem *problem);

/* Write drafts that are due, and make files as the journal says (draft/projection.h). */
must_check enum error project_drafts(const struct project *project, struct journal *journal,
                                     struct problem *problem);
/* Open the journal for a command that looks: write drafts that are due (an interrupted projection), finish a
 * commit, or the undo of one, that was interrupted, or take it back (commitment.h, retraction.h), make drafts of what
 * an interrupted apply has run (execution.h), unless another command is at it. What of it cannot be done is said on
 * standard error. */
must_check enum error project_journal(const struct project *project, struct journal **journal,
                                      struct problem *problem);
/* For one that changes drafts: no other one does until the journal is closed (ERROR_LOCKED). ERROR_FILE: their folder
 * cannot be written to. */
must_check enum error project_journal_alone(const struct project *project, struct journal **journal,
                                            struct problem *problem);

#endif
