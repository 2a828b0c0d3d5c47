/* composition: how a draft comes from what the journal knows.
 *
 *     text --UTF-8--> --portable--> --settings around it-->  up      (a statement that succeeded)
 *     images, swapped             --inverse-->               up      (one that succeeded in part, a
 * CALL) images                      --inverse-->               down
 *
 * The sections will run in the session of some migration tool: its settings are taken to be the
 * server's defaults over utf8mb4, and what the person's session had otherwise is set around the
 * statement. Nothing is guessed: a statement that cannot be put into a UTF-8 file stays out of it,
 * and a comment says why.
 */
#include "draft/composition.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "draft/draft.h"
#include "schema/context.h"
#include "schema/drift.h"
#include "schema/inverse.h"
#include "sql/lexer.h"
#include "sql/portable.h"
#include "sql/section.h"

/* Bytes of a statement that is shown in hexadecimal; the journal has all of it. */
enum {
    HEX_LIMIT = 4096,
    HEX_LINE = 40
};

#define NOT_WRITTEN "The statement is not written here: "

struct composition {
    const struct journal_change *change;
    const struct change *view;
    bool keep_definer;
    struct sql_facts defaults; /* of the session in which the draft will run; nothing owned */
    struct dialect dialect;    /* of the statement as UTF-8 */
    struct buffer notes, up, down, remarks;
};

/* What `SET NAMES utf8mb4` chooses. */
static char *default_collation(const struct journal_change *change)
{
    static char general[] = "utf8mb4_general_ci", unicode[] = "utf8mb4_0900_ai_ci",
                uca1400[] = "utf8mb4_uca1400_ai_ci";
    if (change->mariadb)
        return change->version >= 110500 ? uca1400 : general;
    return change->version >= 80001 ? unicode : general;
}

struct sql_facts composition_defaults(const struct journal_change *change)
{
    static char utf8mb4[] = "utf8mb4";
    return (struct sql_facts){
        .sql_mode = change->facts.global_sql_mode,
        .global_sql_mode = change->facts.global_sql_mode,
        .time_zone = change->facts.global_time_zone,
        .global_time_zone = change->facts.global_time_zone,
        .character_set_client = utf8mb4,
        .collation_connection = default_collation(change),
        .foreign_key_checks = true,
    };
}

static void set_defaults(struct composition *composition)
{
    const struct journal_change *change = composition->change;
    composition->defaults = composition_defaults(change);
    composition->dialect = (struct dialect){.mariadb = change->mariadb, .version = change->version};
    if (change->facts.sql_mode != NULL)
        dialect_set_sql_mode(&composition->dialect, slice_from(change->facts.sql_mode));
}

/* --- the statement ---------------------------------------------------------------------------- */

static bool is_ascii(struct slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    }
    return true;
}

/* _latin1'...' takes its bytes as they are: converted, it would be another value. */
static bool has_raw_literal(struct slice utf8, const struct dialect *dialect)
{
    struct lexer lexer;
    struct token token;
    bool introduced = false;
    lexer_init(&lexer, utf8, dialect);
    while (lexer_next(&lexer, &token)) {
        if (introduced && token.kind == TOKEN_STRING && !is_ascii(token.text))
            return true;
        introduced = token.kind == TOKEN_WORD && token.text.ptr[0] == '_';
    }
    return false;
}

/* The statement in UTF-8; false: not possible, and reason says why. */
static bool convert(const struct composition *composition, struct buffer *utf8,
                    struct buffer *reason)
{
    const struct journal_change *change = composition->change;
    struct slice text = slice_make(change->text, change->text_len);
    const char *charset = change->facts.character_set_client;
    charset = charset == NULL ? "utf8mb4" : charset;
    if (is_ascii(text)) {
        buffer_append_slice(utf8, text);
        return true;
    }
    if (portable_to_utf8(text, charset, utf8) != ERROR_NONE || !section_is_utf8(buffer_slice(utf8)))
        buffer_printf(reason, "its bytes cannot be converted from %s to UTF-8", charset);
    else if (!slice_equal(text, buffer_slice(utf8)) &&
             has_raw_literal(buffer_slice(utf8), &composition->dialect))
        buffer_printf(reason, "a literal with a character set introducer has bytes of %s", charset);
    return reason->len == 0;
}

