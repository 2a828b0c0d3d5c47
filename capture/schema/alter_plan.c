/* alter_plan: see alter_plan.h. One function for each kind of part; at the end the model carries the
 * steps out and the result must be `wanted`. */
#include "schema/alter_plan.h"

#include <stdlib.h>
#include <string.h>

#include "ddltap/memory.h"
#include "schema/alter_model.h"
#include "schema/alter_rename.h"
#include "schema/foreign_key.h"
#include "schema/partition.h"
#include "schema/printed.h"

/* Everything about one plan while it is made. */
struct planner {
    struct alter_match match;
    const struct table *now;
    const struct table *wanted;
    bool mariadb;
    struct alter *alter;
    struct problem *problem;
};

/* --- columns -------------------------------------------------------------------------------------
 */

static bool same_option(const struct planner *planner, const char *key)
{
    const struct table_option *now = table_option(planner->now, key);
    const struct table_option *wanted = table_option(planner->wanted, key);

    if (now == NULL || wanted == NULL)
        return now == wanted;
    return slice_equal(now->text, wanted->text);
}

/* A column printed without a character set has the table's, so that its text is the same although
 * the column is not. */
static bool charset_differs(const struct planner *planner)
{
    return !same_option(planner, "DEFAULT CHARSET") || !same_option(planner, "COLLATE");
}

/* MySQL lets no column go that an expression needs, unless the expression is given anew. */
static bool has_disturbed_expression(const struct planner *planner, struct slice definition)
{
    struct slice rest = slice_from_offset(definition, printed_type(definition).len);

    return !planner->mariadb && !slice_is_none(printed_group(rest, 0)) &&
           alter_match_disturbs(&planner->match, rest);
}

/* Apart from its name. */
static bool column_stays(const struct planner *planner, size_t index)
{
    const struct table_column *wanted = &planner->wanted->columns[index];
    const struct table_column *now = &planner->now->columns[planner->match.column_now[index]];

    return planner->match.in_place[index] && slice_equal(now->definition, wanted->definition) &&
           !(charset_differs(planner) && table_column_character(wanted->definition)) &&
           !has_disturbed_expression(planner, wanted->definition);
}

/* " DEFAULT (...)" with a function of another value at each call: MySQL with a binary log refuses
 * it where a column is being added, and takes it for one that is there. */
static struct slice late_default(const struct planner *planner, struct slice definition)
{
    static const char *const functions[] = {"uuid(", "uuid_short(", "rand(", "sysdate("};
    size_t at = printed_find(definition, "DEFAULT (");

    if (planner->mariadb || at == PRINTED_NOWHERE || at == 0)
        return SLICE_NONE;
    struct slice group = printed_group(definition, at);
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        if (printed_mentions(group, slice_from(functions[i])))
            return slice_make(definition.ptr + at - 1,
                              (size_t)(group.ptr - definition.ptr) + group.len - at + 1);
    }
    return SLICE_NONE;
}

static void plan_column(struct planner *planner, size_t index)
{
    const struct table_column *wanted = &planner->wanted->columns[index];
    size_t at = planner->match.column_now[index];
    bool stays = at != NOT_MATCHED && column_stays(planner, index);
    struct alter_step *step;

    if (stays && slice_equal(planner->now->columns[at].name, wanted->name))
        return;
    if (at == NOT_MATCHED) {
        step = alter_add(planner->alter, ALTER_ADD_COLUMN);
    } else {
        step = alter_add(planner->alter, ALTER_CHANGE_COLUMN);
        step->from = planner->now->columns[at].name;
        step->only_name = stays;
    }
    step->name = wanted->name;
    step->text = wanted->definition;
    step->placed = at == NOT_MATCHED || !planner->match.in_place[index] ||
                   (planner->mariadb && table_column_lost_default(wanted->definition, true));
    if (index > 0)
        step->after = planner->wanted->columns[index - 1].name;
}

static void plan_dropped_column(struct planner *planner, struct slice name)
{
    struct alter_step *step = alter_add(planner->alter, ALTER_DROP_COLUMN);

    step->name = name;
    for (size_t i = 0; i < planner->alter->step_count; i++) {
        const struct alter_step *ahead = &planner->alter->steps[i];
        if (ahead->is_aside && slice_equal(ahead->name, name))
            step->from = ahead->from;
    }
}

