#include "wishes.h"

#include <stdio.h>

#include "../fuzz.h"
#include "fake_net.h"
#include "session/session_internal.h"

#define WISH_ASKS(wish) ((wish)&3u)
#define WISH_DECISION(wish) ((wish) >> 2 & 3u)
#define WISH_WAITS 0x10u
#define WISH_KEEPS 0x20u
#define WISH_ASKS_LONG 0x40u

enum decision {
    FORWARD,
    FORWARD_TOO,
    REFUSE,
    REFUSE_AS_ANSWERED
};

static void tell(struct wishes *wishes, uint64_t value)
{
    wishes->story = (wishes->story ^ value) * UINT64_C(0x100000001b3);
}

static void tell_bytes(struct wishes *wishes, struct slice bytes)
{
    tell(wishes, bytes.len);
    while (bytes.len > 0) {
        uint64_t word = 0;
        size_t len = bytes.len < sizeof(word) ? bytes.len : sizeof(word);
        memcpy(&word, bytes.ptr, len);
        tell(wishes, word);
        bytes = slice_from_offset(bytes, len);
    }
}

/* --- steps ------------------------------------------------------------------------------------ */

static const struct session *session_of(const struct wishes *wishes)
{
    return wishes->valve.session;
}

static void ask(struct wishes *wishes)
{
    static char question[600] = "SELECT 'a long question'";
    memset(question + 24, ' ', sizeof(question) - 24);
    size_t len = (wishes->wish & WISH_ASKS_LONG) != 0 ? sizeof(question) : 24;
    wishes->questions++;
    wishes->asking = true;
    fake_of_tap = true;
    wishes->valve.ask(wishes->valve.session, slice_make(question, len));
    fake_of_tap = false;
}

/* The command that the tap has is what the client sent last and was consumed; it goes no further. */
static void refuse(struct wishes *wishes)
{
    static char message[500];
    size_t len = session_of(wishes)->hold.raw.len;
    memset(message, 'n', sizeof(message) - 1);
    wishes->command_open = false;
    if (session_of(wishes)->client.frames == NULL)
        fake_note(&fake_client->removed, fake_client->consumed - len, len);
    fake_refusal_due = true;
    if (WISH_DECISION(wishes->wish) == REFUSE_AS_ANSWERED && wishes->error_code != 0)
        wishes->valve.refuse_as_answered(wishes->valve.session);
    else
        wishes->valve.refuse(wishes->valve.session, 1105, "HY000", message);
}

static void step(struct wishes *wishes)
{
    if (!wishes->open || wishes->asking)
        return;
    if (wishes->kept) {
        wishes->kept = false;
        wishes->valve.release(wishes->valve.session);
    } else if (!wishes->command_open) {
        return;
    } else if (wishes->questions < WISH_ASKS(wishes->wish)) {
        ask(wishes);
    } else if (WISH_DECISION(wishes->wish) >= REFUSE) {
        refuse(wishes);
    } else {
        wishes->command_open = false;
        wishes->forwarded = true;
        wishes->outcomes = 0;
        wishes->valve.forward(wishes->valve.session);
    }
}

void wishes_go_on(struct wishes *wishes)
{
    step(wishes);
}

static void step_unless_it_waits(struct wishes *wishes)
{
    if ((wishes->wish & WISH_WAITS) == 0)
        step(wishes);
}

/* release() is for later turns than outcome(). */
static void release_later(void *argument)
{
    struct wishes *wishes = argument;
    if (wishes->kept)
        step_unless_it_waits(wishes);
}

/* --- what the session calls ------------------------------------------------------------------- */

static void *wishes_open(void *capture, const struct session_facts *facts,
                         const struct valve *valve)
{
    struct wishes *wishes = capture;
    require(!wishes->open);
    fake_login = false;
    tell_bytes(wishes, slice_from(facts->user));
    tell_bytes(wishes, slice_from(facts->database));
    wishes->opened++;
    if (wishes->declines)
        return NULL;
    wishes->valve = *valve;
    wishes->open = true;
    wishes->asking = wishes->forwarded = wishes->kept = wishes->command_open = false;
    return wishes;
}

