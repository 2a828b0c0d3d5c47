/* journal: the durable truth of what happened to the schema; one SQLite file.
 *
 * WAL mode, synchronous=FULL. One proxy at a time holds it (a lock that names its holder); its writer
 * thread commits what all sessions handed in since the last commit as one group. Any number of
 * command line readers look at it meanwhile, and may write small marks (a draft's state).
 *
 *     session ---< change ---< object >--- image (by hash)
 *
 * Texts are owned copies. Times are microseconds since 1970 UTC.
 */
#ifndef DDLTAP_JOURNAL_JOURNAL_H
#define DDLTAP_JOURNAL_JOURNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ddltap/error.h"
#include "schema/catalog.h"
#include "schema/change.h"
#include "sql/object.h"
#include "sql/statement.h"

struct journal;

enum journal_access {
    JOURNAL_PROXY, /* creates when absent; takes the proxy's lock (ERROR_LOCKED names the holder's pid);
                        starts the writer thread */
    JOURNAL_COMMAND, /* the command line: reads and small marks; ERROR_NOT_FOUND when absent */
    JOURNAL_CREATE,  /* init: creates or upgrades, like COMMAND else */
};

must_check enum error journal_open(const char *path, enum journal_access access,
                                   struct journal **journal, struct problem *problem);
/* Waits until all that was handed in is written (done functions included). NULL-safe. */
void journal_close(struct journal *journal);

/* One command at a time decides about drafts: from here until journal_unclaim or journal_close. It does not
 * wait; ERROR_LOCKED names the pid of the command that is at it. */
must_check enum error journal_claim(struct journal *journal, struct problem *problem);
void journal_unclaim(struct journal *journal);

/* Is a proxy running on this journal? Its pid and listening address (set below), for `status`. */
bool journal_proxy_running(const char *path, long *pid, char *address, size_t address_size);
/* The proxy says where it listens. */
void journal_proxy_listens(struct journal *journal, const char *address);

/* Whose statement it was. */
struct journal_session {
    int64_t id; /* filled by journal_submit */
    int64_t opened_at;
    uint32_t connection_id;
    char *server_version;
    char *server_identity; /* control_server_identity at that time, or "" */
    bool mariadb;
    char *user;
    char *client_address;
    char *tool; /* "MySQLWorkbench", "DBeaver 24.2.3", "mysql2", ...; "" unknown */
};

enum change_state {
    CHANGE_INTENDED,  /* about to be or being run; outcome not seen */
    CHANGE_DONE,      /* happened; has a draft or gets one */
    CHANGE_FAILED,    /* the server said no, or it never ran; nothing changed */
    CHANGE_NO_EFFECT, /* OK, but the objects are as before */
    CHANGE_NOTED,     /* happened, never drafted: TRUNCATE, accounts */
};
const char *change_state_text(enum change_state state); /* "intended", "done", ... */

enum draft_state {
    DRAFT_NONE,      /* no draft belongs to it */
    DRAFT_DUE,       /* to be written by the projection */
    DRAFT_PENDING,   /* written (the file may be missing or edited) */
    DRAFT_DISCARDED, /* set aside; the database still has the change */
    DRAFT_COMMITTED,
    DRAFT_SQUASHED, /* the draft of squashed_into says it too */
    DRAFT_UNDONE,   /* taken back in the database by a later change */
    DRAFT_SPLIT,    /* changes of its own say what it did, an object each: see journal_split */
};
#define DRAFT_STATE_COUNT (DRAFT_SPLIT + 1)
const char *draft_state_text(enum draft_state state);

/* How the journal came to know of it. */
enum change_origin {
    ORIGIN_CAPTURED, /* it passed the proxy */
    ORIGIN_SCANNED,  /* found by comparing the database with the journal */
    ORIGIN_APPLIED,  /* run by ddltap from a draft file */
    ORIGIN_UNDONE,   /* run by ddltap as the way back of another change */
};
const char *change_origin_text(enum change_origin origin);

/* image text of one moment; text and context NULL unless IMAGE_PRESENT */
struct journal_image {
    enum image_state state;
    char *text;
    char *context;
};

struct journal_object {
    enum object_type type;
    enum object_role role;
    char *schema;
    char *name;
    struct journal_image before;
    struct journal_image after;
};

