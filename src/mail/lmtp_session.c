// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/lmtp_session.h"

#include <assert.h>
#include <string.h>

#include "base/buf.h"

enum {
    LINE_MAX_BYTES = 4096,  // RFC 5321 asks for 512 and room for parameters
    PATH_MAX_BYTES = 1024,
    ANSWER_MAX_BYTES = 400,
    OUTPUT_MAX_BYTES = 4 * 1024 * 1024,
    ERRORS_MAX = 20,
    IDLE_COMMANDS_MAX = 500,  // without a message; a probe or a keep-alive needs few
};

enum phase { PHASE_COMMAND, PHASE_RCPT, PHASE_DATA, PHASE_DELIVERY, PHASE_CLOSED };

// What the last bytes of a message body were.
enum data_state { AT_LINE_START, AFTER_DOT, AFTER_DOT_CR, IN_TEXT, AFTER_CR, AT_END };

struct lmtp_session {
    struct lmtp_limits limits;
    struct str peer;
    struct buf out;
    struct buf line;
    bool line_too_long;
    char line_last;
    enum phase phase;
    enum data_state data_state;
    struct str data;
    int64_t data_size;
    bool data_dropped;

    bool greeted;
    struct str client;
    mem_ctx *session_mem;
    mem_ctx *mail_mem;  // of the transaction since MAIL, NULL outside one
    struct str mail_from;
    bool utf8;
    struct str *rcpts;
    size_t rcpt_count;
    struct str asked;  // the recipient the caller is asked about
    int errors;
    int idle_commands;
    uint64_t progress;
};

// --- answers ----------------------------------------------------------------------------------

static void reply(struct lmtp_session *s, const char *line)
{
    buf_put_c(&s->out, line);
    buf_put(&s->out, STR("\r\n"));
}

static void close_session(struct lmtp_session *s)
{
    s->phase = PHASE_CLOSED;
}

static void reply_error(struct lmtp_session *s, const char *line)
{
    s->errors++;
    if (s->errors > ERRORS_MAX) {
        reply(s, "421 4.7.0 Too many errors");
        close_session(s);
        return;
    }
    reply(s, line);
}

static void put_answer(struct lmtp_session *s, const char *code, struct str text,
                       const char *otherwise)
{
    buf_put_c(&s->out, code);
    struct str said = str_empty(text) ? str_c(otherwise) : str_sub(text, 0, ANSWER_MAX_BYTES);
    for (size_t i = 0; i < said.len; i++) {
        char c = said.ptr[i];
        buf_put_char(&s->out, c >= ' ' && c <= '~' ? c : '?');
    }
    buf_put(&s->out, STR("\r\n"));
}

// --- the transaction --------------------------------------------------------------------------

static void mail_reset(struct lmtp_session *s)
{
    mem_free(s->mail_mem);
    s->mail_mem = NULL;
    s->mail_from = STR_NONE;
    s->utf8 = false;
    s->rcpts = NULL;
    s->rcpt_count = 0;
    s->asked = STR_NONE;
    s->data_size = 0;
    s->data_dropped = false;
}

struct lmtp_session *lmtp_session_new(mem_ctx *ctx, const struct lmtp_limits *limits,
                                      struct str peer)
{
    struct lmtp_session *s = mem_new(ctx, struct lmtp_session);
    s->limits = *limits;
    s->limits.host_name = str_dup(s, limits->host_name);
    s->peer = str_dup(s, peer);
    s->client = STR("");
    s->session_mem = mem_ctx_new(s, "lmtp client");
    buf_init(&s->out, s, OUTPUT_MAX_BYTES);
    buf_init(&s->line, s, LINE_MAX_BYTES);
    buf_printf(&s->out, "220 " STR_FMT " LMTP Steward\r\n", STR_ARG(s->limits.host_name));
    return s;
}

// --- paths and parameters ---------------------------------------------------------------------

