/* alembic_settings: see alembic_settings.h. */
#include "format/alembic_settings.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/buffer.h"
#include "ddltap/memory.h"
#include "ddltap/slice.h"
#include "format/files.h"
#include "format/ini.h"

static const char flask_ini[] = "migrations/alembic.ini", plain_ini[] = "alembic.ini";

/* --- paths --------------------------------------------------------------------------------------
 */

/* The folder that holds path; "" is root itself. */
static char *parent_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return memory_copy_slice(slice_make(path, slash == NULL ? 0 : (size_t)(slash - path)));
}

static char *join(const char *folder, const char *name)
{
    struct buffer path = BUFFER_INIT;
    buffer_printf(&path, "%s%s%s", folder, *folder == '\0' ? "" : "/", name);
    return buffer_detach(&path);
}

/* Append one part of a path to those before it; false: it leads out of the root. */
static bool append_part(struct slice part, struct buffer *path)
{
    if (part.len == 0 || slice_equal(part, SLICE(".")))
        return true;
    if (slice_equal(part, SLICE(".."))) {
        const char *slash = path->len == 0 ? NULL : strrchr(buffer_text(path), '/');
        bool inside = path->len > 0;
        buffer_truncate(path, slash == NULL ? 0 : (size_t)(slash - path->ptr));
        return inside;
    }
    if (path->len > 0)
        buffer_append_char(path, '/');
    buffer_append_slice(path, part);
    return true;
}

/* A path of the ini file, below root and without "." and ".."; NULL: it is elsewhere. here stands for
 * the folder of the file, itself below root. */
static char *path_below_root(const char *root, struct slice text)
{
    struct buffer path = BUFFER_INIT;
    size_t root_len = strlen(root);
    bool inside = true;
    if (text.len > root_len && slice_starts_with(text, slice_from(root)) &&
        text.ptr[root_len] == '/')
        text = slice_from_offset(text, root_len + 1);
    else if (text.len > 0 && text.ptr[0] == '/')
        inside = slice_equal(text, slice_from(root)) && (text.len = 0, true);
    while (inside && text.len > 0) {
        const char *slash = memchr(text.ptr, '/', text.len);
        size_t len = slash == NULL ? text.len : (size_t)(slash - text.ptr);
        inside = append_part(slice_make(text.ptr, len), &path);
        text = slice_from_offset(text, len + (slash != NULL));
    }
    char *result = buffer_detach(&path);
    if (!inside) {
        free(result);
        result = NULL;
    }
    return result;
}

/* --- finding ------------------------------------------------------------------------------------
 */

static bool has_env(const char *root, const char *location)
{
    char *env = join(location, "env.py");
    bool there = files_is_file(root, env);
    free(env);
    return there;
}

/* Open the ini file at `path`, with %(here)s as an absolute path; false: it is not there. */
static bool open_ini(const char *root, const char *path, struct ini *ini)
{
    struct buffer text = BUFFER_INIT;
    char *folder = parent_of(path), *here = join(root, folder);
    if (*folder == '\0')
        here[strlen(root)] = '\0';
    bool there = files_read(root, path, &text);
    if (there)
        ini_read(buffer_slice(&text), "alembic", ini);
    if (there)
        ini_set(ini, "here", here);
    free(here);
    free(folder);
    buffer_release(&text);
    return there;
}

/* The script location that an ini file names; NULL: none, or it is not below root. */
static char *script_location_of(const char *root, const struct ini *ini)
{
    char *value = ini_get(ini, "script_location");
    char *path = value == NULL || *value == '\0' ? NULL : path_below_root(root, slice_from(value));
    free(value);
    return path;
}

bool alembic_settings_detect(const char *root, char **directory, char **ini_path)
{
    struct ini ini;
    char *location = NULL;
    const char *path = flask_ini;
    if (files_is_file(root, flask_ini) && has_env(root, "migrations")) {
        location = memory_copy_text("migrations");
    } else if (path = plain_ini, open_ini(root, plain_ini, &ini)) {
        location = script_location_of(root, &ini);
        ini_release(&ini);
    }
    bool found = location != NULL && has_env(root, location);
    if (found) {
        *directory = join(location, "versions");
        *ini_path = memory_copy_text(path);
    }
    free(location);
    return found;
}

/* The ini file of the migrations in directory: beside the folder, or up to root. Its folder is the
 * script location where it has an env.py: so Flask-Migrate has it. */
static char *find_ini(const char *root, const char *directory)
{
    char *folder = parent_of(directory);
    for (;;) {
        char *path = join(folder, plain_ini);
        bool at_root = *folder == '\0';
        if (files_is_file(root, path)) {
            free(folder);
            return path;
        }
        free(path);
        char *above = parent_of(folder);
        free(folder);
        folder = above;
        if (at_root)
            break;
    }
    free(folder);
    return NULL;
}

/* --- values -------------------------------------------------------------------------------------
 */

static enum error read_slug_length(const struct ini *ini, struct alembic_settings *settings,
                                   struct problem *problem)
{
    char *value = ini_get(ini, "truncate_slug_length"), *end = value;
    settings->slug_length = 40;
    unsigned long length = value == NULL ? 0 : strtoul(value, &end, 10);
    bool good = value == NULL || (end != value && *end == '\0' && length < 10000);
    /* Alembic takes 0 for not set. */
    if (good && length > 0)
        settings->slug_length = length;
    free(value);
    return good
               ? ERROR_NONE
               : problem_set(problem, ERROR_CONFIG,
                             "truncate_slug_length in %s is no number. Correct it.", settings->ini);
}