struct journal_change {
    int64_t id; /* filled when the intent is committed; small, ascending: the #id of the user */
    int64_t session_id;
    int64_t at;       /* when the intent was made */
    int64_t ended_at; /* when the outcome was seen or settled; 0 */
    uint64_t batch;   /* same number for the statements of one multi-statement text, else 0 */
    unsigned statement_index; /* n-th statement of its text, from 0 */
    enum change_state state;
    char *reason; /* of the state: "settled by comparing", "1064", "not run"; or NULL */
    unsigned error_code;
    enum ddl_verb verb;
    char *noun;
    char *text; /* statement in the client's character set, secrets redacted; text_len bytes */
    size_t text_len;
    struct sql_facts facts;
    char *development_schema; /* the tracked schema it belongs to */
    uint32_t version;         /* server version number, as struct dialect */
    bool mariadb;
    bool names_nocase;
    bool redacted; /* a secret was replaced in the text */
    struct journal_object *objects;
    size_t object_count;
    struct statement_rename *renames;
    size_t rename_count;
    enum draft_state draft_state;
    char *draft_name; /* file name below the drafts folder; NULL until written */
    enum change_origin origin;
    /* What the file should say where that is not what the change alone gives: of an edited draft that was
     * applied, of one that is set aside. NULL: composed from the change. */
    char *draft_text;
    char *squash_text; /* while others are squashed into it: what the file should say; else NULL */
    int64_t squashed_into; /* the change whose draft says it; 0: none */
    int64_t split_from;    /* the change that it is a part of; 0: none */
    bool images_kept;      /* false: let go, see journal_compaction; what was present is unknown */
    int64_t
        file_due; /* not 0: the file is to be written with its text, or taken away, as the state says;
                       * each mark that says so makes it another number */
};

/* Frees the content of one change (not the struct). */
void journal_change_release(struct journal_change *change);
void journal_session_release(struct journal_session *session);

/* --- the proxy's writer -------------------------------------------------------------------------
 * Hand in a write; done(argument, error) is called on the writer thread after the group that holds it
 * is durable (or failed: ERROR_JOURNAL; then nothing of this write is in the journal). The pointed-to
 * structs must stay valid until then. Order of submission is order in the journal.
 */
struct journal_write {
    /* INTENT: insert session when session->id is 0, then every change (fills ids).
     * OUTCOME: update state, reason, error_code, ended_at, objects' before and after images, draft_state
     * of each. */
    enum {
        JOURNAL_INTENT,
        JOURNAL_OUTCOME
    } kind;
    struct journal_session *session; /* INTENT only */
    struct journal_change **changes;
    size_t change_count;
    void (*done)(void *argument, enum error error);
    void *argument;
    struct journal_write *next; /* the journal's */
};
void journal_submit(struct journal *journal, struct journal_write *write);

/* --- reading (any access; for JOURNAL_PROXY from one thread other than the writer at a time) ------ */
struct journal_filter {
    int64_t id;            /* 0: any */
    int64_t after;         /* only those with a greater id */
    int64_t last;          /* only those up to this id; 0: all */
    int64_t ended_since;   /* not 0: only those that ended then or later, and keep their images */
    unsigned states;       /* bit mask of 1u << enum change_state; 0: any */
    unsigned draft_states; /* bit mask of 1u << enum draft_state; 0: any */
    bool file_due;         /* only those whose file is due */
    size_t limit;          /* 0: none; newest first when set */
    bool without_images;   /* leave texts of images out (lists) */
};
/* Calls found for each change in ascending id with its session, until found returns false. Both structs are
 * valid during the call. */
must_check enum error journal_read(struct journal *journal, const struct journal_filter *filter,
                                   bool (*found)(void *argument,
                                                 const struct journal_change *change,
                                                 const struct journal_session *session),
                                   void *argument, struct problem *problem);

/* Has a change, whatever became of it, had a draft with this file name? */
must_check enum error journal_knows_draft(struct journal *journal, const char *name, bool *knows,
                                          struct problem *problem);

/* What becomes of a draft. Those that one call marks as committed are one commit. */
struct journal_draft_mark {
    int64_t change_id;
    enum draft_state state;
    const char *name;        /* NULL: the name that is there */
    const char *text;        /* see draft_text; NULL: the text that is there */
    const char *squash_text; /* NULL: the text that is there */
    bool forgets_squash;     /* squash_text becomes NULL */
    int64_t squashed_into;   /* 0: none */
    bool file_due;           /* see struct journal_change; false: it is not, or is done */
};
/* Small marks, durable on return, all of them or none; not from inside `found` (one connection reads and
 * marks). ERROR_NOT_FOUND: no such change. */
must_check enum error journal_mark_drafts(struct journal *journal,
                                          const struct journal_draft_mark *marks, size_t count,
                                          struct problem *problem);
/* The same of drafts whose files are stored, not durable on return but with the next write that is: when the
 * power fails before, the drafts are due again and the files are found there. */
must_check enum error journal_mark_written(struct journal *journal,
                                           const struct journal_draft_mark *marks, size_t count,
                                           struct problem *problem);