// Takes "<path>" off *rest. Source routes ("<@a,@b:c@d>") are dropped, as RFC 5321 asks.
static bool take_path(struct str *rest, struct str *ret)
{
    struct str text = str_trim(*rest);
    if (text.len < 2 || text.ptr[0] != '<') {
        return false;
    }
    bool quoted = false;
    size_t end = 1;
    while (end < text.len && (quoted || text.ptr[end] != '>')) {
        if (quoted && text.ptr[end] == '\\') {
            end++;
        } else if (text.ptr[end] == '"') {
            quoted = !quoted;
        } else if (!quoted && (text.ptr[end] == ' ' || text.ptr[end] == '<')) {
            return false;
        }
        end++;
    }
    if (end >= text.len || end > PATH_MAX_BYTES) {
        return false;
    }
    struct str path = str_sub(text, 1, end - 1);
    if (path.len > 0 && path.ptr[0] == '@') {
        ptrdiff_t colon = str_find_char(path, ':');
        if (colon < 0) {
            return false;
        }
        path = str_from(path, (size_t)colon + 1);
    }
    struct str after = str_from(text, end + 1);
    if (after.len > 0 && after.ptr[0] != ' ') {
        return false;
    }
    *ret = path;
    *rest = str_trim(after);
    return true;
}

static bool path_is_ascii(struct str path)
{
    for (size_t i = 0; i < path.len; i++) {
        if ((unsigned char)path.ptr[i] >= 0x80) {
            return false;
        }
    }
    return true;
}

// One parameter of MAIL; NULL when it is fine, else the answer.
static const char *mail_parameter(struct lmtp_session *s, struct str parameter)
{
    struct str key;
    struct str value;
    str_cut(parameter, '=', &key, &value);
    if (str_ieq_c(key, "SIZE")) {
        int64_t size = 0;
        if (!str_to_i64(value, &size) || size < 0) {
            return "501 5.5.4 SIZE wants a number";
        }
        return size > s->limits.max_message ? "552 5.3.4 Message is larger than we take" : NULL;
    }
    if (str_ieq_c(key, "BODY")) {
        bool known = str_ieq_c(value, "7BIT") || str_ieq_c(value, "8BITMIME");
        return known ? NULL : "501 5.5.4 BODY is 7BIT or 8BITMIME";
    }
    if (str_ieq_c(key, "SMTPUTF8") && str_none(value)) {
        s->utf8 = true;
        return NULL;
    }
    return "555 5.5.4 Parameter not known";
}

// --- commands ---------------------------------------------------------------------------------

static void command_lhlo(struct lmtp_session *s, struct str args)
{
    struct str name = str_trim(args);
    if (name.len == 0) {
        reply_error(s, "501 5.5.4 LHLO wants the client's name");
        return;
    }
    mail_reset(s);
    mem_free(s->session_mem);
    s->session_mem = mem_ctx_new(s, "lmtp client");
    s->client = str_dup(s->session_mem, str_utf8_mend(s->session_mem, str_sub(name, 0, 255)));
    s->greeted = true;
    buf_printf(&s->out,
               "250-" STR_FMT "\r\n250-PIPELINING\r\n250-SIZE %lld\r\n"
               "250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n",
               STR_ARG(s->limits.host_name), (long long)s->limits.max_message);
}

static void command_helo(struct lmtp_session *s, struct str args UNUSED)
{
    reply_error(s, "500 5.5.1 This is LMTP: say LHLO");
}

static void command_mail(struct lmtp_session *s, struct str args)
{
    if (!s->greeted || s->mail_mem != NULL) {
        reply_error(s,
                    s->greeted ? "503 5.5.1 A message is already begun" : "503 5.5.1 LHLO first");
        return;
    }
    struct str rest = str_trim(args);
    struct str path;
    if (!str_istarts(rest, STR("FROM:"))) {
        reply_error(s, "501 5.5.4 MAIL FROM:<address>");
        return;
    }
    rest = str_from(rest, 5);
    if (!take_path(&rest, &path)) {
        reply_error(s, "501 5.1.7 Sender's address is malformed");
        return;
    }
    s->utf8 = false;
    struct str parameter;
    while (rest.len > 0 && str_next(&rest, ' ', &parameter)) {
        const char *wrong = parameter.len == 0 ? NULL : mail_parameter(s, parameter);
        if (wrong != NULL) {
            s->utf8 = false;
            reply_error(s, wrong);
            return;
        }
    }
    if (!path_is_ascii(path) && !s->utf8) {
        reply_error(s, "553 5.6.7 Sender's address needs SMTPUTF8");
        return;
    }
    s->mail_mem = mem_ctx_new(s, "lmtp mail");
    s->mail_from = str_dup(s->mail_mem, path);
    reply(s, "250 2.1.0 Sender taken");
}