static void plan_columns(struct planner *planner)
{
    for (size_t i = 0; i < planner->now->column_count; i++) {
        if (planner->match.column_wanted[i] == NOT_MATCHED)
            plan_dropped_column(planner, planner->now->columns[i].name);
    }
    for (size_t i = 0; i < planner->wanted->column_count; i++)
        plan_column(planner, i);
}

/* ALTER COLUMN DROP DEFAULT leaves a nullable column without any, and no definition says so. MariaDB does
 * it for none but a column that the same statement puts somewhere, MySQL for one that is there. */
static void plan_lost_defaults(struct planner *planner)
{
    size_t count = planner->alter->step_count;

    for (size_t i = 0; i < count; i++) {
        const struct alter_step made = planner->alter->steps[i];
        if ((made.kind != ALTER_ADD_COLUMN && made.kind != ALTER_CHANGE_COLUMN) ||
            !table_column_lost_default(made.text, planner->mariadb))
            continue;
        struct alter_step *step = alter_add(planner->alter, ALTER_DROP_DEFAULT);
        step->stage = planner->mariadb ? ALTER_STAGE_MAIN : ALTER_STAGE_DEFAULT;
        step->name = made.name;
    }
}

static void plan_late_defaults(struct planner *planner)
{
    size_t count = planner->alter->step_count;
    bool adds = alter_has_kind(planner->alter, ALTER_ADD_COLUMN);

    for (size_t i = 0; i < count; i++) {
        const struct alter_step added = planner->alter->steps[i];
        struct slice late =
            added.kind == ALTER_ADD_COLUMN || (adds && added.kind == ALTER_CHANGE_COLUMN)
                ? late_default(planner, added.text)
                : SLICE_NONE;
        if (slice_is_none(late))
            continue;
        struct alter_step *step = alter_add(planner->alter, ALTER_DEFAULT);
        step->stage = ALTER_STAGE_DEFAULT;
        step->name = added.name;
        step->text = late;
    }
}

/* --- keys and constraints --------------------------------------------------------------------- */

static void plan_drops(struct planner *planner, enum table_part_kind kind, enum alter_kind step)
{
    for (size_t i = 0; i < planner->now->part_count; i++) {
        const struct table_part *part = &planner->now->parts[i];
        if (part->kind == kind && !planner->match.now_kept[i])
            alter_add(planner->alter, step)->name = part->name;
    }
}

static bool is_fulltext(const struct alter_step *step)
{
    return step->kind == ALTER_ADD_KEY && slice_starts_with(step->text, SLICE("FULLTEXT "));
}

static bool drops_fulltext(const struct planner *planner)
{
    for (size_t i = 0; i < planner->now->part_count; i++) {
        if (slice_starts_with(planner->now->parts[i].text, SLICE("FULLTEXT ")) &&
            !planner->match.now_kept[i])
            return true;
    }
    return false;
}

/* MySQL makes one full text index at a time, and takes one that is dropped and added at once for the
 * same, whatever its parser. */
static enum alter_stage key_stage(const struct planner *planner, const struct alter_step *key)
{
    if (planner->mariadb || !is_fulltext(key))
        return ALTER_STAGE_MAIN;
    if (drops_fulltext(planner))
        return ALTER_STAGE_FULLTEXT;
    for (const struct alter_step *step = planner->alter->steps; step < key; step++) {
        if (is_fulltext(step))
            return ALTER_STAGE_FULLTEXT;
    }
    return ALTER_STAGE_MAIN;
}

/* What later statements would forget, and what stands behind such a one. */
static bool goes_last(const struct planner *planner, size_t index)
{
    const struct table *wanted = planner->wanted;
    unsigned group = alter_match_group(planner->mariadb, wanted, &wanted->parts[index]);

    for (size_t i = 0; i <= index; i++) {
        if (!planner->match.part_kept[i] &&
            alter_match_group(planner->mariadb, wanted, &wanted->parts[i]) == group &&
            alter_match_is_forgotten(planner->mariadb, wanted, &wanted->parts[i]))
            return true;
    }
    return false;
}

