/* lint: see lint.h. */
#include "lint/lint.h"

#include "lint/demand.h"
#include "lint/destruction.h"
#include "lint/feature.h"
#include "lint/hygiene.h"
#include "lint/loss.h"
#include "lint/naming.h"
#include "lint/narrowing.h"
#include "lint/privilege.h"
#include "lint/renaming.h"
#include "lint/secret.h"

void lint_find(const struct subject_options *options, const struct lint_input *input,
               struct findings *findings)
{
    static void (*const all[])(const struct subject *, struct findings *) = {
        destruction_find, loss_find,   narrowing_find, demand_find,  renaming_find,
        privilege_find,   naming_find, feature_find,   hygiene_find, secret_find,
    };
    struct subject subject;
    subject_read(options, input->up, input->down, input->net, &subject);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        all[i](&subject, findings);
    subject_release(&subject);
}
