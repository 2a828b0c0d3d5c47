/* alembic_file: see alembic_file.h. */
#include "format/alembic_file.h"

#include "format/python_literal.h"

static const char runner[] =
    "\n\n"
    "def _run(sql):\n"
    "    \"\"\"Run one statement exactly as it stands; %, :name and \\\\ are not special.\"\"\"\n"
    "    if not context.is_offline_mode():\n"
    "        op.get_bind().exec_driver_sql(sql, execution_options={\"no_parameters\": True})\n"
    "        return\n"
    "    write = context.get_context().impl.static_output\n"
    "    if not any(mark in sql for mark in (\";\", \"--\", \"#\")):\n"
    "        write(sql + \";\")\n"
    "        return\n"
    "    # The client would cut the statement, or take the \";\" for a part of its comment.\n"
    "    delimiter = \";;\"\n"
    "    while delimiter in sql:\n"
    "        delimiter += \";\"\n"
    "    write(f\"DELIMITER {delimiter}\\n{sql}\\n{delimiter}\\nDELIMITER ;\")\n";

static void append_heading(const struct proposal *proposal, const char *version,
                           const struct alembic_date *date, struct buffer *out)
{
    const char *parent = proposal->parent == NULL ? "" : proposal->parent->version;
    buffer_append_text(out, "\"\"\"");
    python_literal_append_docstring(slice_from(proposal->message), out);
    buffer_printf(out, "\n\nRevision ID: %s\nRevises: %s\nCreate Date: ", version, parent);
    alembic_date_append(date, out);
    buffer_append_text(out, "\n\n\"\"\"\nfrom alembic import context, op\n\n\n"
                            "# revision identifiers, used by Alembic.\nrevision = ");
    python_literal_append(slice_from(version), out);
    buffer_append_text(out, "\ndown_revision = ");
    if (proposal->parent == NULL)
        buffer_append_text(out, "None");
    else
        python_literal_append(slice_from(parent), out);
    buffer_append_text(out, "\nbranch_labels = None\ndepends_on = None\n");
}

static void append_comment(const char *sentence, struct buffer *out)
{
    buffer_append_text(out, "    # ");
    python_literal_append_comment(slice_from(sentence), out);
    buffer_append_char(out, '\n');
}

static void append_statements(const struct slice *statements, size_t count, struct buffer *out)
{
    if (count > 1)
        append_comment("Each statement is final at once: if one fails, those before it stay done.",
                       out);
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(out, "    _run(");
        python_literal_append_argument(statements[i], out);
        buffer_append_text(out, ")\n");
    }
    if (count == 0)
        buffer_append_text(out, "    pass\n");
}

static void append_refusal(const char *reason, struct buffer *out)
{
    struct buffer text = BUFFER_INIT;
    buffer_printf(&text, "This migration has no way back. %s", reason);
    buffer_append_text(out, "    raise RuntimeError(\n        ");
    python_literal_append(buffer_slice(&text), out);
    buffer_append_text(out, "\n    )\n");
    buffer_release(&text);
}

void alembic_file_append(const struct proposal *proposal, const char *version,
                         const struct alembic_date *date, struct buffer *out)
{
    append_heading(proposal, version, date, out);
    buffer_append_text(out, "\n\ndef upgrade():\n");
    append_statements(proposal->up, proposal->up_count, out);
    buffer_append_text(out, "\n\ndef downgrade():\n");
    for (size_t i = 0; i < proposal->remark_count; i++)
        append_comment(proposal->remarks[i], out);
    if (proposal->no_way_back != NULL)
        append_refusal(proposal->no_way_back, out);
    else
        append_statements(proposal->down, proposal->down_count, out);
    buffer_append_text(out, runner);
}
