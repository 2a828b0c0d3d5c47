/* The journal: opening and holding it, writing in groups, reading back, the baseline, splitting. */
#include "journal_fixture.h"

int main(void)
{
    return run_open_tests() + run_writer_tests() + run_read_tests() + run_baseline_tests() + run_split_tests();
}
