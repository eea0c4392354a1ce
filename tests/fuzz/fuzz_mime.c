// SPDX-License-Identifier: GPL-3.0-or-later
//
// A mail from anybody: parsed, judged, folded, its parts decoded. Every text that comes out must be
// UTF-8, every file name safe, every address one that can be mailed.
#include <string.h>

#include "base/random.h"
#include "fuzz.h"
#include "mail/address.h"
#include "mail/classify.h"
#include "mail/message.h"
#include "mail/mime_part.h"
#include "mail/quote.h"
#include "mail/sanitize.h"
#include "mail/sanitize_check.h"

#define NOW_MS INT64_C(1795395600000)

static void check_addresses(struct mail_addresses list)
{
    for (size_t i = 0; i < list.count; i++) {
        assert(address_valid(list.items[i].address));
        assert(str_utf8_valid(list.items[i].name));
        assert(str_find_char(list.items[i].name, '\n') < 0);
        assert(str_find_char(list.items[i].address, '\n') < 0);
    }
}

static void check_parts(mem_ctx *ctx, const struct mail_message *m)
{
    for (size_t i = 0; i < m->part_count; i++) {
        const struct mail_part *part = &m->parts[i];
        struct str name = part->file_name;
        assert(name.len > 0 && name.len < 260 && str_utf8_valid(name));
        assert(str_find_char(name, '/') < 0 && str_find_char(name, '\\') < 0);
        assert(name.ptr[0] != '.' && str_find_char(name, '\n') < 0);
        struct str bytes;
        struct error err;
        if (mail_part_bytes(ctx, part, (size_t)8 << 20, &bytes, &err)) {
            assert((int64_t)bytes.len == mail_part_size(part));
        }
    }
}

static void check_html(mem_ctx *ctx, const struct mail_message *m)
{
    struct sanitize_options options = {.fold_quotes = true};
    struct sanitized clean;
    html_sanitize(ctx, m->html, &options, &clean);
    assert(sanitize_check(ctx, clean.html.markup) == NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    random_init();
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct mail_limits limits = mail_limits_default(NOW_MS);
    struct mail_message *m;
    struct error err;
    if (mail_parse(ctx, fuzz_input(data, size), &limits, &m, &err)) {
        struct str own_list[] = {STR("support@desk.example")};
        struct own_addresses own = {own_list, 1, STR("secret")};
        struct mail_verdict verdict = mail_classify(ctx, m, &own);
        assert(str_utf8_valid(verdict.reasons));
        assert(m->date_ms <= NOW_MS && m->message_id.len > 2);
        assert(str_utf8_valid(m->subject) && str_find_char(m->subject, '\n') < 0);
        assert(str_utf8_valid(m->text) && str_find_char(m->text, '\0') < 0);
        check_addresses(m->from);
        check_addresses(m->to);
        check_addresses(m->cc);
        check_addresses(m->reply_to);
        check_parts(ctx, m);
        struct mail_fold fold = mail_fold_text(ctx, m->text);
        assert(fold.visible.len + fold.quoted.len == m->text.len);
        (void)mail_forwarded(ctx, m);
        if (!str_none(m->html)) {
            check_html(ctx, m);
        }
    }
    mem_free(ctx);
    return 0;
}
