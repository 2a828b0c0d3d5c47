/* Runs every group of the command library's tests. */
#include "suites.h"

int main(void)
{
    return run_selection_tests() + run_committed_tests() + run_workfile_tests();
}
