/* dbmate_file: see dbmate_file.h. */
#include "format/dbmate_file.h"

#include "format/sql_files.h"

static const struct sql_files_layout layout = {".sql", NULL, true};

enum error dbmate_file_read(const struct format_found *found, struct chain *chain,
                            struct problem *problem)
{
    return sql_files_read(found, &layout, chain, problem);
}

enum error dbmate_file_compose(const struct format_found *found, const struct chain *chain,
                               const struct proposal *proposal, struct composed *composed,
                               struct problem *problem)
{
    enum error error = proposal_check(proposal, problem);
    if (error != ERROR_NONE)
        return error;
    composed->version = sql_files_new_version(chain, proposal->time);
    struct buffer *text = sql_files_add(found, proposal, layout.suffix, composed);
    sql_files_append_heading(proposal, text);
    buffer_append_text(text, "-- migrate:up\n");
    error = sql_files_append_up(proposal, text, problem);
    buffer_append_text(text, "\n-- migrate:down\n");
    if (error == ERROR_NONE)
        error = sql_files_append_down(proposal, text, problem);
    if (error != ERROR_NONE)
        composed_release(composed);
    return error;
}