/* The characters at which version_locations is split; NULL: a word that Alembic does not know. */
static const char *separators_of(const struct ini *ini)
{
    static const struct {
        const char *word, *characters;
    } words[] = {{"os", ":"}, {"space", " "}, {"newline", "\n"}, {":", ":"}, {";", ";"}};
    char *word = ini_get(ini, "path_separator");
    const char *characters = NULL;
    if (word == NULL)
        word = ini_get(ini, "version_path_separator");
    if (word == NULL)
        return ", \n";
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(word, words[i].word) == 0)
            characters = words[i].characters;
    }
    free(word);
    return characters;
}

static enum error add_location(const char *root, struct slice text,
                               struct alembic_settings *settings, struct problem *problem)
{
    while (text.len > 0 && strchr(" \t\r\n", text.ptr[0]) != NULL)
        text = slice_from_offset(text, 1);
    while (text.len > 0 && strchr(" \t\r\n", text.ptr[text.len - 1]) != NULL)
        text.len--;
    if (text.len == 0)
        return ERROR_NONE;
    char *path = path_below_root(root, text);
    if (path == NULL || !files_is_folder(root, path)) {
        free(path);
        return problem_set(problem, ERROR_UNSUPPORTED,
                           "version_locations in %s names \"%.*s\", which is no folder of this "
                           "project. Name it as %%(here)s/... or below the project's folder.",
                           settings->ini, (int)text.len, text.ptr);
    }
    texts_add(&settings->locations, path);
    return ERROR_NONE;
}

static enum error read_locations(const char *root, const struct ini *ini,
                                 struct alembic_settings *settings, struct problem *problem)
{
    char *value = ini_get(ini, "version_locations");
    const char *separators = separators_of(ini);
    enum error error = ERROR_NONE;
    if (separators == NULL)
        error = problem_set(problem, ERROR_CONFIG,
                            "path_separator in %s is none of os, space, newline, \":\" and \";\". "
                            "Correct it.",
                            settings->ini);
    for (const char *at = value; error == ERROR_NONE && at != NULL && *at != '\0';) {
        size_t len = strcspn(at, separators);
        error = add_location(root, slice_make(at, len), settings, problem);
        at += len + (at[len] != '\0');
    }
    free(value);
    return error;
}

static enum error read_values(const char *root, const struct ini *ini,
                              struct alembic_settings *settings, struct problem *problem)
{
    char *recursive = ini_get(ini, "recursive_version_locations");
    char *file_template = ini_get(ini, "file_template");
    settings->recursive = recursive != NULL && strcmp(recursive, "true") == 0;
    free(recursive);
    if (file_template != NULL && *file_template != '\0') {
        free(settings->file_template);
        settings->file_template = file_template;
    } else {
        free(file_template);
    }
    settings->timezone = ini_get(ini, "timezone");
    enum error error = read_slug_length(ini, settings, problem);
    if (error == ERROR_NONE)
        error = read_locations(root, ini, settings, problem);
    return error;
}

/* Flask-Migrate's template for several databases gives its functions a name of the engine. */
static enum error refuse_several_databases(const char *root,
                                           const struct alembic_settings *settings,
                                           struct problem *problem)
{
    struct buffer text = BUFFER_INIT;
    char *path = join(settings->script_location, "script.py.mako");
    bool several =
        files_read(root, path, &text) && strstr(buffer_text(&text), "upgrade(engine_name") != NULL;
    buffer_release(&text);
    enum error error =
        several ? problem_set(problem, ERROR_UNSUPPORTED,
                              "%s is made for several databases (upgrade(engine_name)); ddltap "
                              "writes migrations of one. Use a project with one database.",
                              path)
                : ERROR_NONE;
    free(path);
    return error;
}

enum error alembic_settings_read(const char *root, const char *directory,
                                 struct alembic_settings *settings, struct problem *problem)
{
    struct ini ini;
    enum error error = ERROR_NONE;
    *settings = (struct alembic_settings){.file_template = memory_copy_text("%(rev)s_%(slug)s"),
                                          .slug_length = 40,
                                          .ini = find_ini(root, directory),
                                          .script_location = parent_of(directory)};
    if (settings->ini != NULL && open_ini(root, settings->ini, &ini)) {
        char *folder = parent_of(settings->ini), *location = NULL;
        settings->flask = *folder != '\0' && has_env(root, folder);
        if (settings->flask)
            location = memory_copy_text(folder);
        else
            location = script_location_of(root, &ini);
        free(folder);
        /* A relative location counts from where the tool is run: with an ini file in a sub-folder
         * that may be elsewhere, and the folder above the migrations is the better guess. */
        if (location != NULL && has_env(root, location)) {
            free(settings->script_location);
            settings->script_location = location;
        } else {
            free(location);
        }
        error = read_values(root, &ini, settings, problem);
        ini_release(&ini);
    }
    if (settings->locations.count == 0)
        texts_add(&settings->locations, memory_copy_text(directory));
    if (error == ERROR_NONE)
        error = refuse_several_databases(root, settings, problem);
    return error;
}

void alembic_settings_release(struct alembic_settings *settings)
{
    free(settings->ini);
    free(settings->script_location);
    texts_release(&settings->locations);
    free(settings->file_template);
    free(settings->timezone);
    *settings = (struct alembic_settings){0};
}