static void append_hex(struct slice bytes, struct buffer *out)
{
    size_t len = bytes.len < HEX_LIMIT ? bytes.len : HEX_LIMIT;
    for (size_t i = 0; i < len; i++) {
        if (i % HEX_LINE == 0)
            buffer_append_text(out, i == 0 ? "-- 0x" : "\n--   ");
        buffer_printf(out, "%02X", (unsigned)(unsigned char)bytes.ptr[i]);
    }
    buffer_append_text(out, len < bytes.len ? "...\n" : "\n");
}

/* The up section when there is no statement for it. */
static void refuse_up(struct composition *composition, const char *reason, bool show_bytes)
{
    const struct journal_change *change = composition->change;
    struct buffer line = BUFFER_INIT;
    buffer_clear(&composition->up);
    buffer_printf(&line, NOT_WRITTEN "%s. Write it into this file.", reason);
    section_append_comment(buffer_slice(&line), &composition->up);
    if (show_bytes) {
        section_append_comment(SLICE("Its bytes:"), &composition->up);
        append_hex(slice_make(change->text, change->text_len), &composition->up);
    }
    buffer_release(&line);
}

/* --- settings around it ----------------------------------------------------------------------- */

static bool has_object(const struct composition *composition, bool (*is_such)(enum object_type))
{
    for (size_t i = 0; i < composition->view->object_count; i++) {
        const struct change_object *object = &composition->view->objects[i];
        if (object->role != ROLE_REFERENCE && is_such(object->type))
            return true;
    }
    return false;
}

static bool is_table(enum object_type type)
{
    return type == OBJECT_TABLE;
}

static bool is_event(enum object_type type)
{
    return type == OBJECT_EVENT;
}

/* Objects that keep the character set and collation of the session that made them. */
static bool is_stored(enum object_type type)
{
    return type != OBJECT_TABLE && type != OBJECT_SEQUENCE && type != OBJECT_DATABASE;
}

static bool is_package(enum object_type type)
{
    return type == OBJECT_PACKAGE || type == OBJECT_PACKAGE_BODY;
}

/* To drop and to rename means the same in every mode, unless a "name" is quoted in its own way, or
 * it is a package, which only sql_mode ORACLE knows. */
static bool depends_on_sql_mode(const struct composition *composition, struct slice text)
{
    const struct journal_change *change = composition->change;
    return (change->verb != DDL_DROP && change->verb != DDL_RENAME) ||
           memchr(text.ptr, '"', text.len) != NULL || has_object(composition, is_package);
}

static void append_setting(const char *name, const char *value, struct buffer *context)
{
    if (value != NULL)
        buffer_printf(context, "%s=%s\n", name, value);
}

/* Literals are converted to the collation's character set whatever the client's is, so the
 * collation can always be carried; the client's character set only where it reads this text as
 * UTF-8 does. */
static void append_character_sets(struct composition *composition, struct slice text,
                                  struct buffer *context)
{
    const struct sql_facts *facts = &composition->change->facts;
    const char *client = facts->character_set_client;
    append_setting("collation_connection", facts->collation_connection, context);
    if (client == NULL)
        return;
    if (is_ascii(text) || strncmp(client, "utf8", 4) == 0)
        append_setting("character_set_client", client, context);
    else
        buffer_printf(&composition->notes,
                      "The session's character set was %s; here the statement is UTF-8, so the "
                      "object will have character_set_client utf8mb4.\n",
                      client);
}

/* A literal default of a TIMESTAMP is read in the session's time zone. */
static bool names_timestamp(const struct composition *composition, struct slice text)
{
    static const char word[] = "timestamp";
    size_t length = sizeof(word) - 1;
    for (size_t i = 0; has_object(composition, is_table) && i + length <= text.len; i++)
        if (strncasecmp(text.ptr + i, word, length) == 0)
            return true;
    return false;
}

