// SPDX-License-Identifier: GPL-3.0-or-later
//
// Awkward mails (tests/mail/corpus/NNN-what.eml), each beside what must be read out of it
// (NNN-what.txt). STEWARD_UPDATE_GOLDEN=1 writes those files anew, to be looked at as a diff. A
// folder of real mails is read as well where there is one ($STEWARD_SHARED_DATA/mail, by default
// ../shared/data/mail beside the sources): there it is enough that nothing breaks.
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/random.h"
#include "mail/classify.h"
#include "mail/html_text.h"
#include "mail/message.h"
#include "mail/quote.h"
#include "mail/sanitize.h"

#define NOW_MS INT64_C(1795395600000)  // 2026-11-23T01:00:00Z
#define DEPTH_MAX 5

static struct str file_read(mem_ctx *ctx, const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL) {
        return STR_NONE;
    }
    struct buf out;
    buf_init(&out, ctx, (size_t)256 << 20);
    char piece[65536];
    size_t got;
    while ((got = fread(piece, 1, sizeof piece, file)) > 0) {
        buf_put(&out, (struct str){piece, got});
    }
    (void)fclose(file);
    return buf_str(&out);
}

static void put_addresses(struct buf *out, const char *label, struct mail_addresses list)
{
    for (size_t i = 0; i < list.count; i++) {
        buf_printf(out, "%s: " STR_FMT "|" STR_FMT "\n", label, STR_ARG(list.items[i].name),
                   STR_ARG(list.items[i].address));
    }
}

static void put_ids(struct buf *out, const char *label, struct mail_ids ids)
{
    for (size_t i = 0; i < ids.count; i++) {
        buf_printf(out, "%s: " STR_FMT "\n", label, STR_ARG(ids.items[i]));
    }
}

static void put_text(struct buf *out, const char *label, struct str text)
{
    if (!str_none(text)) {
        buf_printf(out, "--- %s\n", label);
        buf_put(out, text);
        buf_put_c(out, str_ends(text, STR("\n")) || text.len == 0 ? "" : "\n");
    }
}

static void put_optional(struct buf *out, const char *label, struct str value)
{
    if (!str_none(value)) {
        buf_printf(out, "%s: " STR_FMT "\n", label, STR_ARG(value));
    }
}

static struct str part_url(void *state, mem_ctx *ctx, struct str id)
{
    const struct mail_message *m = state;
    for (size_t i = 0; i < m->part_count; i++) {
        if (str_eq(m->parts[i].content_id, id)) {
            return str_printf(ctx, "/part/%zu", i);
        }
    }
    return STR_NONE;
}

static void put_verdict(mem_ctx *ctx, struct buf *out, const struct mail_message *m)
{
    struct str own_list[] = {STR("support@desk.example")};
    struct own_addresses own = {own_list, 1, STR("secret of the tests")};
    struct mail_verdict v = mail_classify(ctx, m, &own);
    buf_printf(out, "verdict:%s%s%s%s%s%s%s%s\n", v.auto_reply ? " auto-reply" : "",
               v.auto_generated ? " auto" : "", v.is_bounce ? " bounce" : "", v.list ? " list" : "",
               v.bulk ? " bulk" : "", v.own_loop ? " loop" : "", v.from_own ? " own" : "",
               v.no_answer ? " no-answer" : "");
    struct str reasons = v.reasons;
    struct str one;
    while (str_next(&reasons, '\n', &one) && one.len > 0) {
        buf_printf(out, "  because: " STR_FMT "\n", STR_ARG(one));
    }
    static const char *const DELIVERY[] = {"none", "done", "delayed", "temporary", "permanent"};
    if (v.bounce.delivery != DELIVERY_NONE) {
        buf_printf(out, "delivery: %s\n", DELIVERY[v.bounce.delivery]);
        put_optional(out, "failed", v.bounce.recipient);
        put_optional(out, "status", v.bounce.status);
        put_optional(out, "diagnostic", v.bounce.diagnostic);
        put_optional(out, "original", v.bounce.original_message_id);
    }
    struct mail_address who = mail_requester(m, &own);
    buf_printf(out, "requester: " STR_FMT "|" STR_FMT "\n", STR_ARG(who.name),
               STR_ARG(who.address));
    struct mail_forward forward = mail_forwarded(ctx, m);
    if (!str_none(forward.from.address)) {
        buf_printf(out, "forwarded: " STR_FMT "|" STR_FMT " \"" STR_FMT "\"\n",
                   STR_ARG(forward.from.name), STR_ARG(forward.from.address),
                   STR_ARG(forward.subject));
    }
}