static void plan_adds(struct planner *planner, enum table_part_kind kind,
                      enum alter_kind kind_of_step)
{
    for (size_t i = 0; i < planner->wanted->part_count; i++) {
        const struct table_part *part = &planner->wanted->parts[i];
        if (part->kind != kind || planner->match.part_kept[i])
            continue;
        struct alter_step *step = alter_add(planner->alter, kind_of_step);
        step->name = part->name;
        step->text = part->text;
        if (kind == TABLE_FOREIGN_KEY)
            step->stage = ALTER_STAGE_FOREIGN_KEY;
        else
            step->stage = key_stage(planner, step);
        step->is_forgotten = goes_last(planner, i);
    }
}

static void plan_key_renames(struct planner *planner)
{
    for (size_t i = 0; i < planner->wanted->part_count; i++) {
        const struct table_part *part = &planner->wanted->parts[i];
        if (part->kind != TABLE_KEY || !planner->match.part_kept[i])
            continue;
        const struct table_part *now = &planner->now->parts[planner->match.part_now[i]];
        if (slice_equal(now->name, part->name))
            continue;
        struct alter_step *step = alter_add(planner->alter, ALTER_RENAME_KEY);
        step->from = now->name;
        step->name = part->name;
    }
}

static void plan_hidden_keys(struct planner *planner)
{
    for (size_t i = 0; i < planner->wanted->part_count; i++) {
        const struct table_part *part = &planner->wanted->parts[i];
        if (!planner->match.part_kept[i] ||
            !alter_match_same_but_hidden(planner->mariadb,
                                         &planner->now->parts[planner->match.part_now[i]], part))
            continue;
        struct alter_step *step = alter_add(planner->alter, ALTER_SHOW_KEY);
        bool hidden = alter_match_is_hidden(planner->mariadb, part);
        step->name = part->name;
        if (planner->mariadb)
            step->text = hidden ? SLICE("IGNORED") : SLICE("NOT IGNORED");
        else
            step->text = hidden ? SLICE("INVISIBLE") : SLICE("VISIBLE");
    }
}

/* --- periods and row history --------------------------------------------------------------------
 */

/* "PERIOD FOR `p` (`a`, `b`)" without the columns. */
static struct slice period_head(const struct table_part *period)
{
    struct slice group = printed_group(period->text, 0);

    return printed_trim(slice_make(period->text.ptr, (size_t)(group.ptr - period->text.ptr)));
}

/* The period of the row history: it comes and goes with its two columns. */
static bool is_system_period(const struct table_part *part)
{
    return part->kind == TABLE_PERIOD &&
           slice_starts_with(part->text, SLICE("PERIOD FOR SYSTEM_TIME "));
}

static void plan_dropped_periods(struct planner *planner)
{
    for (size_t i = 0; i < planner->now->part_count; i++) {
        const struct table_part *part = &planner->now->parts[i];
        if (part->kind == TABLE_PERIOD && !planner->match.now_kept[i] && !is_system_period(part))
            alter_add(planner->alter, ALTER_DROP_PERIOD)->text = period_head(part);
    }
}

static void plan_added_periods(struct planner *planner)
{
    for (size_t i = 0; i < planner->wanted->part_count; i++) {
        const struct table_part *part = &planner->wanted->parts[i];
        if (part->kind == TABLE_PERIOD && !planner->match.part_kept[i])
            alter_add(planner->alter, ALTER_ADD_PERIOD)->text = part->text;
    }
}

static const char row_history[] = "WITH SYSTEM VERSIONING";

static enum error check_history(const struct planner *planner)
{
    bool now = table_option(planner->now, row_history) != NULL;

    for (size_t i = 0; i < planner->wanted->part_count; i++) {
        if (now && is_system_period(&planner->wanted->parts[i]) && !planner->match.part_kept[i])
            return problem_set(planner->problem, ERROR_UNSUPPORTED,
                               "servers give no columns of row times to a table that has its row "
                               "history already");
    }
    return ERROR_NONE;
}

static void plan_history(struct planner *planner)
{
    bool now = table_option(planner->now, row_history) != NULL;
    bool wanted = table_option(planner->wanted, row_history) != NULL;

    planner->alter->keeps_history = now;
    if (now != wanted) {
        struct alter_step *step = alter_add(planner->alter, ALTER_OPTION);
        step->text = wanted ? SLICE("ADD SYSTEM VERSIONING") : SLICE("DROP SYSTEM VERSIONING");
        if (now && !same_option(planner, "ENGINE"))
            step->stage = ALTER_STAGE_FREE; /* MariaDB changes both only one after the other */
    }
}

/* --- options ---------------------------------------------------------------------------------- */