static void command_rcpt(struct lmtp_session *s, struct str args)
{
    if (s->mail_mem == NULL) {
        reply_error(s, "503 5.5.1 MAIL first");
        return;
    }
    struct str rest = str_trim(args);
    struct str path;
    if (!str_istarts(rest, STR("TO:"))) {
        reply_error(s, "501 5.5.4 RCPT TO:<address>");
        return;
    }
    rest = str_from(rest, 3);
    if (!take_path(&rest, &path) || path.len == 0) {
        reply_error(s, "501 5.1.3 Recipient's address is malformed");
    } else if (rest.len > 0) {
        reply_error(s, "555 5.5.4 Parameter not known");
    } else if (!path_is_ascii(path) && !s->utf8) {
        reply_error(s, "553 5.6.7 Recipient's address needs SMTPUTF8");
    } else if (s->rcpt_count >= s->limits.max_rcpts) {
        reply(s, "452 4.5.3 Too many recipients");
    } else {
        s->asked = str_dup(s->mail_mem, path);
        s->phase = PHASE_RCPT;
    }
}

static void command_data(struct lmtp_session *s, struct str args)
{
    if (str_trim(args).len > 0) {
        reply_error(s, "501 5.5.4 DATA takes no argument");
        return;
    }
    if (s->rcpt_count == 0) {
        reply_error(s, "503 5.5.1 No valid recipients");
        return;
    }
    s->phase = PHASE_DATA;
    s->data_state = AT_LINE_START;
    reply(s, "354 End with CR LF . CR LF");
}

static void command_rset(struct lmtp_session *s, struct str args UNUSED)
{
    mail_reset(s);
    reply(s, "250 2.0.0 Forgotten");
}

static void command_noop(struct lmtp_session *s, struct str args UNUSED)
{
    reply(s, "250 2.0.0 Here");
}

static void command_vrfy(struct lmtp_session *s, struct str args UNUSED)
{
    reply(s, "252 2.5.0 Try to send to it");
}

static void command_quit(struct lmtp_session *s, struct str args UNUSED)
{
    reply(s, "221 2.0.0 Good bye");
    close_session(s);
}

static const struct command {
    const char *verb;
    void (*run)(struct lmtp_session *s, struct str args);
} COMMANDS[] = {
    {"LHLO", command_lhlo}, {"MAIL", command_mail}, {"RCPT", command_rcpt}, {"DATA", command_data},
    {"RSET", command_rset}, {"NOOP", command_noop}, {"VRFY", command_vrfy}, {"QUIT", command_quit},
    {"HELO", command_helo}, {"EHLO", command_helo},
};

static bool line_is_clean(struct str line)
{
    for (size_t i = 0; i < line.len; i++) {
        unsigned char c = (unsigned char)line.ptr[i];
        if (c < ' ' || c == 0x7f) {
            return false;
        }
    }
    return str_utf8_valid(line);
}

static void command_run(struct lmtp_session *s, struct str line)
{
    if (s->line_too_long) {
        reply_error(s, "500 5.5.6 Line is too long");
        return;
    }
    if (!line_is_clean(line)) {
        reply_error(s, "500 5.5.2 Line has control characters or is not UTF-8");
        return;
    }
    if (++s->idle_commands > IDLE_COMMANDS_MAX) {
        reply(s, "421 4.7.0 Too many commands without a message");
        close_session(s);
        return;
    }
    struct str verb;
    struct str args;
    str_cut(line, ' ', &verb, &args);
    for (size_t i = 0; i < sizeof COMMANDS / sizeof COMMANDS[0]; i++) {
        if (str_ieq_c(verb, COMMANDS[i].verb)) {
            COMMANDS[i].run(s, args);
            return;
        }
    }
    reply_error(s, "500 5.5.1 Command not known");
}