/* The file is as the journal said when its file_due was this; it stays due where a mark has come since. */
must_check enum error journal_file_done(struct journal *journal, int64_t change_id,
                                        int64_t file_due, struct problem *problem);
/* One of several changes that say together what a change did. */
struct journal_part {
    enum ddl_verb verb;
    const char *noun;
    const char *
        text; /* its statement, as the client would have sent it; NULL: known by its images alone */
    const char *draft_name;
    const size_t *positions; /* of its objects among those of the change */
    size_t position_count;
    int64_t id; /* filled by journal_split */
};
/* Let parts take the place of a change with a pending draft: each becomes a change of its own, done at the same
 * time in the same session, with a pending draft whose file is due; the change is
 * DRAFT_SPLIT. All of it or nothing. ERROR_NOT_FOUND: the change has no pending draft (any more). */
must_check enum error journal_split(struct journal *journal, int64_t change_id,
                                    struct journal_part *parts, size_t count,
                                    struct problem *problem);
/* A change that the command line is about to make, as journal_submit does it for the proxy: inserts the
 * session when its id is 0, then the change; both get their ids. journal_settle tells the outcome. */
must_check enum error journal_intend(struct journal *journal, struct journal_session *session,
                                     struct journal_change *change, struct problem *problem);
/* Settle an undecided change (state, reason, ended_at, images, draft_state from the struct).
 * ERROR_NOT_FOUND: it is not CHANGE_INTENDED any more (somebody else was faster), or never was there. */
must_check enum error journal_settle(struct journal *journal, const struct journal_change *change,
                                     struct problem *problem);
/* Something that was not captured and why ("text of 70000000 bytes is over the limit"); for `status`. */
must_check enum error journal_note_gap(struct journal *journal, const char *what,
                                       struct problem *problem);
must_check enum error journal_gap_count(struct journal *journal, int64_t *count,
                                        struct problem *problem);

/* The baseline: the schema that drafts begin at, in the order of catalog. One that is put takes the
 * place of the one before, together with these marks. */
must_check enum error journal_baseline_put(struct journal *journal, const struct catalog *catalog,
                                           const struct journal_draft_mark *marks, size_t count,
                                           struct problem *problem);
/* Taken anew, whatever the changes were: together with this setting, and what the schema was known to be is
 * forgotten. All of it or nothing. */
must_check enum error journal_baseline_renew(struct journal *journal, const struct catalog *catalog,
                                             const char *setting, const char *value,
                                             struct problem *problem);
/* Fill catalog, which is empty. ERROR_NOT_FOUND: the journal has no baseline yet. */
must_check enum error journal_baseline_get(struct journal *journal, struct catalog *catalog,
                                           struct problem *problem);

/* What the schema was known to be after a change: baseline and changes up to it, added up once. One that is
 * put takes the place of an older one; a newer one stays. forgotten is what journal_known_get said before the
 * adding up began: where the baseline was taken anew since, nothing is put. */
must_check enum error journal_known_put(struct journal *journal, const struct catalog *catalog,
                                        int64_t last_change, int64_t forgotten,
                                        struct problem *problem);
/* Fill catalog, which is empty; last_change 0: there is none. forgotten: how often it was. */
must_check enum error journal_known_get(struct journal *journal, struct catalog *catalog,
                                        int64_t *last_change, int64_t *forgotten,
                                        struct problem *problem);

/* A setting of this name, " " and the number of a change goes with that change's images. */
#define JOURNAL_SETTING_COMMITTED "committed"

/* --- letting go ----------------------------------------------------------------------------------
 * Of a change that nothing can bring back, and that the known schema has, the images and the text of the draft
 * may go; what was done, when and by whom stays. Kept whole: drafts that are due, pending, set aside or squashed;
 * the newest commit; whatever is newer than what is known. In steps, each a small transaction, so that nobody
 * waits for long; a kill between or in them loses nothing, and the next compaction goes on.
 */
struct journal_compaction;
/* Let go of what ended, and was committed, before `before`. It has a connection of its own. */
must_check enum error journal_compaction_open(struct journal *journal, int64_t before,
                                              struct journal_compaction **compaction,
                                              struct problem *problem);
/* *more: there is something left to do. */
must_check enum error journal_compaction_step(struct journal_compaction *compaction, bool *more,
                                              struct problem *problem);
void journal_compaction_close(struct journal_compaction *compaction); /* NULL-safe */

/* Bytes that the journal takes on the disk; 0: there is none. */
int64_t journal_size(const char *path);

/* Small named values (last migration seen, last migration seen, ...). value is NULL when absent; caller frees. */
must_check enum error journal_setting_get(struct journal *journal, const char *name, char **value,
                                          struct problem *problem);
must_check enum error journal_setting_put(struct journal *journal, const char *name,
                                          const char *value, struct problem *problem);

#endif
