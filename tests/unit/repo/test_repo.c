/* Tests of the library `repo`, with the real git in a folder of their own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "repo/git.h"
#include "repo/paths.h"
#include "repo/repo.h"

static char root[64];

static int set_up(void **state)
{
    (void)state;
    strcpy(root, "/tmp/ddltap-repo-XXXXXX");
    setenv("GIT_CEILING_DIRECTORIES", "/tmp", 1);
    return mkdtemp(root) == NULL;
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
    (void)status;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int tear_down(void **state)
{
    (void)state;
    return nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void git(const char *const *arguments, int status)
{
    struct git_result result;
    assert_int_equal(git_run(root, arguments, &result, NULL), ERROR_NONE);
    assert_int_equal(result.status, status);
    git_result_release(&result);
}

static void make_repo(void)
{
    static const char *const arguments[] = {"init", "--quiet", NULL};
    git(arguments, 0);
}

static void test_arguments_reach_git_as_they_are(void **state)
{
    (void)state;
    static const char *const put[] = {"config", "user.name", "a b; $(id) '\"\n*", NULL};
    static const char *const get[] = {"config", "user.name", NULL};
    make_repo();
    git(put, 0);
    struct git_result result;
    assert_int_equal(git_run(root, get, &result, NULL), ERROR_NONE);
    assert_string_equal(buffer_text(&result.output), "a b; $(id) '\"\n*\n");
    git_result_release(&result);
}

static void test_both_streams_and_the_status_come_back(void **state)
{
    (void)state;
    static const char *const wrong[] = {"no-such-command", NULL};
    struct git_result result;
    assert_int_equal(git_run(root, wrong, &result, NULL), ERROR_NONE);
    assert_int_equal(result.status, 1);
    assert_int_equal(result.output.len, 0);
    assert_non_null(strstr(buffer_text(&result.errors), "no-such-command"));
    git_result_release(&result);
}

static void test_more_output_than_a_pipe_holds_is_read_whole(void **state)
{
    (void)state;
    static const char *const list[] = {"ls-files", "--others", NULL};
    char path[128];
    make_repo();
    for (int i = 0; i < 2000; i++) {
        snprintf(path, sizeof path, "%s/%060d", root, i);
        FILE *stream = fopen(path, "w");
        assert_non_null(stream);
        fclose(stream);
    }
    struct git_result result;
    assert_int_equal(git_run(root, list, &result, NULL), ERROR_NONE);
    assert_int_equal(result.output.len, 2000 * 61);
    git_result_release(&result);
}

static void test_a_missing_git_is_said(void **state)
{
    (void)state;
    static const char *const arguments[] = {"version", NULL};
    struct git_result result;
    struct problem problem = PROBLEM_INIT;
    char *path = strdup(getenv("PATH"));
    setenv("PATH", "/nowhere", 1);
    assert_int_equal(git_run(root, arguments, &result, &problem), ERROR_GIT);
    setenv("PATH", path, 1);
    free(path);
    assert_non_null(strstr(problem.text, "git could not be run"));
    git_result_release(&result);
}

static void test_top_is_found_from_below_and_missed_outside(void **state)
{
    (void)state;
    char below[128], *top;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(repo_top(root, &top, &problem), ERROR_GIT);
    assert_non_null(strstr(problem.text, "not a git repository"));
    make_repo();
    snprintf(below, sizeof below, "%s/a b", root);
    assert_int_equal(mkdir(below, 0700), 0);
    assert_int_equal(repo_top(below, &top, &problem), ERROR_NONE);
    assert_string_equal(top, root);
    free(top);
}

static void test_ignored_paths_are_told_from_others(void **state)
{
    (void)state;
    char path[128];
    bool ignored;
    make_repo();
    snprintf(path, sizeof path, "%s/.gitignore", root);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs("state/\n", stream);
    fclose(stream);
    assert_int_equal(repo_ignores(root, "state/journal.sqlite", &ignored, NULL), ERROR_NONE);
    assert_true(ignored);
    assert_int_equal(repo_ignores(root, "drafts/1.sql", &ignored, NULL), ERROR_NONE);
    assert_false(ignored);
}

static void test_state_of_a_linked_work_tree_lies_elsewhere(void **state)
{
    (void)state;
    static const char *const who[] = {"config", "user.email", "a@example.org", NULL};
    static const char *const name[] = {"config", "user.name", "a", NULL};
    static const char *const commit[] = {"commit", "-qm", "first", "--allow-empty", NULL};
    static const char *const add[] = {"worktree", "add", "-q", "linked", NULL};
    char linked[128], expected[256], *path;
    make_repo();
    git(who, 0);
    git(name, 0);
    git(commit, 0);
    git(add, 0);
    assert_int_equal(repo_state_path(root, "index.lock", &path, NULL), ERROR_NONE);
    snprintf(expected, sizeof expected, "%s/.git/index.lock", root);
    assert_string_equal(path, expected);
    free(path);
    snprintf(linked, sizeof linked, "%s/linked", root);
    assert_int_equal(repo_state_path(linked, "index.lock", &path, NULL), ERROR_NONE);
    snprintf(expected, sizeof expected, "%s/.git/worktrees/linked/index.lock", root);
    assert_string_equal(path, expected);
    free(path);
}

static void test_nearest_parent_with_a_file_is_found(void **state)
{
    (void)state;
    char path[128];
    snprintf(path, sizeof path, "%s/a", root);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_null(repo_nearest_with(path, "ddltap-marker"));
    snprintf(path, sizeof path, "%s/ddltap-marker", root);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fclose(stream);
    snprintf(path, sizeof path, "%s/a", root);
    char *found = repo_nearest_with(path, "ddltap-marker");
    assert_string_equal(found, root);
    free(found);
    assert_null(repo_nearest_with("/no/such/folder", "ddltap-marker"));
}

/* --- a commit of some paths --------------------------------------------------------------------- */