/* The lines of a context (see struct image) that the statement needs. */
static void compose_context(struct composition *composition, struct slice text,
                            struct buffer *context)
{
    const struct journal_change *change = composition->change;
    bool drops = change->verb == DDL_DROP || change->verb == DDL_RENAME;
    if (depends_on_sql_mode(composition, text))
        append_setting("sql_mode", change->facts.sql_mode, context);
    if (depends_on_sql_mode(composition, text) && change->facts.sql_mode == NULL)
        buffer_append_text(&composition->notes, "The session's sql_mode is not known.\n");
    if (!drops && has_object(composition, is_stored))
        append_character_sets(composition, text, context);
    if (!drops && (has_object(composition, is_event) || names_timestamp(composition, text)))
        append_setting("time_zone", change->facts.time_zone, context);
}

static bool carries_foreign_key_checks(const struct composition *composition)
{
    return !composition->change->facts.foreign_key_checks && has_object(composition, is_table);
}

static void open_foreign_key_checks(const struct composition *composition, struct buffer *section)
{
    if (carries_foreign_key_checks(composition))
        buffer_append_text(section, "SET @ddltap_foreign_key_checks = @@foreign_key_checks, "
                                    "foreign_key_checks = 0;\n");
}

static void close_foreign_key_checks(const struct composition *composition, struct buffer *section)
{
    if (carries_foreign_key_checks(composition))
        buffer_append_text(section, "SET foreign_key_checks = @ddltap_foreign_key_checks;\n");
}

/* --- up from the statement -------------------------------------------------------------------- */

static void write_portable(const struct composition *composition, struct slice utf8,
                           struct buffer *out)
{
    const struct portable_options options = {
        .schema = slice_from(composition->change->development_schema),
        .schema_nocase = composition->change->names_nocase,
        .keep_definer = composition->keep_definer,
    };
    portable_write(utf8, &composition->dialect, &options, out);
}

static void write_statement(struct composition *composition, struct slice utf8)
{
    struct buffer text = BUFFER_INIT, context = BUFFER_INIT;
    struct section_mark mark;
    write_portable(composition, utf8, &text);
    if (section_find_mark(buffer_slice(&text), 0, &mark))
        buffer_append_text(&composition->notes,
                           "A line that reads as a section mark was written in another way.\n");
    compose_context(composition, buffer_slice(&text), &context);
    open_foreign_key_checks(composition, &composition->up);
    context_open(buffer_slice(&context), &composition->defaults, false, &composition->up);
    if (section_append_statement(buffer_slice(&text), &composition->dialect, &composition->up)) {
        context_close(buffer_slice(&context), &composition->defaults, false, &composition->up);
        close_foreign_key_checks(composition, &composition->up);
    } else {
        refuse_up(composition,
                  "a line inside its quotes reads as the mark of a section, or holds a zero byte",
                  true);
    }
    buffer_release(&text);
    buffer_release(&context);
}

/* --- up from the images ----------------------------------------------------------------------- */

/* The settings around the section are the session's that the statements begin with. */
static struct sql_facts section_defaults(const struct composition *composition)
{
    struct sql_facts defaults = composition->defaults;
    defaults.foreign_key_checks = !carries_foreign_key_checks(composition);
    return defaults;
}

/* A change that no statement tells loses what its difference loses. */
static void note_losses(struct composition *composition, struct slice remarks)
{
    if (composition->change->origin != ORIGIN_SCANNED)
        return;
    drift_remark_renames(composition->view, &composition->notes);
    if (remarks.len > 0)
        buffer_append_text(&composition->notes, "Data that goes:\n");
    buffer_append_slice(&composition->notes, remarks);
}

static void write_from_images(struct composition *composition)
{
    const struct dialect plain = {.mariadb = composition->dialect.mariadb,
                                  .version = composition->dialect.version};
    struct sql_facts defaults = section_defaults(composition);
    struct buffer sql = BUFFER_INIT, remarks = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;
    enum error error = inverse_write_again(composition->view, &defaults, composition->keep_definer,
                                           &sql, &remarks, &problem);
    if (error != ERROR_NONE) {
        refuse_up(composition, problem.text, false);
    } else {
        open_foreign_key_checks(composition, &composition->up);
        if (section_append(buffer_slice(&sql), &plain, &composition->up))
            close_foreign_key_checks(composition, &composition->up);
        else
            refuse_up(
                composition,
                "a line inside its quotes reads as the mark of a section, or holds a zero byte",
                false);
    }
    note_losses(composition, remarks.len == 0 ? SLICE("") : buffer_slice(&remarks));
    buffer_release(&sql);
    buffer_release(&remarks);
}

