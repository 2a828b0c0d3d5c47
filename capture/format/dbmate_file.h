/* dbmate_file: a migration in dbmate's format.
 *
 *     -- users get a display name
 *     -- migrate:up
 *     ALTER TABLE `users` ADD COLUMN `display_name` varchar(64);
 *
 *     -- migrate:down
 *     -- The values of display_name do not come back.
 *     ALTER TABLE `users` DROP COLUMN `display_name`;
 *
 * dbmate sends each section as one text; the server cuts it, so bodies stay as they are and there are
 * no DELIMITER lines.
 */
#ifndef DDLTAP_FORMAT_DBMATE_FILE_H
#define DDLTAP_FORMAT_DBMATE_FILE_H

#include "format/format.h"

/* struct format's compose. */
must_check enum error dbmate_file_compose(const struct format_found *found,
                                          const struct chain *chain,
                                          const struct proposal *proposal,
                                          struct composed *composed, struct problem *problem);

/* struct format's read. */
must_check enum error dbmate_file_read(const struct format_found *found, struct chain *chain,
                                       struct problem *problem);

#endif