static enum glance wishes_glance(void *tap, enum command_kind kind, struct slice text,
                                 bool complete, bool multi_statements)
{
    struct wishes *wishes = tap;
    (void)kind;
    (void)multi_statements;
    require(wishes->open);
    if (text.len == 0)
        return complete ? GLANCE_NOTHING : GLANCE_NEED_MORE;
    switch (text.ptr[0]) {
    case 'C':
        return GLANCE_HOLD;
    case 'L':
        return complete ? GLANCE_HOLD : GLANCE_NEED_MORE;
    case 'M':
        return complete ? GLANCE_NOTHING : GLANCE_NEED_MORE;
    default:
        return GLANCE_NOTHING;
    }
}

static void wishes_command(void *tap, const struct command *command)
{
    struct wishes *wishes = tap;
    struct buffer raw = session_of(wishes)->hold.raw;
    require(wishes->open && !wishes->command_open && !wishes->forwarded && !wishes->kept);
    if (session_of(wishes)->client.frames == NULL) {
        require(raw.len <= fake_client->consumed);
        size_t start = fake_client->consumed - raw.len;
        require(memcmp(raw.ptr, fake_client->arrived.ptr + start, raw.len) == 0);
    }
    require(session_of(wishes)->pending.count == 0);
    tell(wishes, command->kind);
    tell_bytes(wishes, command->text);
    wishes->command_open = true;
    wishes->wish = command->text.len > 1 ? (unsigned char)command->text.ptr[1] : 0;
    wishes->questions = 0;
    wishes->error_code = 0;
    step_unless_it_waits(wishes);
}

/* Not told: whether a long text is glanced at whole depends on how it arrives. */
static void wishes_untapped(void *tap, uint64_t length)
{
    struct wishes *wishes = tap;
    require(wishes->open && length > session_of(wishes)->shared->sink.text_limit);
}

static void wishes_answer(void *tap, const struct answer *answer)
{
    struct wishes *wishes = tap;
    require(wishes->open && wishes->asking && wishes->command_open);
    tell(wishes, answer->error_code);
    tell(wishes, answer->columns);
    for (unsigned i = 0; i < answer->columns; i++)
        if (!slice_is_none(answer->values[i]))
            tell_bytes(wishes, answer->values[i]);
    wishes->asking = false;
    wishes->answered_now = true;
    wishes->error_code = answer->error_code;
    step_unless_it_waits(wishes);
}

static enum outcome_verdict wishes_outcome(void *tap, const struct outcome *outcome)
{
    struct wishes *wishes = tap;
    require(wishes->open && wishes->forwarded && !wishes->asking);
    require(!wishes->kept || outcome->kind == OUTCOME_LOST);
    require(outcome->index == wishes->outcomes++);
    require(outcome->kind != OUTCOME_LOST || outcome->last);
    require(outcome->sqlstate[5] == '\0');
    tell(wishes, outcome->kind);
    tell(wishes, outcome->error_code);
    tell(wishes, outcome->status);
    tell(wishes, outcome->affected_rows);
    wishes->forwarded = !outcome->last;
    if ((wishes->wish & WISH_KEEPS) == 0 || outcome->kind == OUTCOME_LOST)
        return OUTCOME_RELEASE;
    wishes->kept = true;
    wishes->valve.post(wishes->valve.loop, release_later, wishes);
    return OUTCOME_KEEP;
}

static void wishes_close(void *tap)
{
    struct wishes *wishes = tap;
    require(wishes->open);
    require(!wishes->forwarded); /* its last outcome, lost or not, comes first */
    tell(wishes, 'c');
    wishes->unanswered |= wishes->asking;
    wishes->open = wishes->kept = false;
}

const struct tap_operations wishes_operations = {
    .open = wishes_open,
    .glance = wishes_glance,
    .command = wishes_command,
    .untapped = wishes_untapped,
    .answer = wishes_answer,
    .outcome = wishes_outcome,
    .close = wishes_close,
};
