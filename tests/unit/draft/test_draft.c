/* Drafts: files, what a draft says of a change, and the projection of a journal. */
#include "draft_fixture.h"

int main(void)
{
    return run_file_tests() + run_composition_tests() + run_projection_tests();
}