static void write_text(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    FILE *stream = fopen(path, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
}

static void remove_text(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    assert_int_equal(remove(path), 0);
}

/* A work tree with "kept" and "*" committed, and "staged" staged. */
static void make_work(void)
{
    static const char *const name[] = {"config", "user.name", "a", NULL};
    static const char *const mail[] = {"config", "user.email", "a@example.org", NULL};
    static const char *const add[] = {"add", "-A", NULL};
    static const char *const commit[] = {"commit", "-qm", "first", NULL};
    static const char *const stage[] = {"add", "staged", NULL};
    make_repo();
    git(name, 0);
    git(mail, 0);
    write_text("kept", "kept");
    write_text("*", "a star is no pattern");
    git(add, 0);
    git(commit, 0);
    write_text("staged", "staged");
    git(stage, 0);
}

static bool in_head(const char *path)
{
    bool there = false;
    assert_int_equal(paths_in_head(root, path, &there, NULL), ERROR_NONE);
    return there;
}

static bool in_history(const char *path)
{
    bool there = false;
    assert_int_equal(paths_in_history(root, path, &there, NULL), ERROR_NONE);
    return there;
}

static bool changed(const char *path)
{
    bool is = false;
    assert_int_equal(paths_changed(root, path, &is, NULL), ERROR_NONE);
    return is;
}

static bool committed(const char *head, const char *path)
{
    bool there = false;
    assert_int_equal(paths_committed(root, head, "", path, &there, NULL), ERROR_NONE);
    return there;
}

/* As some editors set them for all that they start. */
static void test_paths_are_no_patterns_whatever_the_environment_says(void **state)
{
    static const char *const names[] = {"GIT_LITERAL_PATHSPECS", "GIT_ICASE_PATHSPECS"};
    static const char *const back[] = {"reset", "--quiet", "--hard", "HEAD~1", NULL};
    const char *const paths[] = {"new"};
    (void)state;
    make_work();
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        bool ignored = true;
        write_text("new", "new");
        assert_int_equal(setenv(names[i], "1", 1), 0);
        assert_int_equal(repo_ignores(root, "new", &ignored, NULL), ERROR_NONE);
        assert_false(ignored);
        assert_int_equal(paths_add(root, paths, 1, NULL), ERROR_NONE);
        assert_int_equal(paths_commit(root, paths, 1, "second", false, NULL), ERROR_NONE);
        assert_int_equal(unsetenv(names[i]), 0);
        assert_true(in_head("new"));
        git(back, 0);
    }
}

