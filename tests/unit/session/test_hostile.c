#include "suites.h"

int test_hostile(void)
{
    return 0;
}
