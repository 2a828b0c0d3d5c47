#include "draft_fixture.h"

#include <dirent.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddltap/memory.h"

int fixture_set_up(void **state)
{
    struct fixture *fixture = memory_new(1, sizeof *fixture);
    struct problem problem = PROBLEM_INIT;
    (void)snprintf(fixture->folder, sizeof fixture->folder, "/tmp/ddltap-draft-XXXXXX");
    assert_non_null(mkdtemp(fixture->folder));
    (void)snprintf(fixture->journal_path, sizeof fixture->journal_path, "%s/journal.db",
                   fixture->folder);
    (void)snprintf(fixture->drafts, sizeof fixture->drafts, "%s/drafts", fixture->folder);
    if (journal_open(fixture->journal_path, JOURNAL_PROXY, &fixture->journal, &problem) !=
        ERROR_NONE)
        fail_msg("journal_open: %s", problem.text);
    *state = fixture;
    return 0;
}

static int remove_entry(const char *path, const struct stat *entry, int kind, struct FTW *walk)
{
    (void)entry, (void)kind, (void)walk;
    return remove(path);
}

int fixture_tear_down(void **state)
{
    struct fixture *fixture = *state;
    journal_close(fixture->journal);
    int failed = nftw(fixture->folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    free(fixture);
    return failed;
}

struct written {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool done;
    enum error error;
};

static void write_done(void *argument, enum error error)
{
    struct written *written = argument;
    (void)pthread_mutex_lock(&written->mutex);
    written->done = true;
    written->error = error;
    (void)pthread_cond_signal(&written->changed);
    (void)pthread_mutex_unlock(&written->mutex);
}

static void write_and_wait(struct journal *journal, struct journal_session *session,
                           struct journal_change *change)
{
    struct written written = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false,
                              ERROR_NONE};
    struct journal_write write = {
        .kind = session == NULL ? JOURNAL_OUTCOME : JOURNAL_INTENT,
        .session = session,
        .changes = &change,
        .change_count = 1,
        .done = write_done,
        .argument = &written,
    };
    journal_submit(journal, &write);
    (void)pthread_mutex_lock(&written.mutex);
    while (!written.done)
        (void)pthread_cond_wait(&written.changed, &written.mutex);
    (void)pthread_mutex_unlock(&written.mutex);
    assert_int_equal(written.error, ERROR_NONE);
}

static struct journal_image image_of(const char *text, const char *context)
{
    if (text == NULL)
        return (struct journal_image){IMAGE_ABSENT, NULL, NULL};
    if (strcmp(text, "?") == 0)
        return (struct journal_image){IMAGE_UNKNOWN, NULL, NULL};
    return (struct journal_image){IMAGE_PRESENT, memory_copy_text(text), memory_copy_text(context)};
}

static void set_objects(struct journal_change *change, const struct change_case *from)
{
    change->objects = memory_new(4, sizeof *change->objects);
    for (size_t i = 0; i < 4 && from->objects[i].name != NULL; i++) {
        const struct object_case *object = &from->objects[i];
        change->objects[change->object_count++] = (struct journal_object){
            .type = object->type,
            .role = object->role,
            .schema = memory_copy_text("bankroll"),
            .name = memory_copy_text(object->name),
            .before = image_of(object->before, object->context),
            .after = image_of(object->after, object->context),
        };
    }
}

static char *or_default(const char *text, const char *usual)
{
    return memory_copy_text(text == NULL ? usual : text);
}

static void set_change(struct journal_change *change, const struct change_case *from)
{
    *change = (struct journal_change){
        .at = 1795342500000000,
        .state = CHANGE_INTENDED,
        .verb = from->verb,
        .noun = or_default(from->noun, "TABLE"),
        .text_len = from->text_len == 0 ? strlen(from->text) : from->text_len,
        .facts = {.default_schema = or_default(from->default_schema, "bankroll"),
                  .sql_mode = or_default(from->sql_mode, "STRICT_TRANS_TABLES"),
                  .character_set_client = or_default(from->charset, "utf8mb4"),
                  .collation_connection = or_default(from->collation, "utf8mb4_0900_ai_ci"),
                  .time_zone = or_default(from->time_zone, "SYSTEM"),
                  .foreign_key_checks = !from->no_foreign_key_checks,
                  .global_sql_mode = memory_copy_text("STRICT_TRANS_TABLES"),
                  .global_time_zone = memory_copy_text("SYSTEM")},
        .development_schema = memory_copy_text("bankroll"),
        .version = from->version == 0 ? 90704 : from->version,
        .mariadb = from->mariadb,
        .redacted = from->redacted,
    };
    change->text = memory_copy_slice(slice_make(from->text, change->text_len));
    set_objects(change, from);
}

int64_t fixture_change(struct journal *journal, const struct change_case *change_case)
{
    struct journal_change change;
    struct journal_session session = {
        .server_version = memory_copy_text("9.7.4"),
        .user = memory_copy_text("root"),
        .client_address = or_default(change_case->address, "localhost:51234"),
        .tool = or_default(change_case->tool, "MySQLWorkbench"),
    };
    set_change(&change, change_case);
    write_and_wait(journal, &session, &change);
    change.state = CHANGE_DONE;
    change.error_code = change_case->error_code;
    change.draft_state = DRAFT_DUE;
    write_and_wait(journal, NULL, &change);
    int64_t id = change.id;
    journal_change_release(&change);
    journal_session_release(&session);
    return id;
}

enum error fixture_project(const struct fixture *fixture)
{
    const struct projection_options options = {.folder = fixture->drafts};
    struct problem problem = PROBLEM_INIT;
    enum error error = projection_run(fixture->journal, &options, &problem);
    if (error != ERROR_NONE)
        print_message("projection: %s\n", problem.text);
    return error;
}

char *fixture_read_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    struct buffer text = BUFFER_INIT;
    char part[4096];
    size_t len;
    while ((len = fread(part, 1, sizeof part, file)) > 0)
        buffer_append(&text, part, len);
    (void)fclose(file);
    return text.len == 0 ? memory_copy_text("") : buffer_detach(&text);
}

void fixture_write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

unsigned fixture_count_files(const struct fixture *fixture)
{
    unsigned count = 0;
    DIR *stream = opendir(fixture->drafts);
    const struct dirent *entry;
    while (stream != NULL && (entry = readdir(stream)) != NULL)
        count += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (stream != NULL)
        (void)closedir(stream);
    return count;
}

char *fixture_only_draft(const struct fixture *fixture)
{
    assert_int_equal(fixture_count_files(fixture), 1);
    DIR *stream = opendir(fixture->drafts);
    assert_non_null(stream);
    char *text = NULL;
    const struct dirent *entry;
    while (text == NULL && (entry = readdir(stream)) != NULL) {
        char path[400];
        (void)snprintf(path, sizeof path, "%s/%s", fixture->drafts, entry->d_name);
        if (entry->d_name[0] != '.')
            text = fixture_read_file(path);
    }
    (void)closedir(stream);
    assert_non_null(text);
    return text;
}

char *fixture_draft_of(const struct fixture *fixture, const struct change_case *change_case)
{
    (void)fixture_change(fixture->journal, change_case);
    assert_int_equal(fixture_project(fixture), ERROR_NONE);
    return fixture_only_draft(fixture);
}

void assert_holds(const char *text, const char *part)
{
    if (strstr(text, part) == NULL)
        fail_msg("expected \"%s\" in:\n%s", part, text);
}

void assert_lacks(const char *text, const char *part)
{
    if (strstr(text, part) != NULL)
        fail_msg("unexpected \"%s\" in:\n%s", part, text);
}