static void test_these_paths_are_committed_and_no_others(void **state)
{
    (void)state;
    static const char *const staged[] = {"diff", "--cached", "--quiet", NULL};
    const char *const paths[] = {"new", "*"};
    char *head, *later;
    make_work();
    assert_int_equal(paths_head(root, &head, NULL), ERROR_NONE);
    write_text("new", "new");
    remove_text("*");
    assert_true(in_head("*") && !in_head("new"));
    assert_int_equal(paths_add(root, paths, 1, NULL), ERROR_NONE);
    assert_false(committed(head, "*"));
    assert_int_equal(paths_commit(root, paths, 2, "second", false, NULL), ERROR_NONE);
    assert_true(in_head("new") && in_head("kept") && !in_head("*") && !in_head("staged"));
    assert_true(committed(head, "*") && committed(head, "new") && !committed(head, "kept"));
    assert_true(in_history("*") && in_history("new") && !in_history("staged"));
    git(staged, 1);
    assert_int_equal(paths_head(root, &later, NULL), ERROR_NONE);
    assert_string_not_equal(head, later);
    free(head);
    free(later);
}

static void test_what_other_branches_had_before_is_not_committed(void **state)
{
    (void)state;
    static const char *const branch[] = {"branch", "old", NULL};
    const char *const paths[] = {"new", "kept"};
    char *head, *beside;
    bool there;
    make_work();
    write_text("new", "new");
    assert_int_equal(paths_add(root, paths, 1, NULL), ERROR_NONE);
    assert_int_equal(paths_commit(root, paths, 1, "second", false, NULL), ERROR_NONE);
    git(branch, 0);
    assert_int_equal(paths_commit(root, paths, 1, "amended", true, NULL), ERROR_NONE);
    assert_int_equal(paths_head(root, &head, NULL), ERROR_NONE);
    assert_int_equal(paths_beside(root, head, "new", &beside, NULL), ERROR_NONE);
    assert_int_equal(paths_committed(root, head, beside, "new", &there, NULL), ERROR_NONE);
    assert_false(there);
    remove_text("new");
    assert_int_equal(paths_commit(root, paths, 1, "third", false, NULL), ERROR_NONE);
    assert_int_equal(paths_committed(root, head, beside, "new", &there, NULL), ERROR_NONE);
    assert_true(there);
    free(head);
    free(beside);
}

static void test_what_is_stashed_is_not_committed(void **state)
{
    (void)state;
    static const char *const stash[] = {"stash", "--quiet", NULL};
    char *head;
    make_work();
    assert_int_equal(paths_head(root, &head, NULL), ERROR_NONE);
    remove_text("kept");
    git(stash, 0);
    assert_false(committed(head, "kept") || committed(head, "staged"));
    free(head);
}

static void test_what_is_otherwise_than_in_head_is_seen(void **state)
{
    (void)state;
    static const char *const add[] = {"add", "kept", NULL};
    const char *const kept[] = {"kept"};
    make_work();
    assert_false(changed("kept"));
    write_text("kept", "other");
    assert_true(changed("kept"));
    git(add, 0);
    write_text("kept", "kept");
    assert_true(changed("kept"));
    assert_int_equal(paths_reset(root, kept, 1, NULL), ERROR_NONE);
    assert_false(changed("kept"));
}

