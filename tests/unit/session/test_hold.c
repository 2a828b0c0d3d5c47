#include "suites.h"

int test_hold(void)
{
    return 0;
}