// Moves input into the line up to CR LF. True when a line is complete.
static bool take_line(struct lmtp_session *s, struct str *input)
{
    while (input->len > 0) {
        ptrdiff_t lf = str_find_char(*input, '\n');
        struct str piece = str_sub(*input, 0, lf < 0 ? input->len : (size_t)lf + 1);
        *input = str_from(*input, piece.len);
        assert(piece.ptr != NULL && piece.len > 0);
        char before = piece.len >= 2 ? piece.ptr[piece.len - 2] : s->line_last;
        s->line_last = piece.ptr[piece.len - 1];
        if (s->line_too_long || s->line.len + piece.len > LINE_MAX_BYTES) {
            s->line_too_long = true;
            buf_reset(&s->line);
        } else {
            buf_put(&s->line, piece);
        }
        if (lf >= 0 && before == '\r') {
            return true;
        }
    }
    return false;
}

// --- the message ------------------------------------------------------------------------------

// The longest piece of *input without a transparency dot to remove.
static struct str take_text(struct lmtp_session *s, struct str *input)
{
    struct str in = *input;
    size_t at = 0;
    while (at < in.len) {
        const char *lf = memchr(in.ptr + at, '\n', in.len - at);
        if (lf == NULL) {
            at = in.len;
            s->data_state = in.ptr[in.len - 1] == '\r' ? AFTER_CR : IN_TEXT;
            break;
        }
        size_t before = (size_t)(lf - in.ptr);
        bool line_end = before > 0 ? in.ptr[before - 1] == '\r' : s->data_state == AFTER_CR;
        at = before + 1;
        s->data_state = line_end ? AT_LINE_START : IN_TEXT;
        if (line_end && at < in.len && in.ptr[at] == '.') {
            break;
        }
    }
    *input = str_from(in, at);
    return str_sub(in, 0, at);
}

// Sets s->data to the next piece, false when the input is used up or the message has ended.
static bool take_data(struct lmtp_session *s, struct str *input)
{
    while (input->len > 0) {
        char c = input->ptr[0];
        if (s->data_state == AT_LINE_START && c == '.') {
            s->data_state = AFTER_DOT;
        } else if (s->data_state == AFTER_DOT && c == '\r') {
            s->data_state = AFTER_DOT_CR;
        } else if (s->data_state == AFTER_DOT_CR && c == '\n') {
            *input = str_from(*input, 1);
            s->data_state = AT_END;
            return false;
        } else if (s->data_state == AFTER_DOT_CR) {
            // The dot was a transparency dot after all, and the CR belongs to the text.
            s->data_state = AFTER_CR;
            s->data = STR("\r");
            return true;
        } else {
            s->data = take_text(s, input);
            return true;
        }
        *input = str_from(*input, 1);
    }
    return false;
}

static void data_over(struct lmtp_session *s)
{
    s->progress++;
    s->idle_commands = 0;
    if (!s->data_dropped) {
        s->phase = PHASE_DELIVERY;
        return;
    }
    for (size_t i = 0; i < s->rcpt_count; i++) {
        reply(s, "552 5.3.4 Message is larger than we take");
    }
    mail_reset(s);
    s->phase = PHASE_COMMAND;
}

// True when the caller has something to do, said in *ret.
static bool data_run(struct lmtp_session *s, struct str *input, enum lmtp_want *ret)
{
    while (take_data(s, input)) {
        if (s->data_dropped) {
            continue;
        }
        s->data_size += (int64_t)s->data.len;
        s->data_dropped = s->data_size > s->limits.max_message;
        *ret = s->data_dropped ? LMTP_DROP_DATA : LMTP_HAS_DATA;
        return true;
    }
    if (s->data_state == AT_END) {
        data_over(s);
        return false;
    }
    *ret = LMTP_WANT_INPUT;
    return true;
}

// --- the machine ------------------------------------------------------------------------------

