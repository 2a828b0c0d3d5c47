/* capabilities: see capabilities.h. */
#include "wire/capabilities.h"

uint64_t capabilities_effective(uint64_t client, uint64_t offered)
{
    uint64_t effective = client & offered;
    if (((client | offered) & CLIENT_MYSQL) != 0)
        effective &= CAPABILITIES_BASE;
    return effective;
}