/* A CALL may do more than it did for the schema, and other things the next time. */
static bool says_what_it_did(const struct composition *composition, struct slice utf8)
{
    struct statement statement;
    statement_read(utf8, &composition->dialect, &statement);
    bool indirect = statement.kind == STATEMENT_CALL || statement.kind == STATEMENT_EXECUTE ||
                    statement.kind == STATEMENT_EXECUTE_IMMEDIATE;
    statement_release(&statement);
    return !indirect;
}

static void compose_up(struct composition *composition)
{
    const struct journal_change *change = composition->change;
    struct buffer utf8 = BUFFER_INIT, reason = BUFFER_INIT;
    bool converted = convert(composition, &utf8, &reason);
    if (change->origin == ORIGIN_SCANNED) {
        buffer_append_text(&composition->notes,
                           "Found by comparing the database with the journal: no statement of it "
                           "was seen.\n");
        write_from_images(composition);
    } else if (change->text_len == 0) {
        buffer_append_text(&composition->notes,
                           "Split from the draft of a statement on several objects; this is what "
                           "it did to this one.\n");
        write_from_images(composition);
    } else if (change->error_code != 0) {
        buffer_printf(&composition->notes,
                      "The statement succeeded only in part (error %u); this is what it changed.\n",
                      change->error_code);
        write_from_images(composition);
    } else if (!converted) {
        refuse_up(composition, buffer_text(&reason), true);
    } else if (!says_what_it_did(composition, buffer_slice(&utf8))) {
        buffer_append_text(&composition->notes,
                           "Done inside a stored routine or prepared statement; this is what it "
                           "changed.\n");
        write_from_images(composition);
    } else {
        write_statement(composition, buffer_slice(&utf8));
    }
    buffer_release(&utf8);
    buffer_release(&reason);
}

/* --- down ------------------------------------------------------------------------------------- */

/* What foreign_key_checks = 0 allowed, its way back needs as well: to drop a parent before its
 * child, to bring back a child without its parent. */
static enum error write_down(struct composition *composition, struct slice sql,
                             struct problem *problem)
{
    const struct dialect plain = {.mariadb = composition->dialect.mariadb,
                                  .version = composition->dialect.version};
    if (!section_has_statement(sql))
        return ERROR_NONE;
    open_foreign_key_checks(composition, &composition->down);
    if (!section_append(sql, &plain, &composition->down)) {
        buffer_clear(&composition->down);
        return problem_set(
            problem, ERROR_UNSUPPORTED,
            "a line inside its quotes reads as the mark of a section, or holds a zero byte");
    }
    close_foreign_key_checks(composition, &composition->down);
    return ERROR_NONE;
}

static void compose_down(struct composition *composition)
{
    struct buffer sql = BUFFER_INIT;
    struct problem problem = PROBLEM_INIT;
    struct sql_facts defaults = section_defaults(composition);
    enum error error = inverse_write(composition->view, &defaults, composition->keep_definer, &sql,
                                     &composition->remarks, &problem);
    if (error == ERROR_NONE)
        error = write_down(composition, buffer_slice(&sql), &problem);
    if (error != ERROR_NONE) {
        buffer_clear(&composition->remarks);
        buffer_printf(&composition->remarks, "no way back is known: %s\n", problem.text);
    }
    buffer_release(&sql);
}

/* --- header ----------------------------------------------------------------------------------- */

static bool same_schema(const struct journal_change *change, const char *a, const char *b)
{
    return change->names_nocase ? slice_equal_nocase(slice_from(a), slice_from(b))
                                : slice_equal(slice_from(a), slice_from(b));
}

/* A bare name meant another schema than it will mean in the migration. */
static bool bare_names_meant_another(const struct journal_change *change)
{
    const char *schema = change->facts.default_schema;
    if (schema == NULL || same_schema(change, schema, change->development_schema))
        return false;
    for (size_t i = 0; i < change->object_count; i++) {
        const char *other = change->objects[i].schema;
        if (other != NULL && same_schema(change, other, schema))
            return true;
    }
    return false;
}

