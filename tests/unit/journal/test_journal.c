/* The journal: opening and holding it, writing in groups, reading back, the baseline, splitting, what
 * reading costs, what is known, letting go. */
#include "journal_fixture.h"

int main(void)
{
    return run_open_tests() + run_writer_tests() + run_read_tests() + run_baseline_tests() +
           run_split_tests() + run_plan_tests() + run_known_tests() + run_compaction_tests();
}