/* Options that an ALTER sets to any value, and how each is taken away again (NULL: it always has
 * one, or is never taken away). */
static const struct {
    const char *key;
    const char *reset;
} known_options[] = {
    {"ENGINE", NULL},
    {"DEFAULT CHARSET", NULL},
    {"COLLATE", ""}, /* written together with DEFAULT CHARSET */
    {"COMMENT", "COMMENT=''"},
    {"ROW_FORMAT", "ROW_FORMAT=DEFAULT"},
    {"KEY_BLOCK_SIZE", "KEY_BLOCK_SIZE=0"},
    {"STATS_PERSISTENT", "STATS_PERSISTENT=DEFAULT"},
    {"STATS_AUTO_RECALC", "STATS_AUTO_RECALC=DEFAULT"},
    {"STATS_SAMPLE_PAGES", "STATS_SAMPLE_PAGES=DEFAULT"},
    {"PACK_KEYS", "PACK_KEYS=DEFAULT"},
    {"CHECKSUM", "CHECKSUM=0"},
    {"DELAY_KEY_WRITE", "DELAY_KEY_WRITE=0"},
    {"MAX_ROWS", "MAX_ROWS=0"},
    {"MIN_ROWS", "MIN_ROWS=0"},
    {"AVG_ROW_LENGTH", "AVG_ROW_LENGTH=0"},
    {"PAGE_CHECKSUM", "FORCE"}, /* MariaDB forgets it with each statement */
    {"TRANSACTIONAL", "TRANSACTIONAL=DEFAULT"},
    {"CONNECTION", "CONNECTION=''"},
    {"COMPRESSION", "COMPRESSION=''"},
    {"ENCRYPTION", "ENCRYPTION='N'"},
    {"SECONDARY_ENGINE", "SECONDARY_ENGINE=NULL"},
    {"AUTOEXTEND_SIZE", "AUTOEXTEND_SIZE=0"},
    {"TABLESPACE", NULL},
    {"INSERT_METHOD", "INSERT_METHOD=NO"},
    {"UNION", "UNION=()"},
    {"WITH SYSTEM VERSIONING", ""}, /* plan_history */
};

/* Attributes that a MariaDB engine defines are printed in backquotes and know DEFAULT. */
static bool is_engine_attribute(struct slice key)
{
    return key.len > 0 && key.ptr[0] == '`';
}

/* One that the engine does not know, which is kept. */
static bool is_comment(const struct table_option *option)
{
    return slice_starts_with(option->text, SLICE("/* "));
}

static bool option_is_known(struct slice key, bool reset)
{
    if (is_engine_attribute(key))
        return true;
    for (size_t i = 0; i < sizeof(known_options) / sizeof(known_options[0]); i++) {
        if (slice_equal(key, slice_from(known_options[i].key)))
            return !reset || known_options[i].reset != NULL;
    }
    return false;
}

static const struct table_option *find_option(const struct table *table, struct slice key)
{
    for (size_t i = 0; i < table->option_count; i++) {
        if (slice_equal(table->options[i].key, key))
            return &table->options[i];
    }
    return NULL;
}

static bool has_option(const struct table *table, const struct table_option *option)
{
    const struct table_option *found = find_option(table, option->key);

    return found != NULL && slice_equal(found->text, option->text);
}

/* The value of an attribute in a comment or not. */
static struct slice bare_text(const struct table_option *option)
{
    const struct slice open = SLICE("/* "), close = SLICE(" */");

    return is_comment(option) && option->text.len > open.len + close.len
               ? slice_make(option->text.ptr + open.len, option->text.len - open.len - close.len)
               : option->text;
}

/* Attributes that the engine does not know neither come nor change, and go with the engine alone. */
static enum error check_attributes(const struct planner *planner)
{
    const struct table_option *odd = NULL;

    for (size_t i = 0; i < planner->wanted->option_count; i++) {
        const struct table_option *option = &planner->wanted->options[i];
        const struct table_option *now = find_option(planner->now, option->key);
        if (is_comment(option) && (now == NULL || !slice_equal(bare_text(now), bare_text(option))))
            odd = option;
    }
    for (size_t i = 0; i < planner->now->option_count; i++) {
        const struct table_option *option = &planner->now->options[i];
        if (is_comment(option) && same_option(planner, "ENGINE") &&
            find_option(planner->wanted, option->key) == NULL)
            odd = option;
    }
    if (odd == NULL)
        return ERROR_NONE;
    return problem_set(planner->problem, ERROR_UNSUPPORTED,
                       "its engine does not know the table option %.*s", (int)odd->key.len,
                       odd->key.ptr);
}