static void test_git_keeps_its_own_line_ends(void **state)
{
    (void)state;
    static const char *const config[] = {"config", "core.autocrlf", "true", NULL};
    struct buffer content = BUFFER_INIT;
    make_work();
    git(config, 0);
    write_text("kept", "kept\r\n");
    const char *const paths[] = {"kept"};
    assert_int_equal(paths_commit(root, paths, 1, "second", false, NULL), ERROR_NONE);
    assert_int_equal(paths_read(root, "kept", &content, NULL), ERROR_NONE);
    assert_string_equal(buffer_text(&content), "kept\n");
    assert_int_equal(paths_read(root, "staged", &content, NULL), ERROR_GIT);
    assert_int_equal(content.len, 5);
    buffer_release(&content);
}

static void test_what_a_remote_branch_has_is_pushed(void **state)
{
    (void)state;
    static const char *const fetched[] = {"update-ref", "refs/remotes/origin/main", "HEAD", NULL};
    const char *const paths[] = {"staged"};
    char *branch;
    make_work();
    assert_int_equal(paths_pushed(root, "kept", &branch, NULL), ERROR_NONE);
    assert_null(branch);
    git(fetched, 0);
    assert_int_equal(paths_commit(root, paths, 1, "second", false, NULL), ERROR_NONE);
    assert_int_equal(paths_pushed(root, "staged", &branch, NULL), ERROR_NONE);
    assert_null(branch);
    assert_int_equal(paths_pushed(root, "kept", &branch, NULL), ERROR_NONE);
    assert_string_equal(branch, "origin/main");
    free(branch);
}

static void test_what_was_amended_since_is_pushed(void **state)
{
    (void)state;
    static const char *const fetched[] = {"update-ref", "refs/remotes/origin/main", "HEAD", NULL};
    const char *const paths[] = {"staged"};
    char *branch;
    make_work();
    assert_int_equal(paths_commit(root, paths, 1, "second", false, NULL), ERROR_NONE);
    git(fetched, 0);
    assert_int_equal(paths_commit(root, paths, 1, "amended", true, NULL), ERROR_NONE);
    assert_int_equal(paths_pushed(root, "staged", &branch, NULL), ERROR_NONE);
    assert_string_equal(branch, "origin/main");
    free(branch);
    remove_text("staged");
    assert_int_equal(paths_commit(root, paths, 1, "gone", false, NULL), ERROR_NONE);
    git(fetched, 0);
    write_text("staged", "again");
    assert_int_equal(paths_add(root, paths, 1, NULL), ERROR_NONE);
    assert_int_equal(paths_commit(root, paths, 1, "again", false, NULL), ERROR_NONE);
    assert_int_equal(paths_pushed(root, "staged", &branch, NULL), ERROR_NONE);
    assert_null(branch);
}

static void test_a_repository_without_a_commit_has_no_head(void **state)
{
    (void)state;
    char *head;
    bool there = true;
    struct problem problem = PROBLEM_INIT;
    assert_int_equal(paths_in_head(root, "kept", &there, &problem), ERROR_GIT);
    assert_non_null(strstr(problem.text, "not a git repository"));
    make_repo();
    assert_int_equal(paths_head(root, &head, NULL), ERROR_NONE);
    assert_string_equal(head, "");
    assert_false(in_head("kept") || committed(head, "kept"));
    free(head);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_arguments_reach_git_as_they_are),
        TEST(test_both_streams_and_the_status_come_back),
        TEST(test_more_output_than_a_pipe_holds_is_read_whole),
        TEST(test_a_missing_git_is_said),
        TEST(test_top_is_found_from_below_and_missed_outside),
        TEST(test_ignored_paths_are_told_from_others),
        TEST(test_state_of_a_linked_work_tree_lies_elsewhere),
        TEST(test_nearest_parent_with_a_file_is_found),
        TEST(test_paths_are_no_patterns_whatever_the_environment_says),
        TEST(test_these_paths_are_committed_and_no_others),
        TEST(test_what_other_branches_had_before_is_not_committed),
        TEST(test_what_is_stashed_is_not_committed),
        TEST(test_what_is_otherwise_than_in_head_is_seen),
        TEST(test_git_keeps_its_own_line_ends),
        TEST(test_what_a_remote_branch_has_is_pushed),
        TEST(test_what_was_amended_since_is_pushed),
        TEST(test_a_repository_without_a_commit_has_no_head),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
