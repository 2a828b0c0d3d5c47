/* rule: see rule.h. */
#include "lint/rule.h"

#include <assert.h>

static const struct rule_facts rules[] = {
    [RULE_DROP_TABLE] =
        {"drop-table", RULE_ERROR, "A table goes with all its rows, which no way back restores.",
         "Rename it first, and drop it in a later migration when nothing reads it."},
    [RULE_DROP_COLUMN] = {"drop-column", RULE_ERROR,
                          "A column goes with all its values, which no way back restores.",
                          "Release code that does not name the column first; drop it afterwards."},
    [RULE_DROP_OBJECT] = {"drop-object", RULE_ERROR,
                          "A view, routine, trigger, event or sequence goes while code may use it.",
                          "Release code that does not name it first; or replace it in one draft."},
    [RULE_DROP_DATABASE] = {"drop-database", RULE_ERROR,
                            "A whole database goes, with all that is in it.",
                            "Drop databases by hand, with a backup; not in a migration."},
    [RULE_DROP_PARTITION] = {"drop-partition", RULE_ERROR,
                             "The rows of a partition go, or move to another table.",
                             "Save the rows first, or reorganise the partition."},
    [RULE_DROP_HISTORY] = {"drop-history", RULE_ERROR,
                           "The history of a system-versioned table goes.",
                           "Save the history first, with SELECT ... FOR SYSTEM_TIME ALL."},
    [RULE_TRUNCATE] = {"truncate", RULE_ERROR, "All rows of a table go.",
                       "Delete the rows that are meant, with a WHERE."},
    [RULE_ALL_ROWS] = {"all-rows", RULE_ERROR,
                       "A DELETE or UPDATE without WHERE changes every row.",
                       "Say which rows are meant, with a WHERE."},
    [RULE_LOST_ATTRIBUTE] = {"lost-attribute", RULE_ERROR,
                             "MODIFY or CHANGE left out an attribute that the column had, and the "
                             "server took it away.",
                             "Repeat every attribute of the column in MODIFY and CHANGE."},
    [RULE_LOST_COMMENT] = {"lost-comment", RULE_WARNING,
                           "MODIFY or CHANGE left out the comment of the column.",
                           "Repeat the COMMENT in MODIFY and CHANGE."},
    [RULE_NARROWER_TYPE] = {"narrower-type", RULE_ERROR,
                            "The type holds less than before: values are cut, or the statement "
                            "fails.",
                            "Look at the values of production first, or add a new column."},
    [RULE_TYPE_CHANGED] = {"type-changed", RULE_WARNING,
                           "The column holds another kind of values, into which the old ones are "
                           "converted.",
                           "Add a new column, fill it, and let the code move over."},
    [RULE_ENUM_MEMBERS] = {"enum-members", RULE_ERROR,
                           "An ENUM or SET lost members: rows that hold them are cut, or the "
                           "statement fails.",
                           "Update the rows that hold them first."},
    [RULE_ENUM_ORDER] = {"enum-order", RULE_WARNING,
                         "The members of an ENUM or SET changed their order: the table is "
                         "rewritten, and ORDER BY and numbers mean others.",
                         "Add new members at the end."},
    [RULE_NARROWER_CHARSET] = {"narrower-charset", RULE_ERROR,
                               "The character set holds fewer characters: values are cut, or the "
                               "statement fails.",
                               "Keep utf8mb4."},
    [RULE_NOT_NULL] = {"not-null", RULE_WARNING,
                       "A column that could be NULL no longer can: rows that hold NULL make the "
                       "statement fail, or get a value that nobody chose.",
                       "Update such rows in the migration before, and release code that writes a "
                       "value."},
    [RULE_NEW_NOT_NULL] = {"new-not-null", RULE_WARNING,
                           "A new column is NOT NULL without a default: rows get 0 or '', and an "
                           "INSERT of old code fails.",
                           "Give it a DEFAULT, or let it be NULL at first."},
    [RULE_NEW_UNIQUE] = {"new-unique", RULE_WARNING,
                         "A new unique key: rows that are equal in it make the statement fail.",
                         "Look for such rows in production first."},
    [RULE_NEW_FOREIGN_KEY] = {"new-foreign-key", RULE_WARNING,
                              "A new foreign key: rows without a parent make the statement fail.",
                              "Look for such rows in production first."},
    [RULE_NEW_CHECK] = {"new-check", RULE_WARNING,
                        "A new check: rows that do not pass it make the statement fail.",
                        "Look for such rows in production first."},
    [RULE_RENAME_TABLE] = {"rename-table", RULE_WARNING,
                           "A table is renamed: code that still runs does not find it.",
                           "Leave a view of the old name, or stop the old code for the moment."},
    [RULE_RENAME_COLUMN] = {"rename-column", RULE_WARNING,
                            "A column is renamed: code that still runs does not find it.",
                            "Add the new column, write both, and drop the old one later."},
    [RULE_IN_PLACE] = {"in-place", RULE_INFO,
                       "The table or an index is built anew in place; reading and writing go on.",
                       "Nothing, or a quiet hour for a large table."},
    [RULE_BLOCKS_WRITES] = {"blocks-writes", RULE_WARNING,
                            "Nobody can write to the table while the statement runs.",
                            "Choose a quiet hour, or a tool for online changes of large tables."},
    [RULE_COPIES_TABLE] = {"copies-table", RULE_WARNING,
                           "The table is copied row by row, and nobody can write to it meanwhile.",
                           "Choose a quiet hour, or a tool for online changes of large tables."},
    [RULE_DEFINER] = {"definer", RULE_WARNING,
                      "A DEFINER names an account that production may not have, and needs SUPER or "
                      "SET_USER_ID there (error 1227).",
                      "Leave DEFINER out: it is the account that runs the migration then."},
    [RULE_LOG_TRUST] = {"log-trust", RULE_WARNING,
                        "A function or trigger: where the binary log is on, the server refuses it "
                        "to an account without SUPER (error 1419).",
                        "Have log_bin_trust_function_creators = 1 set in production."},
    [RULE_PRIVILEGE] = {"privilege", RULE_WARNING,
                        "The statement needs a privilege that an account for one database does not "
                        "have.",
                        "Do it by hand in production, or have the privilege granted."},
    [RULE_DEVELOPMENT_NAME] = {"development-name", RULE_ERROR,
                               "The name of the development database is still in the text; "
                               "production's has another one.",
                               "Take the name out: the database of the connection is meant then."},
    [RULE_OTHER_SCHEMA] = {"other-schema", RULE_WARNING,
                           "An object of another database is named, which production may not have.",
                           "Make sure that production has a database of that name."},
    [RULE_TARGET_LACKS] = {"target-lacks", RULE_ERROR,
                           "The server that [lint] target names does not know this.",
                           "Write it in a way that both servers know."},
    [RULE_NO_PRIMARY_KEY] =
        {"no-primary-key", RULE_WARNING,
         "A table has no primary key: replication and tools are slow on it, and "
         "some servers refuse it.",
         "Give it a primary key."},
    [RULE_DUPLICATE_INDEX] = {"duplicate-index", RULE_WARNING,
                              "Two indexes begin with the same columns: one of them only costs.",
                              "Drop the shorter one."},
    [RULE_PARENT_KEY] = {"parent-key", RULE_WARNING,
                         "A foreign key points to columns that are no unique key of its parent: "
                         "MySQL 8.4 and later refuse it.",
                         "Point to the primary key or a unique key."},
    [RULE_OLD_UTF8] = {"old-utf8", RULE_WARNING,
                       "utf8 with three bytes (utf8mb3) has no place for many characters, such as "
                       "emoji.",
                       "Use utf8mb4."},
    [RULE_ZERO_DATE] = {"zero-date", RULE_WARNING,
                        "A zero date as a default: servers refuse it unless NO_ZERO_DATE is off.",
                        "Use NULL, or a real date."},
    [RULE_RESERVED_NAME] = {"reserved-name", RULE_INFO,
                            "A name is a reserved word of a server: it always needs quotes.",
                            "Choose another name."},
    [RULE_REDACTED] = {"redacted", RULE_ERROR,
                       "A secret was replaced by a placeholder, which is still in the text.",
                       "Write what production needs there, from outside of the repository."},
    [RULE_SECRET] = {"secret", RULE_ERROR, "The text holds what looks like a password or key.",
                     "Take it out: what is committed stays in the history of git."},
};
static_assert(sizeof rules / sizeof rules[0] == RULE_COUNT, "every rule has a row");

static const char *const levels[] = {
    [RULE_OFF] = "off",
    [RULE_INFO] = "info",
    [RULE_WARNING] = "warning",
    [RULE_ERROR] = "error",
};

const struct rule_facts *rule_facts(enum rule rule)
{
    return &rules[rule];
}

bool rule_from_code(struct slice code, enum rule *rule)
{
    for (size_t i = 0; i < RULE_COUNT; i++) {
        *rule = (enum rule)i;
        if (slice_equal(code, slice_from(rules[i].code)))
            return true;
    }
    return false;
}

const char *rule_level_text(enum rule_level level)
{
    return levels[level];
}

bool rule_level_from_text(struct slice word, enum rule_level *level)
{
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        *level = (enum rule_level)i;
        if (slice_equal(word, slice_from(levels[i])))
            return true;
    }
    return false;
}

void rule_write_markdown(struct buffer *out)
{
    buffer_append_text(out, "| code | level | what it finds | instead |\n|---|---|---|---|\n");
    for (size_t i = 0; i < RULE_COUNT; i++)
        buffer_printf(out, "| `%s` | %s | %s | %s |\n", rules[i].code, levels[rules[i].level],
                      rules[i].sentence, rules[i].instead);
}