static void put_parts(mem_ctx *ctx, struct buf *out, const struct mail_message *m)
{
    for (size_t i = 0; i < m->part_count; i++) {
        const struct mail_part *part = &m->parts[i];
        struct str bytes = STR("");
        struct error err;
        assert_true(mail_part_bytes(ctx, part, (size_t)64 << 20, &bytes, &err));
        assert_int_equal(bytes.len, mail_part_size(part));
        buf_printf(out, "part: " STR_FMT "|" STR_FMT "|%zu bytes|%.8s%s%s%s",
                   STR_ARG(part->file_name), STR_ARG(part->type), bytes.len,
                   bytes.len == 0 ? "-" : hash_hex(ctx, hash_sha256(bytes)).ptr,
                   part->is_inline ? "|inline" : "", part->in_body ? "|in body" : "",
                   part->is_message ? "|message" : "");
        if (!str_none(part->content_id)) {
            buf_printf(out, "|" STR_FMT, STR_ARG(part->content_id));
        }
        buf_put_c(out, "\n");
    }
}

static struct str dump(mem_ctx *ctx, struct mail_message *m)
{
    struct buf out;
    buf_init(&out, ctx, (size_t)64 << 20);
    buf_printf(&out, "id: " STR_FMT "%s\n", STR_ARG(m->message_id),
               m->message_id_made ? " (made)" : "");
    put_ids(&out, "in-reply-to", m->in_reply_to);
    put_ids(&out, "reference", m->references);
    buf_printf(&out, "subject: " STR_FMT "\n", STR_ARG(m->subject));
    put_addresses(&out, "from", m->from);
    put_addresses(&out, "sender", m->sender);
    put_addresses(&out, "reply-to", m->reply_to);
    put_addresses(&out, "to", m->to);
    put_addresses(&out, "cc", m->cc);
    put_addresses(&out, "delivered-to", m->delivered_to);
    put_optional(&out, "return-path", m->return_path);
    buf_printf(&out, "date: " STR_FMT "%s%s\n", STR_ARG(time_iso(ctx, m->date_ms)),
               m->date_given ? "" : " (not given)", m->date_future ? " (was in the future)" : "");
    put_verdict(ctx, &out, m);
    put_parts(ctx, &out, m);
    put_text(&out, "problems", m->problems.len == 0 ? STR_NONE : m->problems);
    struct mail_fold fold = mail_fold_text(ctx, m->text);
    put_text(&out, m->text_from_html ? "text made from html" : "text", fold.visible);
    put_text(&out, "folded", fold.quoted.len == 0 ? STR_NONE : fold.quoted);
    if (!str_none(m->html)) {
        struct sanitize_options options = {
            .resolve_cid = part_url, .cid_state = m, .fold_quotes = true};
        struct sanitized clean;
        html_sanitize(ctx, m->html, &options, &clean);
        put_text(&out, "html", clean.html.markup);
    }
    assert_true(str_utf8_valid(buf_str(&out)));
    assert_false(out.failed);
    return buf_str(&out);
}

static struct mail_message *parse(mem_ctx *ctx, struct str raw)
{
    struct mail_limits limits = mail_limits_default(NOW_MS);
    struct mail_message *message = NULL;
    struct error err;
    assert_true(mail_parse(ctx, raw, &limits, &message, &err));
    return message;
}

static bool golden_equal(mem_ctx *ctx, const char *path, struct str got)
{
    if (getenv("STEWARD_UPDATE_GOLDEN") != NULL) {
        FILE *file = fopen(path, "wb");
        assert_non_null(file);
        assert_int_equal(fwrite(got.ptr, 1, got.len, file), got.len);
        assert_int_equal(fclose(file), 0);
        return true;
    }
    struct str want = file_read(ctx, path);
    if (str_eq(want, got)) {
        return true;
    }
    print_error("%s differs; now it is:\n" STR_FMT "\n", path, STR_ARG(got));
    return false;
}

