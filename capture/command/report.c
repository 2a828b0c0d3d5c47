/* report: see report.h. */
#include "command/report.h"

#include <stdlib.h>
#include <string.h>

#include "command/output.h"
#include "ddltap/memory.h"
#include "schema/describe.h"
#include "schema/unified.h"
#include "sql/section.h"

/* --- lines of text ------------------------------------------------------------------------------ */

/* The first line of *text without its end, which is taken off; false when there is none. */
static bool next_line(struct slice *text, struct slice *line)
{
    if (text->len == 0)
        return false;
    const char *end = memchr(text->ptr, '\n', text->len);
    size_t len = end == NULL ? text->len : (size_t)(end - text->ptr);
    *line = slice_make(text->ptr, len);
    *text = slice_from_offset(*text, end == NULL ? len : len + 1);
    return true;
}

void report_heading(struct buffer *out, const char *text)
{
    buffer_append_text(out, out->len == 0 ? "" : "\n");
    output_coloured(out, OUTPUT_BOLD, text);
    buffer_append_char(out, '\n');
}

void report_block(struct buffer *out, struct slice text)
{
    struct slice line;

    while (next_line(&text, &line)) {
        buffer_append_text(out, line.len == 0 ? "" : "    ");
        output_safe(out, line);
        buffer_append_char(out, '\n');
    }
}

static void write_line(struct slice line, enum output_colour colour, struct buffer *out)
{
    struct buffer safe = BUFFER_INIT;

    output_safe(&safe, line);
    output_coloured(out, colour, buffer_text(&safe));
    buffer_append_char(out, '\n');
    buffer_release(&safe);
}

static enum output_colour mark_colour(char mark)
{
    switch (mark) {
    case '+':
        return OUTPUT_GREEN;
    case '-':
        return OUTPUT_RED;
    case '~':
    case '>':
        return OUTPUT_YELLOW;
    default:
        return OUTPUT_PLAIN;
    }
}

/* "users  + nickname": the mark stands behind two blanks, or at the start. */
static char find_mark(struct slice line)
{
    if (line.len > 1 && line.ptr[1] == ' ' && mark_colour(line.ptr[0]) != OUTPUT_PLAIN)
        return line.ptr[0];
    for (size_t i = 0; i + 3 < line.len; i++) {
        if (line.ptr[i] == ' ' && line.ptr[i + 1] == ' ' && line.ptr[i + 3] == ' ')
            return line.ptr[i + 2];
    }
    return ' ';
}

static void write_lines(struct slice lines, struct buffer *out)
{
    struct slice line;

    while (next_line(&lines, &line)) {
        buffer_append_text(out, "  ");
        write_line(line, mark_colour(find_mark(line)), out);
    }
}

void report_write_lines(const struct change *change, struct buffer *out)
{
    struct buffer lines = BUFFER_INIT;

    describe_lines(change, &lines);
    write_lines(buffer_slice(&lines), out);
    buffer_release(&lines);
}

json_t *report_json_lines(struct slice lines)
{
    json_t *list = json_array();
    struct slice line;

    while (next_line(&lines, &line))
        json_array_append_new(list, output_json_text(line));
    return list;
}

/* --- images ------------------------------------------------------------------------------------- */

/* Settings that an object was made under stand above its text. */
static void append_image(const struct image *image, const struct image *other, struct buffer *out)
{
    if (image->state != IMAGE_PRESENT)
        return;
    if (other->state == IMAGE_PRESENT && !slice_equal(image->context, other->context)) {
        struct slice context = image->context, line;
        while (next_line(&context, &line)) {
            buffer_append_text(out, "-- ");
            buffer_append_slice(out, line);
            buffer_append_char(out, '\n');
        }
    }
    buffer_append_slice(out, image->text);
}

static void find_unified(const struct image *before, const struct image *after, struct buffer *out)
{
    struct buffer old = BUFFER_INIT, new = BUFFER_INIT;

    append_image(before, after, &old);
    append_image(after, before, &new);
    unified_write(buffer_slice(&old), buffer_slice(&new), out);
    buffer_release(&old);
    buffer_release(&new);
}

