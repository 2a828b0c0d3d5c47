/* version_table: see version_table.h. */
#include "command/version_table.h"

#include <string.h>

#include "format/format.h"

static const struct version_table tables[] = {
    {"alembic", {"alembic_version"}, 1},
    {"dbmate", {"schema_migrations"}, 1},
    {"golang-migrate", {"schema_migrations"}, 1},
    {"goose", {"goose_db_version"}, 1},
    {"flyway", {"flyway_schema_history"}, 1},
    {"liquibase", {"DATABASECHANGELOG", "DATABASECHANGELOGLOCK"}, 2},
    {"django", {"django_migrations"}, 1},
    {"rails", {"schema_migrations", "ar_internal_metadata"}, 2},
    {"laravel", {"migrations"}, 1},
    {"phinx", {"phinxlog"}, 1},
    {"doctrine", {"doctrine_migration_versions"}, 1},
    {"knex", {"knex_migrations", "knex_migrations_lock"}, 2},
    {"sequelize", {"SequelizeMeta"}, 1},
    {"typeorm", {"migrations"}, 1},
    {"prisma", {"_prisma_migrations"}, 1},
};

static const struct version_table none = {"", {NULL}, 0};

static const struct version_table *find(const char *format)
{
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++) {
        if (strcmp(tables[i].format, format) == 0)
            return &tables[i];
    }
    return &none;
}

const struct version_table *version_table_find(const struct project *project)
{
    struct format_found found;
    const struct version_table *table = &none;
    if (*project->settings.format != '\0')
        return find(project->settings.format);
    if (format_detect(project->root, "", project->settings.directory, &found, NULL) == ERROR_NONE) {
        table = find(found.format->name);
        format_found_release(&found);
    }
    return table;
}
