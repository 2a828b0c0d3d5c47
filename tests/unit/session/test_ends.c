#include "suites.h"

int test_ends(void)
{
    return 0;
}