enum lmtp_want lmtp_session_run(struct lmtp_session *session, struct str *input)
{
    struct lmtp_session *s = session;
    enum lmtp_want want = LMTP_WANT_INPUT;
    for (;;) {
        if (s->out.failed) {
            close_session(s);
        }
        switch (s->phase) {
        case PHASE_CLOSED:
            return LMTP_WANT_CLOSE;
        case PHASE_RCPT:
            return LMTP_WANT_RCPT;
        case PHASE_DELIVERY:
            return LMTP_WANT_DELIVERY;
        case PHASE_DATA:
            if (data_run(s, input, &want)) {
                return want;
            }
            break;
        case PHASE_COMMAND:
            if (!take_line(s, input)) {
                return LMTP_WANT_INPUT;
            }
            s->progress++;
            command_run(s, s->line_too_long ? STR("")
                                            : str_sub(buf_str(&s->line), 0, s->line.len - 2));
            buf_reset(&s->line);
            s->line_too_long = false;
            break;
        }
    }
}

struct str lmtp_session_rcpt(const struct lmtp_session *session)
{
    return session->asked;
}

void lmtp_session_rcpt_answer(struct lmtp_session *session, struct lmtp_answer answer)
{
    struct lmtp_session *s = session;
    assert(s->phase == PHASE_RCPT);
    s->phase = PHASE_COMMAND;
    switch (answer.verdict) {
    case LMTP_ACCEPTED:
        s->rcpts = mem_grow(s->mail_mem, s->rcpts, struct str, s->rcpt_count + 1);
        s->rcpts[s->rcpt_count++] = s->asked;
        put_answer(s, "250 2.1.5 ", answer.text, "Recipient taken");
        break;
    case LMTP_REFUSED:
        put_answer(s, "550 5.1.1 ", answer.text, "No such mailbox here");
        break;
    case LMTP_TRY_LATER:
        put_answer(s, "451 4.3.0 ", answer.text, "Try again later");
        break;
    }
}

struct str lmtp_session_data(const struct lmtp_session *session)
{
    return session->data;
}

struct lmtp_envelope lmtp_session_envelope(const struct lmtp_session *session)
{
    return (struct lmtp_envelope){.mail_from = session->mail_from,
                                  .rcpts = session->rcpts,
                                  .rcpt_count = session->rcpt_count,
                                  .utf8 = session->utf8,
                                  .client = session->client,
                                  .peer = session->peer};
}

void lmtp_session_delivered(struct lmtp_session *session, const struct lmtp_answer *answers)
{
    struct lmtp_session *s = session;
    assert(s->phase == PHASE_DELIVERY);
    for (size_t i = 0; i < s->rcpt_count; i++) {
        switch (answers[i].verdict) {
        case LMTP_ACCEPTED:
            put_answer(s, "250 2.0.0 ", answers[i].text, "Safe here");
            break;
        case LMTP_REFUSED:
            put_answer(s, "554 5.6.0 ", answers[i].text, "Refused");
            break;
        case LMTP_TRY_LATER:
            put_answer(s, "451 4.3.0 ", answers[i].text, "Try again later");
            break;
        }
    }
    mail_reset(s);
    s->phase = PHASE_COMMAND;
}

struct str lmtp_session_output(struct lmtp_session *session)
{
    return buf_str(&session->out);
}

void lmtp_session_sent(struct lmtp_session *session, size_t bytes)
{
    struct buf *out = &session->out;
    assert(bytes <= out->len);
    if (bytes > 0) {
        memmove(out->data, out->data + bytes, out->len - bytes);
        out->len -= bytes;
    }
}

void lmtp_session_shut(struct lmtp_session *session, const char *reason)
{
    if (session->phase == PHASE_COMMAND) {
        buf_put(&session->out, STR("421 4.3.2 "));
        reply(session, reason);
        close_session(session);
    }
}

bool lmtp_session_receiving(const struct lmtp_session *session)
{
    return session->phase == PHASE_DATA || session->phase == PHASE_DELIVERY;
}

uint64_t lmtp_session_progress(const struct lmtp_session *session)
{
    return session->progress;
}
