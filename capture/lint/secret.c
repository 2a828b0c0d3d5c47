/* secret: see secret.h. No finding says the secret itself. */
#include "lint/secret.h"

#include <ctype.h>
#include <string.h>

#include "sql/redact.h"

/* How the keys of well-known services begin. */
static const struct {
    const char *begin;
    size_t least; /* letters, digits, '_', '-' behind it */
    const char *what;
} keys[] = {
    {"AKIA", 16, "an access key of AWS"},
    {"ghp_", 30, "a token of GitHub"},
    {"github_pat_", 30, "a token of GitHub"},
    {"glpat-", 20, "a token of GitLab"},
    {"xoxb-", 20, "a token of Slack"},
    {"xoxp-", 20, "a token of Slack"},
    {"sk_live_", 16, "a key of Stripe"},
    {"AIza", 35, "a key of Google"},
    {"-----BEGIN ", 0, "a private key"},
    {"$2y$", 20, "the hash of a password"},
    {"$2b$", 20, "the hash of a password"},
    {"$2a$", 20, "the hash of a password"},
    {"$argon2", 20, "the hash of a password"},
    {"pbkdf2:sha", 20, "the hash of a password"},
    {"pbkdf2_sha", 20, "the hash of a password"},
    {"scrypt:", 20, "the hash of a password"},
};

static size_t key_length(struct slice rest)
{
    size_t len = 0;
    while (len < rest.len &&
           (isalnum((unsigned char)rest.ptr[len]) || memchr("_-$./=,+:", rest.ptr[len], 9) != NULL))
        len++;
    return len;
}

static const char *find_key(struct slice text)
{
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        size_t len = strlen(keys[i].begin);
        const char *found = memmem(text.ptr, text.len, keys[i].begin, len);
        if (found != NULL &&
            key_length(slice_from_offset(text, (size_t)(found - text.ptr) + len)) >= keys[i].least)
            return keys[i].what;
    }
    return NULL;
}

/* scheme://user:password@host within a string. */
static bool is_url_with_password(struct slice text)
{
    const char *at = memmem(text.ptr, text.len, "://", 3);
    if (at == NULL)
        return false;
    struct slice rest = slice_from_offset(text, (size_t)(at - text.ptr) + 3);
    const char *colon = memchr(rest.ptr, ':', rest.len), *sign = memchr(rest.ptr, '@', rest.len);
    const char *slash = memchr(rest.ptr, '/', rest.len);
    return colon != NULL && sign != NULL && sign > colon + 1 && (slash == NULL || slash > sign);
}

static void find_in_strings(const struct subject_statement *statement, struct findings *findings)
{
    struct lexer lexer;
    struct token token;
    lexer_init(&lexer, statement->text, &statement->dialect);
    while (lexer_next(&lexer, &token)) {
        const char *what = token.kind == TOKEN_STRING ? find_key(token.text) : NULL;
        if (what != NULL)
            findings_add(findings, RULE_SECRET, "A string looks like %s.", what);
        if (token.kind == TOKEN_STRING && is_url_with_password(token.text))
            findings_add(findings, RULE_SECRET, "A string is a URL with a password.");
    }
}

void secret_find(const struct subject *subject, struct findings *findings)
{
    for (size_t i = 0; i < subject->statement_count; i++) {
        const struct subject_statement *statement = &subject->statements[i];
        struct buffer redacted = BUFFER_INIT;
        if (memmem(statement->text.ptr, statement->text.len, REDACT_PLACEHOLDER,
                   strlen(REDACT_PLACEHOLDER)) != NULL)
            findings_add(findings, RULE_REDACTED, "%s stands in the way %s.", REDACT_PLACEHOLDER,
                         statement->down ? "back" : "up");
        if (redact_write(statement->text, &statement->dialect, &redacted) &&
            !slice_equal(buffer_slice(&redacted), statement->text))
            findings_add(findings, RULE_SECRET, "The way %s has a password.",
                         statement->down ? "back" : "up");
        find_in_strings(statement, findings);
        buffer_release(&redacted);
    }
}
