// SPDX-License-Identifier: GPL-3.0-or-later
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/random.h"
#include "mail/ids.h"

static const struct str SECRET = STR_INIT("0123456789abcdef0123456789abcdef");
static const struct str OTHER = STR_INIT("ffffffffffffffffffffffffffffffff");

static int setup(void **state)
{
    random_init();
    *state = mem_ctx_new(NULL, "test");
    return 0;
}

static int teardown(void **state)
{
    mem_free(*state);
    return 0;
}

static char *flip(mem_ctx *ctx, struct str text, size_t at)
{
    char *copy = mem_text_n(ctx, text.ptr, text.len);
    copy[at] = copy[at] == 'a' ? 'b' : 'a';
    return copy;
}

static void message_ids_prove_ticket_and_comment(void **state)
{
    mem_ctx *ctx = *state;
    struct str id = mail_message_id(ctx, SECRET, (struct ticket_id){42},
                                    (struct comment_id){9007199254740993}, STR("desk.example"));
    assert_true(str_starts(id, STR("<t42.c9007199254740993.")));
    assert_true(str_ends(id, STR("@desk.example>")));
    struct ticket_id ticket = {7};
    struct comment_id comment = {7};
    assert_true(mail_message_id_verify(SECRET, id, &ticket, &comment));
    assert_int_equal(ticket.v, 42);
    assert_int_equal(comment.v, 9007199254740993);
    // Without brackets, with other case, through another domain of ours.
    struct str bare = str_sub(id, 1, id.len - 2);
    assert_true(mail_message_id_verify(SECRET, bare, &ticket, &comment));
    char *upper = mem_text_n(ctx, id.ptr, id.len);
    for (char *c = upper; *c != '@'; c++) {
        *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
    }
    assert_true(mail_message_id_verify(SECRET, str_c(upper), &ticket, &comment));
    struct str again = mail_message_id(ctx, SECRET, (struct ticket_id){42},
                                       (struct comment_id){9007199254740993}, STR("desk.example"));
    assert_false(str_eq(id, again));
}