static void write_label(const char *mark, const struct change_object *object,
                        const struct image *image, struct buffer *out)
{
    struct buffer label = BUFFER_INIT;

    buffer_append_text(&label, mark);
    if (image->state == IMAGE_PRESENT) {
        buffer_printf(&label, "%s ", object_type_text(object->type));
        output_safe_line(&label, object->name);
    } else {
        buffer_append_text(&label, image->state == IMAGE_ABSENT ? "did not exist" : "is not known");
        if (image->state == IMAGE_ABSENT && mark[0] == '+') {
            buffer_truncate(&label, strlen(mark));
            buffer_append_text(&label, "does not exist any more");
        }
    }
    output_coloured(out, OUTPUT_BOLD, buffer_text(&label));
    buffer_append_char(out, '\n');
    buffer_release(&label);
}

static void write_unified(const struct change_object *from, const struct change_object *to,
                          struct buffer *out)
{
    struct buffer hunks = BUFFER_INIT;
    struct slice rest, line;

    find_unified(&from->before, &to->after, &hunks);
    rest = buffer_slice(&hunks);
    if (rest.len > 0) {
        buffer_append_text(out, out->len == 0 ? "" : "\n");
        write_label("--- ", from, &from->before, out);
        write_label("+++ ", to, &to->after, out);
    }
    while (next_line(&rest, &line)) {
        bool hunk = line.len > 0 && line.ptr[0] == '@';
        enum output_colour colour = line.len == 0 ? OUTPUT_PLAIN
                                    : hunk        ? OUTPUT_DIM
                                                  : mark_colour(line.ptr[0]);
        write_line(line, colour, out);
    }
    buffer_release(&hunks);
}

void report_write_images(const struct change *change, struct buffer *out)
{
    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *object = &change->objects[i];
        if (object->role == ROLE_RENAME_FROM && i + 1 < change->object_count)
            write_unified(object, object + 1, out);
        else if (object->role == ROLE_TARGET)
            write_unified(object, object, out);
    }
}

/* --- JSON --------------------------------------------------------------------------------------- */

static json_t *json_image(const struct image *image)
{
    static const char *const states[] = {"unknown", "absent", "present"};
    json_t *value = json_object();

    json_object_set_new(value, "state", json_string(states[image->state]));
    json_object_set_new(value, "text", output_json_text(image->text));
    json_object_set_new(value, "context", output_json_text(image->context));
    return value;
}

/* of: the object whose image before belongs to the image after of object. */
static json_t *json_object_of(const struct change_object *object, const struct change_object *of)
{
    static const char *const roles[] = {"target", "rename from", "rename to", "reference"};
    json_t *value = json_object();
    struct buffer hunks = BUFFER_INIT;

    json_object_set_new(value, "type", json_string(object_type_text(object->type)));
    json_object_set_new(value, "role", json_string(roles[object->role]));
    json_object_set_new(value, "schema", output_json_text(object->schema));
    json_object_set_new(value, "name", output_json_text(object->name));
    json_object_set_new(value, "before", json_image(&object->before));
    json_object_set_new(value, "after", json_image(&object->after));
    if (of != NULL)
        find_unified(&of->before, &object->after, &hunks);
    json_object_set_new(value, "unified",
                        of == NULL ? json_null()
                                   : output_json_text(slice_from(buffer_text(&hunks))));
    buffer_release(&hunks);
    return value;
}

json_t *report_json_objects(const struct change *change)
{
    json_t *list = json_array();

    for (size_t i = 0; i < change->object_count; i++) {
        const struct change_object *object = &change->objects[i];
        const struct change_object *of = object->role == ROLE_TARGET ? object : NULL;
        if (object->role == ROLE_RENAME_TO && i > 0)
            of = object - 1;
        json_array_append_new(list, json_object_of(object, of));
    }
    return list;
}

/* --- a difference ------------------------------------------------------------------------------- */

void report_init(struct report *report)
{
    *report = (struct report){.objects = json_array()};
}

void report_release(struct report *report)
{
    struct buffer *const buffers[] = {&report->lines, &report->images,      &report->up,
                                      &report->down,  &report->up_remarks,  &report->problems,
                                      &report->notes, &report->down_remarks};

    for (size_t i = 0; i < sizeof(buffers) / sizeof(buffers[0]); i++)
        buffer_release(buffers[i]);
    json_decref(report->objects);
}

void report_add(struct report *report, const struct change *change)
{
    json_t *objects = report_json_objects(change);

    describe_lines(change, &report->lines);
    report_write_images(change, &report->images);
    json_array_extend(report->objects, objects);
    json_decref(objects);
    report->differs = true;
}

