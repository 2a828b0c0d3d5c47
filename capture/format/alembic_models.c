/* alembic_models: see alembic_models.h. */
#include "format/alembic_models.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ddltap/memory.h"
#include "ddltap/process.h"
#include "format/alembic_models_script.h"

#define COMPARE_SECONDS 60

/* The first words of every sentence on a failure. */
#define NOT_COMPARED "Whether the models have all that was captured could not be told: "

/* --- reading ------------------------------------------------------------------------------------
 */

/* Take the text up to the next `end` from *rest. */
static struct slice take(struct slice *rest, char end)
{
    const char *at = rest->len == 0 ? NULL : memchr(rest->ptr, end, rest->len);
    struct slice taken = slice_make(rest->ptr, at == NULL ? rest->len : (size_t)(at - rest->ptr));
    *rest = slice_from_offset(*rest, taken.len + (at != NULL));
    return taken;
}

/* Pass what the project itself printed; false: the program never came to its answer. */
static bool skip_to_answer(struct slice *output)
{
    while (output->len > 0) {
        if (slice_equal(take(output, '\n'), SLICE("ddltap-models")))
            return true;
    }
    return false;
}

/* One record; true: it is the last one. */
static bool read_record(struct slice line, struct models *models, struct slice *failure)
{
    struct slice what = take(&line, '\t');
    if (slice_equal(what, SLICE("failed")))
        *failure = line;
    if (slice_equal(what, SLICE("line")) && models->count > 0)
        models_add_line(models, line);
    bool table = slice_equal(what, SLICE("table")), column = slice_equal(what, SLICE("column"));
    if (table || column || slice_equal(what, SLICE("index"))) {
        struct slice name = take(&line, '\t');
        models_add(models,
                   table    ? MODELS_TABLE
                   : column ? MODELS_COLUMN
                            : MODELS_INDEX,
                   name, line);
    }
    return slice_equal(what, SLICE("end"));
}

enum error alembic_models_read(struct slice output, struct models *models, struct problem *problem)
{
    struct slice failure = SLICE_NONE;
    bool ended = false;
    if (skip_to_answer(&output)) {
        while (!ended && output.len > 0)
            ended = read_record(take(&output, '\n'), models, &failure);
    }
    if (ended)
        return ERROR_NONE;
    models_release(models);
    if (slice_is_none(failure))
        failure = SLICE("Python ended without an answer");
    return problem_set(problem, ERROR_UNSUPPORTED, NOT_COMPARED "%.*s.",
                       (int)(failure.len < 400 ? failure.len : 400), failure.ptr);
}

/* --- running ------------------------------------------------------------------------------------
 */

static char *path_in(const char *folder, const char *name)
{
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s/%s", folder, name);
    return buffer_detach(&path);
}

static char *find_python(const char *root, const char *python)
{
    static const char *const places[] = {".venv/bin/python", "venv/bin/python", "env/bin/python"};
    const char *active = getenv("VIRTUAL_ENV");
    if (*python != '\0')
        return memory_copy_text(python);
    if (active != NULL && *active != '\0')
        return path_in(active, "bin/python");
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        char *path = path_in(root, places[i]);
        if (access(path, X_OK) == 0)
            return path;
        free(path);
    }
    return memory_copy_text("python3");
}

/* Where the tool is run: Alembic where its ini file is, flask in the folder above. */
static char *folder_of_tool(const char *root, const struct alembic_settings *settings)
{
    char *folder = path_in(root, settings->ini);
    for (int up = 0; up < (settings->flask ? 2 : 1); up++)
        *strrchr(folder, '/') = '\0';
    return folder;
}

/* The end of what a program that did not get far said. */
static struct slice last_line(struct slice text)
{
    while (text.len > 0 && strchr(" \n", text.ptr[text.len - 1]) != NULL)
        text.len--;
    const char *at = text.len == 0 ? NULL : memrchr(text.ptr, '\n', text.len);
    return at == NULL ? text : slice_from_offset(text, (size_t)(at - text.ptr) + 1);
}

static enum error read_result(const struct process_result *result, struct models *models,
                              struct problem *problem)
{
    if (result->status == 0)
        return alembic_models_read(buffer_slice(&result->output), models, problem);
    if (result->status == 128 + 9)
        return problem_set(problem, ERROR_UNSUPPORTED,
                           NOT_COMPARED "Python did not answer within %d seconds.",
                           COMPARE_SECONDS);
    struct slice said = last_line(buffer_slice(&result->errors));
    return problem_set(problem, ERROR_UNSUPPORTED, NOT_COMPARED "Python said: %.*s.",
                       (int)(said.len < 400 ? said.len : 400), said.ptr);
}

enum error alembic_models_compare(const char *root, const struct alembic_settings *settings,
                                  const char *python, struct models *models,
                                  struct problem *problem)
{
    if (settings->ini == NULL)
        return problem_set(problem, ERROR_UNSUPPORTED, NOT_COMPARED "there is no alembic.ini.");
    char *program = find_python(root, python), *folder = folder_of_tool(root, settings);
    const char *slash = strrchr(settings->ini, '/');
    /* Of migrations/alembic.ini as seen from the folder above, of alembic.ini as it is. */
    const char *ini = settings->ini;
    if (settings->flask) {
        while (slash > settings->ini && slash[-1] != '/')
            slash--;
        ini = slash;
    } else if (slash != NULL) {
        ini = slash + 1;
    }
    const char *const argv[] = {
        program, "-c", (const char *)alembic_models_script, settings->flask ? "flask" : "alembic",
        ini,     NULL};
    struct process_result result;
    enum error error = process_run(argv, folder, COMPARE_SECONDS, &result, NULL);
    if (error != ERROR_NONE)
        error = problem_set(problem, ERROR_UNSUPPORTED,
                            NOT_COMPARED "%s could not be run. Set [format] python.", program);
    else
        error = read_result(&result, models, problem);
    process_result_release(&result);
    free(program);
    free(folder);
    return error;
}