static void foreign_or_changed_message_ids_are_not_ours(void **state)
{
    mem_ctx *ctx = *state;
    struct str id = mail_message_id(ctx, SECRET, (struct ticket_id){42}, (struct comment_id){3},
                                    STR("d.example"));
    struct ticket_id ticket = {7};
    struct comment_id comment = {8};
    assert_false(mail_message_id_verify(OTHER, id, &ticket, &comment));
    size_t at = (size_t)str_find_char(id, '@');
    for (size_t i = 1; i < at; i++) {
        assert_false(mail_message_id_verify(SECRET, str_c(flip(ctx, id, i)), &ticket, &comment));
    }
    static const struct str BAD[] = {
        STR_INIT(""),
        STR_INIT("<>"),
        STR_INIT("<@>"),
        STR_INIT("@"),
        STR_INIT("<t42.c3@d>"),
        STR_INIT("<t42.c3.aaaaaaaaaaaaaaaa.aaaaaaaaaaaaaaaa@d.example>"),
        STR_INIT("<aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
                 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa@d>")};
    for (size_t i = 0; i < sizeof BAD / sizeof BAD[0]; i++) {
        assert_false(mail_message_id_verify(SECRET, BAD[i], &ticket, &comment));
    }
    assert_int_equal(ticket.v, 7);
    assert_int_equal(comment.v, 8);
}

static void reply_addresses_carry_ticket_and_user(void **state)
{
    mem_ctx *ctx = *state;
    static const int64_t NUMBERS[] = {1, 42, 127, 128, 1000000, INT64_C(1) << 53, INT64_MAX};
    for (size_t i = 0; i < sizeof NUMBERS / sizeof NUMBERS[0]; i++) {
        struct str address =
            mail_reply_address(ctx, SECRET, STR("support@desk.example"),
                               (struct ticket_id){NUMBERS[i]}, (struct user_id){NUMBERS[i]});
        assert_true(str_find_char(address, '@') <= 64);
        struct str mailbox;
        struct mail_token token = mail_address_token(ctx, SECRET, address, &mailbox);
        assert_int_equal(token.kind, MAIL_TOKEN_REPLY);
        assert_int_equal(token.ticket.v, NUMBERS[i]);
        assert_int_equal(token.user.v, NUMBERS[i]);
        assert_true(str_eq_c(mailbox, "support@desk.example"));
        char *upper = mem_text_n(ctx, address.ptr, address.len);
        for (char *c = upper; *c != '\0'; c++) {
            *c = *c >= 'a' && *c <= 'z' ? (char)(*c - 32) : *c;
        }
        token = mail_address_token(ctx, SECRET, str_c(upper), &mailbox);
        assert_int_equal(token.ticket.v, NUMBERS[i]);
        assert_int_equal(mail_address_token(ctx, OTHER, address, &mailbox).kind, MAIL_TOKEN_NONE);
    }
}

static void changed_tokens_do_not_verify(void **state)
{
    mem_ctx *ctx = *state;
    struct str address = mail_reply_address(ctx, SECRET, STR("s@d.example"), (struct ticket_id){42},
                                            (struct user_id){77});
    struct str mailbox;
    for (size_t i = 2; i < (size_t)str_find_char(address, '@'); i++) {
        struct str changed = str_c(flip(ctx, address, i));
        assert_int_equal(mail_address_token(ctx, SECRET, changed, &mailbox).kind, MAIL_TOKEN_NONE);
    }
    static const char *const DETAILS[] = {"s+@d", "s+x@d", "s+aaaaaaaaaaaaaaaaaaaaaaaa@d",
                                          "s+newsletter@d"};
    for (size_t i = 0; i < sizeof DETAILS / sizeof DETAILS[0]; i++) {
        struct mail_token token = mail_address_token(ctx, SECRET, str_c(DETAILS[i]), &mailbox);
        assert_int_equal(token.kind, MAIL_TOKEN_NONE);
        assert_true(str_eq_c(mailbox, "s@d"));
    }
    (void)mail_address_token(ctx, SECRET, STR("plain@d"), &mailbox);
    assert_true(str_eq_c(mailbox, "plain@d"));
    (void)mail_address_token(ctx, SECRET, STR("+x@d"), &mailbox);
    assert_true(str_eq_c(mailbox, "+x@d"));
}

static void mailboxes_with_a_plus_and_long_ones(void **state)
{
    mem_ctx *ctx = *state;
    struct str address = mail_reply_address(ctx, SECRET, STR("help+eu@d.example"),
                                            (struct ticket_id){5}, (struct user_id){6});
    struct str mailbox;
    assert_int_equal(mail_address_token(ctx, SECRET, address, &mailbox).ticket.v, 5);
    assert_true(str_eq_c(mailbox, "help+eu@d.example"));
    struct str long_one = STR("a-very-long-mailbox-name-that-leaves-no-room-for-it@d.example");
    assert_true(str_none(
        mail_reply_address(ctx, SECRET, long_one, (struct ticket_id){5}, (struct user_id){6})));
}

static void bounces_name_the_mail(void **state)
{
    mem_ctx *ctx = *state;
    struct str address =
        mail_bounce_address(ctx, SECRET, STR("support@d.example"), (struct outmail_id){987654321});
    struct str mailbox;
    struct mail_token token = mail_address_token(ctx, SECRET, address, &mailbox);
    assert_int_equal(token.kind, MAIL_TOKEN_BOUNCE);
    assert_int_equal(token.mail.v, 987654321);
    assert_int_equal(token.ticket.v, 0);
}

static void subject_tags(void **state)
{
    mem_ctx *ctx = *state;
    assert_true(str_eq_c(mail_subject_tag(ctx, STR(""), (struct ticket_id){42}), "[#42]"));
    assert_true(str_eq_c(mail_subject_tag(ctx, STR("Acme"), (struct ticket_id){42}), "[Acme #42]"));
    static const struct {
        const char *prefix;
        const char *subject;
        int64_t ticket;
    } CASES[] = {
        {"", "Re: Printer [#42]", 42},
        {"", "Re: [ext] Printer [ # 42 ]", 42},
        {"", "Re: [Acme #42] x", 0},
        {"Acme", "AW: [acme  #42] x", 42},
        {"Acme", "[#42]", 0},
        {"", "[#0] [#-3] [#x] [#]", 0},
        {"", "[#9999999999999999999999]", 0},
        {"", "[#7", 0},
        {"", "", 0},
        {"", "[[#7]", 7},
        {"", "[#7] [#8]", 7},
    };
    for (size_t i = 0; i < sizeof CASES / sizeof CASES[0]; i++) {
        assert_int_equal(mail_subject_ticket(str_c(CASES[i].prefix), str_c(CASES[i].subject)).v,
                         CASES[i].ticket);
    }
    struct ticket_id ticket = {42};
    assert_true(
        str_eq_c(mail_subject_tagged(ctx, STR(""), STR("Printer"), ticket), "Printer [#42]"));
    assert_true(str_eq_c(mail_subject_tagged(ctx, STR(""), STR("Re: Printer [#42]"), ticket),
                         "Re: Printer [#42]"));
}

static void side_conversations_have_a_form_of_their_own(void **state)
{
    mem_ctx *ctx = *state;
    struct ticket_id ticket = {7};
    struct comment_id comment = {7};
    int64_t aside = 0;
    int64_t member = 0;
    struct str id = mail_aside_id(ctx, SECRET, 12, 34, STR("d.example"));
    assert_true(str_starts(id, STR("<s12.m34.")));
    assert_true(mail_aside_id_verify(SECRET, id, &aside, &member));
    assert_int_equal(aside, 12);
    assert_int_equal(member, 34);
    assert_false(mail_message_id_verify(SECRET, id, &ticket, &comment));
    assert_false(mail_aside_id_verify(OTHER, id, &aside, &member));
    struct str theirs = mail_message_id(ctx, SECRET, (struct ticket_id){12},
                                        (struct comment_id){34}, STR("d.example"));
    assert_false(mail_aside_id_verify(SECRET, theirs, &aside, &member));
    struct str mailbox;
    struct str address = mail_aside_address(ctx, SECRET, STR("help@d.example"), 12, 34);
    struct mail_token token = mail_address_token(ctx, SECRET, address, &mailbox);
    assert_int_equal(token.kind, MAIL_TOKEN_ASIDE);
    assert_int_equal(token.aside, 12);
    assert_int_equal(token.member, 34);
    assert_true(str_eq_c(mailbox, "help@d.example"));
    assert_int_equal(mail_address_token(ctx, OTHER, address, &mailbox).kind, MAIL_TOKEN_NONE);
    assert_true(str_eq_c(mail_subject_untagged(ctx, STR(""), STR("[#12] Re: [x] Printer [#12]")),
                         "Re: [x] Printer"));
    assert_true(str_eq_c(mail_subject_untagged(ctx, STR(""), STR("a [b")), "a [b"));
}

static void loop_marks(void **state)
{
    mem_ctx *ctx = *state;
    struct str mark = mail_loop_mark(ctx, SECRET);
    assert_true(mail_loop_mark_ours(SECRET, mark));
    assert_false(mail_loop_mark_ours(OTHER, mark));
    assert_false(mail_loop_mark_ours(SECRET, STR("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(message_ids_prove_ticket_and_comment),
        cmocka_unit_test(foreign_or_changed_message_ids_are_not_ours),
        cmocka_unit_test(reply_addresses_carry_ticket_and_user),
        cmocka_unit_test(changed_tokens_do_not_verify),
        cmocka_unit_test(mailboxes_with_a_plus_and_long_ones),
        cmocka_unit_test(bounces_name_the_mail),
        cmocka_unit_test(subject_tags),
        cmocka_unit_test(side_conversations_have_a_form_of_their_own),
        cmocka_unit_test(loop_marks),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