static void compose_notes(struct composition *composition)
{
    const struct journal_change *change = composition->change;
    if (change->redacted)
        buffer_append_text(&composition->notes,
                           "A secret was replaced by <redacted>: put it in before this runs.\n");
    if (bare_names_meant_another(change))
        buffer_printf(&composition->notes, "Names without a schema meant the schema %s here.\n",
                      change->facts.default_schema);
}

/* "root@localhost": the port tells nothing, and a Unix socket is this machine. */
static void compose_account(const struct journal_session *session, struct buffer *out)
{
    const char *address = session->client_address;
    const char *colon = strrchr(address, ':');
    size_t len = colon == NULL ? strlen(address) : (size_t)(colon - address);
    bool local = len == 0 || strncmp(address, "unix", 4) == 0;
    buffer_printf(out, "%s@%.*s", session->user, local ? 9 : (int)len,
                  local ? "localhost" : address);
}

static void compose_server(const struct journal_change *change, struct buffer *out)
{
    buffer_printf(out, "%s %u.%u.%u", change->mariadb ? "MariaDB" : "MySQL",
                  change->version / 10000, change->version / 100 % 100, change->version % 100);
}

static void write_content(const struct journal_change *change,
                          const struct journal_session *session, struct draft_content *content,
                          struct buffer *out)
{
    struct buffer account = BUFFER_INIT, server = BUFFER_INIT;
    compose_account(session, &account);
    compose_server(change, &server);
    content->captured_at = change->at;
    content->tool = session->tool;
    content->account = buffer_text(&account);
    content->database = change->development_schema;
    content->server = buffer_text(&server);
    draft_write_text(content, out);
    buffer_release(&account);
    buffer_release(&server);
}

static void write_file_text(const struct composition *composition,
                            const struct journal_session *session, struct buffer *out)
{
    struct draft_content content = {
        .notes = buffer_slice(&composition->notes),
        .up = buffer_slice(&composition->up),
        .down = composition->down.len == 0 ? SLICE_NONE : buffer_slice(&composition->down),
        .down_remarks = buffer_slice(&composition->remarks),
    };
    write_content(composition->change, session, &content, out);
}

void composition_write_sections(const struct journal_change *change,
                                const struct journal_session *session, struct slice notes,
                                struct slice up, struct slice down, struct slice remarks,
                                struct buffer *out)
{
    struct draft_content content = {
        .notes = notes, .up = up, .down = down, .down_remarks = remarks};
    write_content(change, session, &content, out);
}

void composition_write_file(const struct journal_change *change, const struct change *view,
                            const struct journal_session *session, bool keep_definer,
                            struct buffer *out)
{
    const char *kept = change->squash_text != NULL ? change->squash_text : change->draft_text;
    if (kept != NULL)
        buffer_append_text(out, kept);
    else
        composition_write(change, view, session, keep_definer, out);
}

bool composition_statement(const struct journal_change *change, bool keep_definer,
                           struct buffer *text, struct dialect *dialect)
{
    struct composition composition = {.change = change, .keep_definer = keep_definer};
    struct buffer utf8 = BUFFER_INIT, reason = BUFFER_INIT;
    set_defaults(&composition);
    bool known = change->text_len > 0 && change->error_code == 0 && !change->redacted &&
                 !bare_names_meant_another(change) && convert(&composition, &utf8, &reason) &&
                 says_what_it_did(&composition, buffer_slice(&utf8));
    *dialect = composition.dialect;
    if (known)
        write_portable(&composition, buffer_slice(&utf8), text);
    buffer_release(&utf8);
    buffer_release(&reason);
    return known;
}

void composition_write(const struct journal_change *change, const struct change *view,
                       const struct journal_session *session, bool keep_definer, struct buffer *out)
{
    struct composition composition = {.change = change, .view = view, .keep_definer = keep_definer};
    set_defaults(&composition);
    compose_notes(&composition);
    compose_up(&composition);
    compose_down(&composition);
    write_file_text(&composition, session, out);
    buffer_release(&composition.notes);
    buffer_release(&composition.up);
    buffer_release(&composition.down);
    buffer_release(&composition.remarks);
}
