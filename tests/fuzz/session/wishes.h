/* wishes: a tap whose wishes stand in the texts of the commands, so that they are the same however the
 * bytes arrive.
 *
 *     text[0]  'C' is held; 'L' as well, but only the whole text tells; 'M' only the whole text tells that
 *              it is not; anything else passes
 *     text[1]  bits 0, 1: how many questions; 2, 3: forward, forward, refuse, refuse as answered
 *              4: each step waits for wishes_go_on(); 5: outcomes are kept back; 6: long questions
 *
 * It demands the seam's contract: every call in its turn, none after close().
 */
#ifndef DDLTAP_TESTS_FUZZ_WISHES_H
#define DDLTAP_TESTS_FUZZ_WISHES_H

#include "ddltap/seam.h"

struct wishes {
    bool declines;
    bool unanswered; /* a session ended over a question: what of a broken answer passes is luck */
    struct valve valve;
    uint64_t story; /* hash of all that was told */
    unsigned opened;
    bool open, asking, forwarded, kept, answered_now;
    bool command_open; /* command() came and was not forwarded or refused */
    unsigned wish, questions, outcomes;
    uint16_t error_code; /* of the last answer */
};

extern const struct tap_operations wishes_operations;

/* The next step of a tap that waits for it. */
void wishes_go_on(struct wishes *wishes);

#endif