static enum error check_options(const struct planner *planner)
{
    for (size_t pass = 0; pass < 2; pass++) {
        const struct table *table = pass == 0 ? planner->now : planner->wanted;
        const struct table *other = pass == 0 ? planner->wanted : planner->now;
        for (size_t i = 0; i < table->option_count; i++) {
            const struct table_option *option = &table->options[i];
            bool reset = pass == 0 && find_option(other, option->key) == NULL;
            if (!has_option(other, option) && !option_is_known(option->key, reset))
                return problem_set(planner->problem, ERROR_UNSUPPORTED,
                                   "no ALTER TABLE is known that %s the table option %.*s",
                                   reset ? "takes away" : "changes", (int)option->key.len,
                                   option->key.ptr);
        }
    }
    return ERROR_NONE;
}

static void plan_charset(struct planner *planner)
{
    const struct table_option *charset = table_option(planner->wanted, "DEFAULT CHARSET");
    const struct table_option *collate = table_option(planner->wanted, "COLLATE");

    if (charset == NULL || !charset_differs(planner))
        return;
    struct alter_step *step = alter_add(planner->alter, ALTER_OPTION);
    step->text = charset->text;
    if (collate != NULL && collate->text.ptr > charset->text.ptr) /* printed right behind it */
        step->text.len = (size_t)(collate->text.ptr + collate->text.len - charset->text.ptr);
}

static void plan_engine_attributes(struct planner *planner)
{
    for (size_t i = 0; i < planner->wanted->option_count; i++) {
        const struct table_option *option = &planner->wanted->options[i];
        if (is_engine_attribute(option->key) && !is_comment(option) &&
            !has_option(planner->now, option))
            alter_add(planner->alter, ALTER_OPTION)->text = option->text;
    }
    for (size_t i = 0; i < planner->now->option_count; i++) {
        const struct table_option *option = &planner->now->options[i];
        if (!is_engine_attribute(option->key) || find_option(planner->wanted, option->key) != NULL)
            continue;
        struct alter_step *step = alter_add(planner->alter, ALTER_OPTION);
        step->name = option->key;
        step->text = SLICE("=DEFAULT");
        if (!is_comment(option) && !same_option(planner, "ENGINE"))
            step->stage = ALTER_STAGE_FREE; /* the engine that comes may not know it */
    }
}

static bool makes_anew(const struct planner *planner)
{
    return !same_option(planner, "ENGINE") ||
           !slice_equal(planner->now->partition, planner->wanted->partition);
}

static void plan_options(struct planner *planner)
{
    plan_charset(planner);
    plan_engine_attributes(planner);
    for (size_t i = 0; i < sizeof(known_options) / sizeof(known_options[0]); i++) {
        const char *key = known_options[i].key;
        const struct table_option *wanted = table_option(planner->wanted, key);
        if (same_option(planner, key) || strcmp(key, "DEFAULT CHARSET") == 0 ||
            strcmp(key, "COLLATE") == 0 || strcmp(key, row_history) == 0)
            continue;
        struct alter_step *step = alter_add(planner->alter, ALTER_OPTION);
        step->text = wanted != NULL ? wanted->text : slice_from(known_options[i].reset);
        step->is_forgotten = wanted != NULL && strcmp(key, "PAGE_CHECKSUM") == 0;
        if (slice_equal(step->text, SLICE("FORCE")) && makes_anew(planner))
            step->stage = ALTER_STAGE_DEFAULT; /* the engine or the partitions left had it too */
    }
    const struct table_option *forgotten = table_option(planner->wanted, "PAGE_CHECKSUM");
    if (!planner->mariadb || forgotten == NULL || !same_option(planner, "PAGE_CHECKSUM"))
        return;
    struct alter_step *step = alter_add(planner->alter, ALTER_SAY_AGAIN);
    step->text = forgotten->text;
    step->is_forgotten = true;
}

/* --- partitions ------------------------------------------------------------------------------- */

