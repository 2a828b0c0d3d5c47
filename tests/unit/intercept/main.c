/* Tests of capture/intercept. */
#include "intercept_fixture.h"

int main(void)
{
    return run_question_tests() + run_worker_tests() + run_plan_tests() + run_tap_tests() +
           run_close_tests() + run_settle_tests() + run_overlap_tests() +
           run_journal_failure_tests();
}
