/* Tests of lexer: tokens as a row of words, "KIND:text" by their first letters. */
#include "sql_tests.h"

#include "sql/lexer.h"

static const char kind_letters[] = "EWQSNVY#<>";

static void check_text(const char *dialect_words, struct slice text, const char *expected)
{
    struct dialect dialect = test_dialect(dialect_words);
    struct lexer lexer;
    struct token token;
    struct buffer row = BUFFER_INIT;
    lexer_init(&lexer, text, &dialect);
    while (lexer_next_raw(&lexer, &token)) {
        buffer_printf(&row, "%s%c:", row.len > 0 ? " " : "", kind_letters[token.kind]);
        buffer_append_slice(&row, token.text);
    }
    assert_int_equal(token.kind, TOKEN_END);
    assert_string_equal(buffer_text(&row), expected);
    buffer_release(&row);
}

static void check(const char *dialect_words, const char *text, const char *expected)
{
    check_text(dialect_words, slice_from(text), expected);
}

static void words_names_and_symbols(void **state)
{
    (void)state;
    check("", "ALTER TABLE `a b`.c1,x", "W:ALTER W:TABLE Q:`a b` Y:. W:c1 Y:, W:x");
    check("", "`a``b`", "Q:`a``b`");
    check("", "a.1b a.5 .5 1.5e-3 1e5 1st", "W:a Y:. W:1b W:a Y:. W:5 N:.5 N:1.5e-3 N:1e5 W:1st");
    check("", "1..3", "N:1 Y:. N:.3");
    check("", "0x1F x'1F' b'01' X'zz' 0xZZ", "N:0x1F N:x'1F' N:b'01' W:X S:'zz' W:0xZZ");
    check("", "$a a$ _utf8'x' na\xC3\xAFve", "W:$a W:a$ W:_utf8 S:'x' W:na\xC3\xAFve");
    check("", "a:=b", "W:a Y:: Y:= W:b");
    check("", "", "");
    check("", " \t\n", "");
}

static void strings_and_escapes(void **state)
{
    (void)state;
    check("", "'it''s' \"x\"\"y\"", "S:'it''s' S:\"x\"\"y\"");
    check("", "'a\\'b' c", "S:'a\\'b' W:c");
    check("nobackslash", "'a\\' b", "S:'a\\' W:b");
    check("ansi", "\"a\\\" b", "Q:\"a\\\" W:b");
    check("", "N'a' n'b' nb", "S:N'a' S:n'b' W:nb");
    check("", "'open", "S:'open");
    check("", "`open", "Q:`open");
    check("", "'open\\", "S:'open\\");
    check("", "'a' 'b'", "S:'a' S:'b'");
}

static void variables(void **state)
{
    (void)state;
    check("", "@a @`b c` @'d' @\"e\" @@f @@session.g @",
          "V:@a V:@`b c` V:@'d' V:@\"e\" V:@@f "
          "V:@@session Y:. W:g Y:@");
    check("", "a@localhost `a`@`%` 'a'@'1.2.%'", "W:a V:@localhost Q:`a` V:@`%` S:'a' V:@'1.2.%'");
    check("", "@a.b:=1", "V:@a.b Y:: Y:= N:1");
}

static void comments(void **state)
{
    (void)state;
    check("", "a -- b\nc", "W:a #:-- b W:c");
    check("", "a --b", "W:a Y:- Y:- W:b");
    check("", "a --", "W:a #:--");
    check("", "a --\tb", "W:a #:--\tb");
    check("", "a # b\nc", "W:a #:# b W:c");
    check("", "a /* b ; ' */ c", "W:a #:/* b ; ' */ W:c");
    check("", "a /* b /* c */ d", "W:a #:/* b /* c */ W:d");
    check("", "a /* open", "W:a #:/* open");
    check("", "a / * b", "W:a Y:/ Y:* W:b");
    check_text("", SLICE("a # b\0c"), "W:a #:# b Y:");
}

