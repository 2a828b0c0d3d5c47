#include "suites.h"

int test_proxy(void)
{
    return 0;
}
