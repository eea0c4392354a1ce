// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/frame.h"

#include "base/buf.h"
#include "mail/frame_mail.html.h"
#include "view/view.h"

enum { FRAME_MAX = 64 * 1024 * 1024 };

static void put_quoted(struct buf *out, struct str text)
{
    struct str rest = str_trim(text);
    struct str line;
    while (rest.len > 0 && str_next(&rest, '\n', &line)) {
        // Quotations of quotations stand as ">>" (RFC 3676, 4.5).
        buf_put(out, line.len > 0 && line.ptr[0] == '>' ? STR(">") : STR("> "));
        buf_put(out, line.len > 0 && line.ptr[line.len - 1] == '\r' ? str_sub(line, 0, line.len - 1)
                                                                    : line);
        buf_put_char(out, '\n');
    }
}

static void put_link(struct buf *out, struct str words, struct url link)
{
    if (link.text.len > 0) {
        buf_put_char(out, '\n');
        buf_put(out, words);
        buf_put(out, STR(":\n"));
        buf_put(out, link.text);
        buf_put_char(out, '\n');
    }
}

static struct str as_text(mem_ctx *ctx, const struct mail_frame *frame)
{
    struct buf out;
    buf_init(&out, ctx, FRAME_MAX);
    buf_put(&out, str_trim(frame->text));
    buf_put_char(&out, '\n');
    put_link(&out, frame->link_words, frame->link);
    if (frame->footer.len > 0 || frame->unsubscribe.text.len > 0) {
        // The signature's separator: mail programs know what follows is not the message.
        buf_put(&out, STR("\n-- \n"));
        buf_put(&out, frame->footer);
        buf_put_char(&out, '\n');
        put_link(&out, frame->unsubscribe_words, frame->unsubscribe);
    }
    for (size_t i = 0; i < frame->earlier_count; i++) {
        const struct mail_earlier *earlier = &frame->earlier[i];
        buf_put(&out, STR("\nOn "));
        buf_put(&out, earlier->when);
        buf_put(&out, STR(", "));
        buf_put(&out, earlier->who);
        buf_put(&out, STR(" wrote:\n"));
        put_quoted(&out, earlier->text);
    }
    return buf_str(&out);
}

void mail_frame_render(mem_ctx *ctx, const struct mail_frame *frame, struct str *ret_text,
                       struct html *ret_html)
{
    struct buf out;
    struct view v;
    buf_init(&out, ctx, FRAME_MAX);
    view_init(&v, &out, ctx);
    view_reader(&v, frame->locale, v.time_zone);
    view_mail_frame(&v, frame);
    *ret_text = as_text(ctx, frame);
    *ret_html = (struct html){buf_str(&out)};
}