static void write_section(const struct difference *difference,
                          const struct difference_options *options, struct buffer *out)
{
    const struct dialect dialect = {.mariadb = options->mariadb, .version = options->version};

    section_append_comment(buffer_slice(&difference->remarks), out);
    section_append_comment(buffer_slice(&difference->problems), out);
    for (size_t i = 0; i < difference->step_count; i++) {
        if (!section_append_statement(slice_from(difference->steps[i].text), &dialect, out))
            section_append_comment(SLICE("A statement is not written here: a line inside its "
                                         "quotes reads as the mark of a section."),
                                   out);
    }
}

static void find_way(const struct schema *now, const struct schema *wanted,
                     const struct difference_rename *renames, size_t rename_count,
                     const struct difference_options *options, struct buffer *section,
                     struct buffer *remarks, struct buffer *problems)
{
    struct difference difference;

    difference_find(now, wanted, renames, rename_count, options, &difference);
    write_section(&difference, options, section);
    buffer_append_slice(remarks, buffer_slice(&difference.remarks));
    buffer_append_slice(problems, buffer_slice(&difference.problems));
    difference_release(&difference);
}

void report_find(struct report *report, const struct report_sides *sides)
{
    struct difference_options there = sides->options, back = sides->options;
    struct difference_rename *renames = difference_turn_round(sides->renames, sides->rename_count);
    struct buffer same = BUFFER_INIT;

    there.way_back = false;
    back.way_back = true;
    find_way(sides->before, sides->after, sides->renames, sides->rename_count, &there, &report->up,
             &report->up_remarks, &report->problems);
    find_way(sides->after, sides->before, renames, sides->rename_count, &back, &report->down,
             &report->down_remarks, &same);
    if (!slice_equal(buffer_slice(&same), buffer_slice(&report->problems)) && same.len > 0)
        buffer_printf(&report->problems, "Way back: %s", buffer_text(&same));
    buffer_release(&same);
    free(renames);
}

/* --- printing ----------------------------------------------------------------------------------- */

static void write_sentences(const char *title, const struct buffer *sentences, struct buffer *out)
{
    if (sentences->len == 0)
        return;
    report_heading(out, title);
    report_block(out, slice_make(sentences->ptr, sentences->len));
}

void report_write_text(const struct report *report, bool summary, struct buffer *out)
{
    write_lines(buffer_slice(&report->lines), out);
    write_sentences("Data that goes", &report->up_remarks, out);
    write_sentences("Data that its way back does not bring", &report->down_remarks, out);
    write_sentences("No statement is known for", &report->problems, out);
    write_sentences("To know", &report->notes, out);
    if (summary || report->images.len == 0)
        return;
    buffer_append_text(out, out->len == 0 ? "" : "\n");
    buffer_append_slice(out, buffer_slice(&report->images));
}

void report_write_sql(const struct report *report, struct buffer *out)
{
    if (!report->differs)
        return;
    section_append_comment(buffer_slice(&report->notes), out);
    buffer_append_text(out, "-- migrate:up\n");
    buffer_append_slice(out, buffer_slice(&report->up));
    buffer_append_text(out, "-- migrate:down\n");
    buffer_append_slice(out, buffer_slice(&report->down));
}

json_t *report_json(const struct report *report)
{
    json_t *value = json_object();

    json_object_set_new(value, "differs", json_boolean(report->differs));
    json_object_set_new(value, "incomplete", json_boolean(report->incomplete));
    json_object_set_new(value, "lines", report_json_lines(buffer_slice(&report->lines)));
    json_object_set(value, "objects", report->objects);
    json_object_set_new(value, "up", output_json_text(slice_from(buffer_text(&report->up))));
    json_object_set_new(value, "down", output_json_text(slice_from(buffer_text(&report->down))));
    json_object_set_new(value, "up_remarks", report_json_lines(buffer_slice(&report->up_remarks)));
    json_object_set_new(value, "down_remarks",
                        report_json_lines(buffer_slice(&report->down_remarks)));
    json_object_set_new(value, "problems", report_json_lines(buffer_slice(&report->problems)));
    json_object_set_new(value, "notes", report_json_lines(buffer_slice(&report->notes)));
    return value;
}
