/* seam: the sink that wants nothing, so that the proxy also runs without a capture. */
#include "ddltap/seam.h"

#include <stddef.h>

static void *open_nothing(void *capture, const struct session_facts *facts,
                          const struct valve *valve)
{
    (void)capture;
    (void)facts;
    (void)valve;
    return NULL;
}

/* open() never gives a tap, so none of the other operations is ever called. */
static const struct tap_operations operations_null = {.open = open_nothing};

const struct tap_sink tap_sink_null = {.operations = &operations_null};
