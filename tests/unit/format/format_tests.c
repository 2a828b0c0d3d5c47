/* Tests of the library `format`, on folders made for each test. */
#include "format_tests.h"

#include <ftw.h>
#include <sys/stat.h>

char test_root[64];

int test_set_up(void **state)
{
    (void)state;
    strcpy(test_root, "/tmp/ddltap-format-XXXXXX");
    return mkdtemp(test_root) == NULL;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

int test_tear_down(void **state)
{
    (void)state;
    return nftw(test_root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

void test_write_file(const char *path, const char *text)
{
    char full[256];
    snprintf(full, sizeof full, "%s/%s", test_root, path);
    for (char *slash = strchr(full + strlen(test_root) + 1, '/'); slash != NULL;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(full, 0700);
        *slash = '/';
    }
    FILE *stream = fopen(full, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

enum error test_open_badly(struct test_project *project)
{
    *project = (struct test_project){.chain = CHAIN_INIT, .problem = PROBLEM_INIT};
    assert_int_equal(format_detect(test_root, "", "", &project->found, NULL), ERROR_NONE);
    return project->found.format->read(&project->found, &project->chain, &project->problem);
}

void test_open(struct test_project *project)
{
    if (test_open_badly(project) != ERROR_NONE)
        fail_msg("%s", project->problem.text);
}

void test_close(struct test_project *project)
{
    format_found_release(&project->found);
    chain_release(&project->chain);
}

void test_assert_chain(const struct chain *chain, const char *expected)
{
    struct buffer text = BUFFER_INIT;
    for (size_t i = 0; i < chain->count; i++) {
        const struct migration *migration = &chain->migrations[i];
        buffer_printf(&text, "%s%s", i == 0 ? "" : " ", migration->version);
        for (size_t j = 0; j < migration->parents.count; j++)
            buffer_printf(&text, ">%s", migration->parents.items[j]);
        if (chain_is_head(chain, migration))
            buffer_append_char(&text, '*');
    }
    assert_string_equal(buffer_text(&text), expected);
    buffer_release(&text);
}

struct test_statements test_statements(const char *first, ...)
{
    struct test_statements statements = {.count = 0};
    va_list rest;
    va_start(rest, first);
    for (const char *text = first; text != NULL; text = va_arg(rest, const char *))
        statements.items[statements.count++] = slice_from(text);
    va_end(rest);
    return statements;
}

struct proposal test_proposal(const struct test_project *project, const struct test_statements *up,
                              const struct test_statements *down)
{
    static const struct dialect dialect = {.version = 90704};
    struct proposal proposal = {.message = "users get a name",
                                .time = INT64_C(1795342500500000),
                                .up = up->items,
                                .up_count = up->count,
                                .down = down->items,
                                .down_count = down->count,
                                .dialect = &dialect,
                                .random = 0xabcdef012345U};
    assert_int_equal(chain_head(&project->chain, NULL, &proposal.parent, NULL), ERROR_NONE);
    return proposal;
}

void test_compose(const struct test_project *project, const struct proposal *proposal,
                  struct composed *composed)
{
    struct problem problem = PROBLEM_INIT;
    *composed = COMPOSED_INIT;
    if (project->found.format->compose(&project->found, &project->chain, proposal, composed,
                                       &problem) != ERROR_NONE)
        fail_msg("%s", problem.text);
}

const char *test_content(const struct composed *composed, size_t file)
{
    assert_true(file < composed->count);
    return buffer_text(&composed->files[file].content);
}

void test_assert_stamp(const struct stamp *stamp, const char *expected)
{
    struct buffer text = BUFFER_INIT;
    for (size_t i = 0; i < stamp->count; i++)
        buffer_printf(&text, "%s [%d]\n", stamp->statements[i].sql, (int)stamp->statements[i].rows);
    assert_string_equal(buffer_text(&text), expected);
    buffer_release(&text);
}

int main(void)
{
    return run_detection_tests() + run_chain_tests() + run_literal_tests() + run_ini_tests() +
           run_slug_tests() + run_alembic_tests() + run_models_tests() + run_sql_files_tests();
}