static bool points_to_itself(const struct table *table, struct slice name)
{
    for (size_t i = 0; i < table->part_count; i++) {
        struct foreign_key key;
        if (table->parts[i].kind == TABLE_FOREIGN_KEY && slice_equal(table->parts[i].name, name) &&
            foreign_key_read(table->parts[i].text, &key))
            return foreign_key_points_to(&key, table->name);
    }
    return false;
}

static bool has_vector_key(const struct table *table)
{
    for (size_t i = 0; i < table->part_count; i++) {
        if (slice_starts_with(table->parts[i].text, SLICE("VECTOR ")))
            return true;
    }
    return false;
}

/* No engine but InnoDB, and no partitioned table, has foreign keys: they go in a statement ahead. So does
 * one to the table itself before the key that it needs (MySQL), or where the table may be copied since it has a
 * vector index (MariaDB: "Cannot delete a parent row"). */
static void free_from_foreign_keys(struct planner *planner)
{
    bool all = !same_option(planner, "ENGINE") ||
               slice_is_none(planner->wanted->partition) != slice_is_none(planner->now->partition);
    bool own = planner->mariadb ? has_vector_key(planner->now)
                                : alter_has_kind(planner->alter, ALTER_DROP_KEY);

    for (size_t i = 0; i < planner->alter->step_count; i++) {
        struct alter_step *step = &planner->alter->steps[i];
        if (step->kind == ALTER_DROP_FOREIGN_KEY &&
            (all || (own && points_to_itself(planner->now, step->name))))
            step->stage = ALTER_STAGE_FREE;
    }
}

/* A renaming that foreign keys must follow may copy nothing: MariaDB copies a table with a unique index
 * USING HASH, MySQL one whose check is made anew. */
static void free_for_renaming(struct planner *planner)
{
    if (!alter_has_kind(planner->alter, ALTER_RENAME_COLUMN))
        return;
    for (size_t i = 0; i < planner->now->part_count; i++) {
        const struct table_part *part = &planner->now->parts[i];
        for (size_t j = 0; j < planner->alter->step_count; j++) {
            struct alter_step *step = &planner->alter->steps[j];
            bool is_dropped = planner->mariadb ? step->kind == ALTER_DROP_KEY &&
                                                     table_key_is_hashed(planner->now, part)
                                               : step->kind == ALTER_DROP_CHECK;
            if (is_dropped && slice_equal(step->name, part->name))
                step->stage = ALTER_STAGE_FREE;
        }
    }
}

/* One step among partitions is a statement of its own; partitioning anew goes with the others. */
static void plan_partition(struct planner *planner)
{
    struct slice now = planner->now->partition, wanted = planner->wanted->partition;
    struct buffer text = BUFFER_INIT;

    if (slice_equal(now, wanted))
        return;
    enum partition_step found =
        same_option(planner, "ENGINE") ? partition_write_step(now, wanted, &text) : PARTITION_ANEW;
    struct alter_step *step = alter_add(planner->alter, ALTER_PARTITION);
    if (found == PARTITION_ANEW) {
        step->text = slice_is_none(wanted) ? SLICE("REMOVE PARTITIONING") : wanted;
        buffer_release(&text);
        return;
    }
    planner->alter->loses_rows = found == PARTITION_DROPS;
    step->stage = ALTER_STAGE_PARTITION;
    step->text = alter_keep_text(planner->alter, &text);
}

/* --- the plan --------------------------------------------------------------------------------- */

/* MySQL makes one full text index at a time, and makes all anew with a primary key unless it copies. */
static void plan_copy(struct planner *planner)
{
    size_t fulltexts = 0;
    bool primary = false;

    for (size_t i = 0; i < planner->wanted->part_count; i++)
        fulltexts += planner->match.part_kept[i] &&
                     slice_starts_with(planner->wanted->parts[i].text, SLICE("FULLTEXT "));
    for (size_t i = 0; i < planner->alter->step_count; i++) {
        const struct alter_step *step = &planner->alter->steps[i];
        primary |= (step->kind == ALTER_ADD_KEY || step->kind == ALTER_DROP_KEY) &&
                   slice_is_none(step->name);
    }
    if (!planner->mariadb && primary && fulltexts > 1)
        alter_add(planner->alter, ALTER_SAY_AGAIN)->text = SLICE("ALGORITHM=COPY");
}