static void test_golden(void **state UNUSED)
{
    struct dirent **names;
    int count = scandir(STEWARD_CORPUS, &names, NULL, alphasort);
    assert_true(count > 0);
    int seen = 0;
    int wrong = 0;
    for (int i = 0; i < count; i++) {
        struct str name = str_c(names[i]->d_name);
        mem_ctx *ctx = mem_ctx_new(NULL, "mail");
        if (str_ends(name, STR(".eml"))) {
            struct str raw =
                file_read(ctx, mem_printf(ctx, "%s/" STR_FMT, STEWARD_CORPUS, STR_ARG(name)));
            const char *golden = mem_printf(ctx, "%s/" STR_FMT ".txt", STEWARD_CORPUS,
                                            STR_ARG(str_sub(name, 0, name.len - 4)));
            wrong += !golden_equal(ctx, golden, dump(ctx, parse(ctx, raw)));
            seen++;
        }
        mem_free(ctx);
        free(names[i]);
    }
    free(names);
    assert_true(seen >= 60);
    assert_int_equal(wrong, 0);
}

// Depth-first by an own stack of folder names.
static int read_folder(const char *root)
{
    mem_ctx *all = mem_ctx_new(NULL, "folders");
    const char *folders[1000] = {root};
    size_t waiting = 1;
    int read = 0;
    while (waiting > 0) {
        const char *folder = folders[--waiting];
        DIR *dir = opendir(folder);
        struct dirent *entry;
        while (dir != NULL && (entry = readdir(dir)) != NULL) {
            const char *path = mem_printf(all, "%s/%s", folder, entry->d_name);
            struct stat info;
            if (entry->d_name[0] == '.' || stat(path, &info) != 0) {
                continue;
            }
            if (S_ISDIR(info.st_mode)) {
                assert_true(waiting < 1000);
                folders[waiting++] = path;
                continue;
            }
            mem_ctx *ctx = mem_ctx_new(NULL, "mail");
            struct str raw = file_read(ctx, path);
            if (raw.len > 0) {
                struct mail_message *message = parse(ctx, raw);
                assert_true(dump(ctx, message).len > 0);
                read++;
            }
            mem_free(ctx);
        }
        if (dir != NULL) {
            (void)closedir(dir);
        }
    }
    mem_free(all);
    return read;
}

static void test_real_mails(void **state UNUSED)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "test");
    const char *given = getenv("STEWARD_SHARED_DATA");
    const char *root =
        mem_printf(ctx, "%s/mail", given != NULL ? given : STEWARD_SOURCE "/../shared/data");
    struct stat info;
    if (stat(root, &info) != 0) {
        print_message("no real mails at %s: nothing to read\n", root);
        mem_free(ctx);
        skip();
    }
    assert_true(read_folder(root) > 200);
    mem_free(ctx);
}

// Every mail of the corpus cut short and with bytes changed, by a fixed sequence.
static void test_damaged(void **state UNUSED)
{
    struct dirent **names;
    int count = scandir(STEWARD_CORPUS, &names, NULL, alphasort);
    assert_true(count > 0);
    uint64_t seed = 42;
    for (int i = 0; i < count; i++) {
        mem_ctx *ctx = mem_ctx_new(NULL, "mail");
        struct str name = str_c(names[i]->d_name);
        struct str raw = file_read(ctx, mem_printf(ctx, "%s/%s", STEWARD_CORPUS, name.ptr));
        for (int round = 0; str_ends(name, STR(".eml")) && raw.len > 2 && round < 4; round++) {
            char *copy = mem_text_n(ctx, "", 0);
            copy = mem_grow(ctx, copy, char, raw.len);
            memcpy(copy, raw.ptr, raw.len);
            for (int change = 0; change < 8; change++) {
                seed = seed * 6364136223846793005u + 1442695040888963407u;
                copy[(seed >> 33) % raw.len] = (char)(seed >> 24);
            }
            struct str damaged = {copy, 1 + (size_t)(seed >> 33) % raw.len};
            assert_true(dump(ctx, parse(ctx, damaged)).len > 0);
        }
        mem_free(ctx);
        free(names[i]);
    }
    free(names);
}

int main(void)
{
    random_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_golden),
        cmocka_unit_test(test_real_mails),
        cmocka_unit_test(test_damaged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