static void executable_comments_follow_family_and_version(void **state)
{
    (void)state;
    check("", "/*! a */ b", "<:/*! W:a >:*/ W:b");
    check("", "/*!50003 a*/b", "<:/*!50003 W:a >:*/ W:b");
    check("", "/*!99999 a*/b", "#:/*!99999 a*/ W:b");
    check("mysql57", "/*!80000 a*/b", "#:/*!80000 a*/ W:b");
    check("mysql57", "/*!50744 a*/b", "<:/*!50744 W:a >:*/ W:b");
    check("mysql57", "/*!50745 a*/b", "#:/*!50745 a*/ W:b");
    check("", "/*!99999 a /* b */ c */ d", "#:/*!99999 a /* b */ c */ W:d");
    check("", "/*!50003 a /* b */ c */ d", "<:/*!50003 W:a #:/* b */ W:c >:*/ W:d");
    check("", "/*!50003 '*/' */", "<:/*!50003 S:'*/' >:*/");
    check("", "/*!50003 a", "<:/*!50003 W:a");
    check("", "a */ b", "W:a Y:* Y:/ W:b");
    check("", "/*!080000 a */", "<:/*!080000 W:a >:*/");
    check("", "/*!100100 a */", "#:/*!100100 a */");
    check("", "/*!100100a */", "<:/*!10010 W:0a >:*/");
    check("mysql57", "/*!100100 a */", "<:/*!10010 N:0 W:a >:*/");
    check("", "/*!1234 a */", "<:/*! N:1234 W:a >:*/");
    check("", "/*M! a */", "#:/*M! a */");
    check("mariadb", "/*M! a */", "<:/*M! W:a >:*/");
    check("mariadb", "/*M!100301 a */", "<:/*M!100301 W:a >:*/");
    check("mariadb", "/*!100301a */", "<:/*!100301 W:a >:*/");
    check("mariadb", "/*!110400 a */", "#:/*!110400 a */");
    check("mariadb", "/*!50700 a */", "#:/*!50700 a */");
    check("mariadb", "/*!50699 a */", "<:/*!50699 W:a >:*/");
    check("mariadb", "/*!99999 a */", "#:/*!99999 a */");
    check("mariadb", "/*!080000 a */", "#:/*!080000 a */");
    check("mariadb", "/*M!50700 a */", "<:/*M!50700 W:a >:*/");
}

static void second_bytes_of_characters_are_no_quotes(void **state)
{
    (void)state;
    check("gbk", "'\xBF\\' a", "S:'\xBF\\' W:a");
    check("", "'\xBF\\' a", "S:'\xBF\\' a");
    check("sjis", "'\x95\\' a", "S:'\x95\\' W:a");
    check("big5", "'\xA5\\' a", "S:'\xA5\\' W:a");
    check("gb18030", "'\x81\\' '\x81\x30\x81\x30' a", "S:'\x81\\' S:'\x81\x30\x81\x30' W:a");
    check("gbk", "`\xBF`` a", "Q:`\xBF`` W:a");
    check("gbk", "a\xBF`b", "W:a\xBF`b");
    check("gbk", "'\\\xBF' a", "S:'\\\xBF' W:a"); /* an escape takes one byte, as in the servers */
    check("gbk", "'\xBF", "S:'\xBF");
    check("",
          "SELECT\xA0"
          "1",
          "W:SELECT N:1"); /* no-break space of latin1 */
    check("",
          "\xC3\xA0"
          "1",
          "W:\xC3\xA0"
          "1");
}

static void dollar_texts_are_strings_of_mysql_9(void **state)
{
    (void)state;
    check("mysql97", "$$a;'b$$ c", "S:$$a;'b$$ W:c");
    check("mysql97", "$js$a $$ b$js$ c", "S:$js$a $$ b$js$ W:c");
    check("mysql97", "$js$open", "W:$js$open");
    check("mysql97", "a$$ b$$", "W:a$$ W:b$$");
    check("mariadb", "$$a;b$$", "W:$$a Y:; W:b$$");
}

static void check_meaning(const char *dialect_words, const char *text, struct slice expected)
{
    struct dialect dialect = test_dialect(dialect_words);
    struct lexer lexer;
    struct token token;
    struct buffer meaning = BUFFER_INIT;
    lexer_init(&lexer, slice_from(text), &dialect);
    assert_true(lexer_next(&lexer, &token));
    token_unquote(&token, &dialect, &meaning);
    assert_int_equal(meaning.len, expected.len);
    assert_memory_equal(buffer_text(&meaning), expected.ptr, expected.len);
    buffer_release(&meaning);
}

static void quotes_and_escapes_are_resolved(void **state)
{
    (void)state;
    check_meaning("", "'it''s \\'x\\''", SLICE("it's 'x'"));
    check_meaning("", "'a\\n\\t\\0\\Z\\\\\\q\\%\\_'", SLICE("a\n\t\0\032\\q\\%\\_"));
    check_meaning("nobackslash", "'a\\n'", SLICE("a\\n"));
    check_meaning("", "`a``b\\n`", SLICE("a`b\\n"));
    check_meaning("ansi", "\"a\"\"b\\n\"", SLICE("a\"b\\n"));
    check_meaning("", "N'x'", SLICE("x"));
    check_meaning("mysql97", "$t$x'y$t$", SLICE("x'y"));
    check_meaning("", "word", SLICE("word"));
    check_meaning("", "'open", SLICE("open"));
    check_meaning("gbk", "'\xBF\\'", SLICE("\xBF\\"));
}

int run_lexer_tests(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_names_and_symbols),
        cmocka_unit_test(strings_and_escapes),
        cmocka_unit_test(variables),
        cmocka_unit_test(comments),
        cmocka_unit_test(executable_comments_follow_family_and_version),
        cmocka_unit_test(second_bytes_of_characters_are_no_quotes),
        cmocka_unit_test(dollar_texts_are_strings_of_mysql_9),
        cmocka_unit_test(quotes_and_escapes_are_resolved),
    };
    return cmocka_run_group_tests_name("lexer", tests, NULL, NULL);
}