/* ALTER_PARTITION is written last, without a comma. */
static void plan_steps(struct planner *planner)
{
    plan_drops(planner, TABLE_FOREIGN_KEY, ALTER_DROP_FOREIGN_KEY);
    plan_drops(planner, TABLE_CHECK, ALTER_DROP_CHECK);
    plan_drops(planner, TABLE_KEY, ALTER_DROP_KEY);
    plan_dropped_periods(planner);
    plan_columns(planner);
    plan_key_renames(planner);
    plan_hidden_keys(planner);
    plan_added_periods(planner);
    plan_adds(planner, TABLE_KEY, ALTER_ADD_KEY);
    plan_adds(planner, TABLE_CHECK, ALTER_ADD_CHECK);
    plan_history(planner);
    plan_options(planner);
    plan_copy(planner);
    plan_adds(planner, TABLE_FOREIGN_KEY, ALTER_ADD_FOREIGN_KEY);
    plan_partition(planner);
    free_from_foreign_keys(planner);
    free_for_renaming(planner);
    plan_late_defaults(planner);
    plan_lost_defaults(planner);
}

static bool keys_are_sorted(const struct table *table, bool hashed_too)
{
    unsigned last = 0;

    for (size_t i = 0; i < table->part_count; i++) {
        const struct table_part *part = &table->parts[i];
        if (part->kind != TABLE_KEY || (!hashed_too && table_key_is_hashed(table, part)))
            continue;
        unsigned class = table_key_class(table, part, true);
        if (class < last)
            return false;
        last = class;
    }
    return true;
}

/* Do those that stay stand in the order of now? */
static bool keys_keep_their_order(const struct planner *planner)
{
    size_t last = 0;

    for (size_t i = 0; i < planner->wanted->part_count; i++) {
        if (planner->wanted->parts[i].kind != TABLE_KEY || !planner->match.part_kept[i])
            continue;
        if (planner->match.part_now[i] < last)
            return false;
        last = planner->match.part_now[i];
    }
    return true;
}

/* That of a key which stays, hashed or not. */
static bool changes_a_class(const struct planner *planner)
{
    for (size_t i = 0; i < planner->wanted->part_count; i++) {
        const struct table_part *part = &planner->wanted->parts[i];
        if (part->kind != TABLE_KEY || !planner->match.part_kept[i])
            continue;
        const struct table_part *now = &planner->now->parts[planner->match.part_now[i]];
        if (table_key_class(planner->wanted, part, false) !=
            table_key_class(planner->now, now, false))
            return true;
    }
    return false;
}

/* A key that became hashed, or is so no more, stands where it stood. MariaDB sorts all of them where an index is
 * made, and those that are not hashed where a column of one gets NOT NULL or loses it. */
static bool has_order_of_its_own(const struct planner *planner)
{
    bool makes = alter_has_kind(planner->alter, ALTER_ADD_KEY) ||
                 alter_has_kind(planner->alter, ALTER_ADD_FOREIGN_KEY);

    if (!planner->mariadb || keys_are_sorted(planner->wanted, true))
        return false;
    return makes || !keys_keep_their_order(planner) ||
           (!keys_are_sorted(planner->wanted, false) && changes_a_class(planner));
}

static enum error plan_all(struct planner *planner)
{
    enum error code = check_history(planner);

    if (code == ERROR_NONE)
        code = check_options(planner);
    if (code == ERROR_NONE)
        code = check_attributes(planner);
    if (code != ERROR_NONE)
        return code;
    plan_steps(planner);
    if (has_order_of_its_own(planner))
        return problem_set(planner->problem, ERROR_UNSUPPORTED,
                           "MariaDB prints its indexes in an order in which it makes none");
    if (!alter_model_ends_at(&planner->match, planner->alter))
        return problem_set(planner->problem, ERROR_UNSUPPORTED,
                           "the ALTER TABLE found does not lead to the definition wanted");
    return ERROR_NONE;
}

enum error alter_plan(const struct alter_request *request, struct alter *alter,
                      struct problem *problem)
{
    struct planner planner = {
        .now = request->now,
        .wanted = request->wanted,
        .mariadb = request->mariadb,
        .alter = alter,
        .problem = problem,
    };
    struct alter_request rest;
    enum error code;

    memset(alter, 0, sizeof(*alter));
    if ((code = alter_rename_ahead(request, alter, &rest, problem)) != ERROR_NONE)
        return code;
    alter_match_read(&rest, &planner.match);
    code = plan_all(&planner);
    alter_match_release(&planner.match);
    alter_rename_release(&rest);
    return code;
}
