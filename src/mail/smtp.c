// SPDX-License-Identifier: GPL-3.0-or-later
#include "mail/smtp.h"

#include <assert.h>
#include <curl/curl.h>
#include <pthread.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "mail/compose.h"

enum {
    TEXT_MAX_BYTES = 500,
    SLOWEST_BYTES_PER_SECOND = 1024,
};

#define CONNECT_TIMEOUT_MS (30 * SECONDS_MS)
#define ANSWER_TIMEOUT_MS (2 * MINUTES_MS)
#define TALK_TIMEOUT_MS (10 * MINUTES_MS)
#define LAST_ANSWER_US (10 * SECONDS_MS * 1000)

// How far the conversation is; answers belong to the command before them.
enum stage { STAGE_BEFORE, STAGE_MAIL, STAGE_RCPT, STAGE_DATA, STAGE_BODY };

struct smtp_client {
    CURL *curl;
    const atomic_bool *cancel;
    // The mail under way.
    mem_ctx *ctx;
    const struct smtp_letter *letter;
    size_t sent_bytes;
    enum stage stage;
    bool over;             // QUIT was said
    int64_t cancelled_us;  // when cancelling was seen, 0 before
    size_t rcpt;           // the one last asked about, plus one
    struct buf answer;
    struct smtp_rcpt_result *rcpts;
    struct smtp_rcpt_result mail;  // the server's answer to MAIL
    struct smtp_rcpt_result data;  // to DATA or, later, to the message
    struct smtp_rcpt_result last;  // to anything
    char curl_error[CURL_ERROR_SIZE];
};

// --- the address ------------------------------------------------------------------------------

static void curl_start(void)
{
    curl_global_init(CURL_GLOBAL_DEFAULT);
}

static void curl_start_once(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, curl_start);
}

static bool bad_url(struct error *err, const char *why)
{
    return error_set(err, ERR_INVALID,
                     "The mail server's address is malformed: %s. Wanted is, for example, "
                     "smtp://user:password@mail.example.org:587?tls=required",
                     why);
}

static struct str url_part(mem_ctx *ctx, CURLU *url, CURLUPart which, unsigned flags)
{
    char *text = NULL;
    if (curl_url_get(url, which, &text, flags) != CURLUE_OK) {
        return STR("");
    }
    struct str part = str_dup(ctx, str_c(text));
    curl_free(text);
    return part;
}

static struct str unescaped(mem_ctx *ctx, struct str text)
{
    int len = 0;
    char *plain = curl_easy_unescape(NULL, text.ptr, (int)text.len, &len);
    struct str copy = str_dup(ctx, (struct str){plain, plain == NULL ? 0 : (size_t)len});
    curl_free(plain);
    return str_none(copy) ? STR("") : copy;
}

static bool clean(struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        if ((unsigned char)text.ptr[i] <= ' ' || text.ptr[i] == 0x7f) {
            return false;
        }
    }
    return true;
}

static bool take_option(mem_ctx *ctx, struct str option, struct smtp_config *config)
{
    struct str name;
    struct str value;
    str_cut(option, '=', &name, &value);
    value = unescaped(ctx, value);
    if (str_eq_c(name, "tls") && config->security != SMTP_TLS_AT_ONCE) {
        config->security = str_eq_c(value, "required") ? SMTP_TLS_REQUIRED
                           : str_eq_c(value, "never")  ? SMTP_TLS_NEVER
                                                       : SMTP_TLS_IF_OFFERED;
        return config->security != SMTP_TLS_IF_OFFERED || str_eq_c(value, "offered");
    }
    if (str_eq_c(name, "hello") && clean(value) && str_find_char(value, '/') < 0) {
        config->hello = value;
        return true;
    }
    if (str_eq_c(name, "ca") && value.len > 0) {
        config->ca_file = value;
        return true;
    }
    return false;
}

static bool config_from(mem_ctx *ctx, CURLU *url, struct smtp_config *ret, struct error *err)
{
    struct smtp_config config = {.connect_timeout_ms = CONNECT_TIMEOUT_MS,
                                 .answer_timeout_ms = ANSWER_TIMEOUT_MS};
    struct str scheme = url_part(ctx, url, CURLUPART_SCHEME, 0);
    config.host = url_part(ctx, url, CURLUPART_HOST, 0);
    config.user = url_part(ctx, url, CURLUPART_USER, CURLU_URLDECODE);
    config.password = url_part(ctx, url, CURLUPART_PASSWORD, CURLU_URLDECODE);
    bool smtps = str_eq_c(scheme, "smtps");
    if (!smtps && !str_eq_c(scheme, "smtp")) {
        return bad_url(err, "it must begin with smtp:// or smtps://");
    }
    bool user = config.user.len > 0;
    config.security = smtps ? SMTP_TLS_AT_ONCE : user ? SMTP_TLS_REQUIRED : SMTP_TLS_IF_OFFERED;
    int64_t port = smtps ? 465 : user ? 587 : 25;
    struct str port_text = url_part(ctx, url, CURLUPART_PORT, 0);
    if (port_text.len > 0 && (!str_to_i64(port_text, &port) || port < 1 || port > 65535)) {
        return bad_url(err, "the port is no number");
    }
    config.port = (int)port;
    struct str query = url_part(ctx, url, CURLUPART_QUERY, 0);
    struct str option;
    while (query.len > 0 && str_next(&query, '&', &option)) {
        if (!take_option(ctx, option, &config)) {
            return bad_url(err, "after the ? are tls=offered|required|never, hello=NAME, ca=FILE");
        }
    }
    *ret = config;
    return true;
}

bool smtp_config_parse(mem_ctx *ctx, struct str url, struct smtp_config *ret, struct error *err)
{
    curl_start_once();
    CURLU *parsed = curl_url();
    bool fine = clean(url) && curl_url_set(parsed, CURLUPART_URL, str_cstr(ctx, url),
                                           CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK
                    ? config_from(ctx, parsed, ret, err)
                    : bad_url(err, "it cannot be read");
    curl_url_cleanup(parsed);
    return fine;
}

// --- listening to the conversation ------------------------------------------------------------

static void answer_end(struct smtp_client *c, int code)
{
    struct str text = str_one_line(c->ctx, str_utf8_mend(c->ctx, buf_str(&c->answer)), 300);
    struct smtp_rcpt_result said = {.code = code, .text = text};
    said.outcome = code < 400 ? SMTP_SENT : code < 500 ? SMTP_TEMPORARY : SMTP_PERMANENT;
    buf_reset(&c->answer);
    c->last = said;
    switch (c->stage) {
    case STAGE_BEFORE:
        break;
    case STAGE_MAIL:
        c->mail = said;
        break;
    case STAGE_RCPT:
        if (c->rcpt >= 1 && c->rcpt <= c->letter->rcpt_count) {
            c->rcpts[c->rcpt - 1] = said;
        }
        break;
    case STAGE_DATA:
    case STAGE_BODY:
        if (code == 354) {
            c->stage = STAGE_BODY;
        } else {
            c->data = said;
        }
        break;
    }
}

static void heard(struct smtp_client *c, struct str line)
{
    line = str_trim(line);
    int64_t code = 0;
    if (line.len < 3 || !str_to_i64(str_sub(line, 0, 3), &code)) {
        return;
    }
    struct str words = str_from(line, 4);
    if (c->answer.len + words.len + 1 < TEXT_MAX_BYTES) {
        if (c->answer.len > 0) {
            buf_put_char(&c->answer, ' ');
        }
        buf_put(&c->answer, words);
    }
    if (line.len == 3 || line.ptr[3] != '-') {
        answer_end(c, (int)code);
    }
}

static void said(struct smtp_client *c, struct str command)
{
    if (str_istarts(command, STR("MAIL FROM"))) {
        c->stage = STAGE_MAIL;
    } else if (str_istarts(command, STR("RCPT TO"))) {
        c->stage = STAGE_RCPT;
        c->rcpt++;
    } else if (str_ieq_c(str_trim(command), "DATA")) {
        c->stage = STAGE_DATA;
    } else if (str_ieq_c(str_trim(command), "QUIT")) {
        c->over = true;
    }
}

static int on_debug(CURL *curl UNUSED, curl_infotype type, char *data, size_t size, void *arg)
{
    struct smtp_client *c = arg;
    struct str text = {data, size};
    if (c->ctx == NULL || c->over) {
        return 0;  // the answer to QUIT is of no interest, nor is anything once nothing is sent
    }
    if (type == CURLINFO_HEADER_IN) {
        heard(c, text);
    } else if (type == CURLINFO_HEADER_OUT) {
        said(c, text);
    }
    return 0;
}

static size_t on_read(char *to, size_t size, size_t count, void *arg)
{
    struct smtp_client *c = arg;
    struct str rest = str_from(c->letter->raw, c->sent_bytes);
    size_t take = size * count < rest.len ? size * count : rest.len;
    if (take > 0) {
        memcpy(to, rest.ptr, take);
    }
    c->sent_bytes += take;
    return take;
}

static size_t on_write(char *data UNUSED, size_t size, size_t count, void *arg UNUSED)
{
    return size * count;
}

// From here on the server may have taken the mail, whether it said so or not.
static bool handed_over(const struct smtp_client *c)
{
    return c->stage == STAGE_BODY && c->sent_bytes == c->letter->raw.len;
}

static int on_progress(void *arg, curl_off_t down_total UNUSED, curl_off_t down UNUSED,
                       curl_off_t up_total UNUSED, curl_off_t up UNUSED)
{
    struct smtp_client *c = arg;
    if (c->cancel == NULL || !atomic_load(c->cancel)) {
        return 0;
    }
    int64_t now = clock_monotonic_us();
    c->cancelled_us = c->cancelled_us == 0 ? now : c->cancelled_us;
    return !handed_over(c) || now - c->cancelled_us > LAST_ANSWER_US;
}

// --- sending ----------------------------------------------------------------------------------

static void close_curl(void *handle)
{
    curl_easy_cleanup(handle);
}

struct smtp_client *smtp_client_new(mem_ctx *ctx, const atomic_bool *cancel)
{
    curl_start_once();
    struct smtp_client *c = mem_new(ctx, struct smtp_client);
    c->curl = curl_easy_init();
    assert(c->curl != NULL);
    c->cancel = cancel;
    mem_on_free(c, close_curl, c->curl);
    return c;
}

static void set_security(CURL *curl, mem_ctx *ctx, const struct smtp_config *config)
{
    bool checked = config->security == SMTP_TLS_REQUIRED || config->security == SMTP_TLS_AT_ONCE;
    long use = checked                                   ? CURLUSESSL_ALL
               : config->security == SMTP_TLS_IF_OFFERED ? CURLUSESSL_TRY
                                                         : CURLUSESSL_NONE;
    curl_easy_setopt(curl, CURLOPT_USE_SSL, use);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, checked ? 1L : 0L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, checked ? 2L : 0L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    if (config->ca_file.len > 0) {
        curl_easy_setopt(curl, CURLOPT_CAINFO, str_cstr(ctx, config->ca_file));
    }
    if (config->user.len > 0) {
        curl_easy_setopt(curl, CURLOPT_USERNAME, str_cstr(ctx, config->user));
        curl_easy_setopt(curl, CURLOPT_PASSWORD, str_cstr(ctx, config->password));
    }
}

// All options anew for each mail; curl keeps the connections apart from them.
static void set_server(struct smtp_client *c, const struct smtp_config *config)
{
    CURL *curl = c->curl;
    curl_easy_reset(curl);
    struct str url = str_printf(c->ctx, "%s://" STR_FMT ":%d/" STR_FMT,
                                config->security == SMTP_TLS_AT_ONCE ? "smtps" : "smtp",
                                STR_ARG(config->host), config->port, STR_ARG(config->hello));
    curl_easy_setopt(curl, CURLOPT_URL, url.ptr);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)config->connect_timeout_ms);
    curl_easy_setopt(curl, CURLOPT_SERVER_RESPONSE_TIMEOUT,
                     (long)((config->answer_timeout_ms + 999) / 1000));
    curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, on_progress);
    curl_easy_setopt(curl, CURLOPT_XFERINFODATA, c);
    curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, c->curl_error);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_write);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L);
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_debug);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, c);
    set_security(curl, c->ctx, config);
    c->curl_error[0] = '\0';
}

static struct curl_slist *set_letter(struct smtp_client *c, const struct smtp_config *config)
{
    const struct smtp_letter *letter = c->letter;
    CURL *curl = c->curl;
    struct curl_slist *list = NULL;
    for (size_t i = 0; i < letter->rcpt_count; i++) {
        list = curl_slist_append(list, str_cstr(c->ctx, letter->rcpts[i]));
    }
    int64_t size = (int64_t)letter->raw.len;
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM, str_cstr(c->ctx, letter->mail_from));
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, list);
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT_ALLLOWFAILS, 1L);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, c);
    curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)size);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
                     (long)(TALK_TIMEOUT_MS + config->connect_timeout_ms +
                            size * 1000 / SLOWEST_BYTES_PER_SECOND));
    return list;
}

static void begin(struct smtp_client *c)
{
    c->sent_bytes = 0;
    c->stage = STAGE_BEFORE;
    c->over = false;
    c->cancelled_us = 0;
    c->rcpt = 0;
    c->rcpts = mem_array(c->ctx, struct smtp_rcpt_result, c->letter->rcpt_count);
    c->mail = c->data = c->last = (struct smtp_rcpt_result){0};
    buf_init(&c->answer, c->ctx, TEXT_MAX_BYTES);
}

// A kept connection that the server has meanwhile given up says so only when it is used.
static bool worth_a_fresh_connection(struct smtp_client *c, CURLcode code)
{
    long connects = 0;
    curl_easy_getinfo(c->curl, CURLINFO_NUM_CONNECTS, &connects);
    return code != CURLE_OK && connects == 0 && c->stage <= STAGE_MAIL &&
           (c->mail.code == 0 || c->mail.code == 421);
}

static CURLcode talk(struct smtp_client *c, const struct smtp_config *config)
{
    CURLcode code = CURLE_OK;
    for (int attempt = 0; attempt < 2; attempt++) {
        begin(c);
        set_server(c, config);
        struct curl_slist *list = set_letter(c, config);
        curl_easy_setopt(c->curl, CURLOPT_FRESH_CONNECT, attempt == 0 ? 0L : 1L);
        code = curl_easy_perform(c->curl);
        curl_slist_free_all(list);
        if (!worth_a_fresh_connection(c, code)) {
            break;
        }
    }
    return code;
}

static struct str server_words(mem_ctx *ctx, struct smtp_rcpt_result answer)
{
    return str_printf(ctx, "%d " STR_FMT, answer.code, STR_ARG(answer.text));
}

// What stopped the whole mail, whoever it was for.
static struct smtp_rcpt_result general_failure(struct smtp_client *c, CURLcode code)
{
    if (c->data.code >= 400) {
        return c->data;
    }
    if (c->mail.code >= 400) {
        return c->mail;
    }
    // Trouble in the greeting, with TLS or in signing in can be mended without changing the mail.
    struct smtp_rcpt_result failure = {.outcome = SMTP_TEMPORARY};
    if (c->stage == STAGE_BEFORE && c->last.code >= 400) {
        failure.code = c->last.code;
        failure.text = c->last.text;
        return failure;
    }
    if (code == CURLE_ABORTED_BY_CALLBACK && !handed_over(c)) {
        failure.outcome = SMTP_CUT;
    }
    const char *words = c->curl_error[0] == '\0' ? curl_easy_strerror(code) : c->curl_error;
    failure.text = str_one_line(c->ctx, str_utf8_mend(c->ctx, str_c(words)), 300);
    return failure;
}

static enum smtp_outcome worse(enum smtp_outcome one, enum smtp_outcome other)
{
    static const enum smtp_outcome ORDER[] = {SMTP_CUT, SMTP_TEMPORARY, SMTP_PERMANENT};
    size_t i = 0;
    while (i + 1 < sizeof ORDER / sizeof ORDER[0] && ORDER[i] != one && ORDER[i] != other) {
        i++;
    }
    return ORDER[i];
}

static struct smtp_result conclude(struct smtp_client *c, CURLcode code)
{
    struct smtp_result result = {.outcome = SMTP_SENT, .rcpts = c->rcpts};
    bool taken = code == CURLE_OK && c->data.code >= 200 && c->data.code < 300;
    struct smtp_rcpt_result failure = {0};
    if (!taken) {
        failure = general_failure(c, code);
    }
    for (size_t i = 0; i < c->letter->rcpt_count; i++) {
        struct smtp_rcpt_result *rcpt = &c->rcpts[i];
        bool refused = rcpt->code >= 400;
        if (!refused && !taken) {
            *rcpt = failure;
        } else if (!refused) {
            rcpt->outcome = SMTP_SENT;
        }
        if (rcpt->outcome == SMTP_SENT) {
            continue;
        }
        if (str_none(result.text)) {
            result.text = rcpt->code > 0 ? server_words(c->ctx, *rcpt) : rcpt->text;
        }
        result.outcome = worse(result.outcome, rcpt->outcome);
    }
    if (str_none(result.text)) {
        result.text = server_words(c->ctx, c->data);
    }
    return result;
}

// What libcurl would put into a command must not be able to end it.
static bool envelope_fine(mem_ctx *ctx, const struct smtp_letter *letter)
{
    struct str wire;
    bool utf8 = false;
    bool fine =
        letter->mail_from.len == 0 || compose_address_wire(ctx, letter->mail_from, &wire, &utf8);
    for (size_t i = 0; i < letter->rcpt_count; i++) {
        fine = fine && compose_address_wire(ctx, letter->rcpts[i], &wire, &utf8);
    }
    return fine && letter->rcpt_count > 0;
}

static struct smtp_result refuse(mem_ctx *ctx, const struct smtp_letter *letter)
{
    struct smtp_rcpt_result bad = {SMTP_PERMANENT, 0,
                                   STR("The envelope has a malformed address or no recipient.")};
    struct smtp_result result = {.outcome = bad.outcome,
                                 .text = bad.text,
                                 .rcpts =
                                     mem_array(ctx, struct smtp_rcpt_result, letter->rcpt_count)};
    for (size_t i = 0; i < letter->rcpt_count; i++) {
        result.rcpts[i] = bad;
    }
    return result;
}

struct smtp_result smtp_send(struct smtp_client *client, mem_ctx *ctx,
                             const struct smtp_config *config, const struct smtp_letter *letter)
{
    if (!envelope_fine(ctx, letter)) {
        return refuse(ctx, letter);
    }
    client->ctx = ctx;
    client->letter = letter;
    CURLcode code = talk(client, config);
    struct smtp_result result = conclude(client, code);
    client->ctx = NULL;
    client->letter = NULL;
    return result;
}

bool smtp_check(const struct smtp_config *config, struct error *err)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "smtp check");
    struct smtp_client *c = smtp_client_new(ctx, NULL);
    const struct smtp_letter nothing = {0};
    c->ctx = ctx;
    c->letter = &nothing;
    begin(c);
    set_server(c, config);
    curl_easy_setopt(c->curl, CURLOPT_TIMEOUT_MS,
                     (long)(config->connect_timeout_ms + config->answer_timeout_ms));
    curl_easy_setopt(c->curl, CURLOPT_CUSTOMREQUEST, "NOOP");
    CURLcode code = curl_easy_perform(c->curl);
    if (code != CURLE_OK) {
        struct smtp_rcpt_result failure = general_failure(c, code);
        struct str text = failure.code > 0 ? server_words(ctx, failure) : failure.text;
        (void)error_set(err, ERR_UNAVAILABLE, "The mail server " STR_FMT ":%d: " STR_FMT,
                        STR_ARG(config->host), config->port, STR_ARG(text));
    }
    c->ctx = NULL;
    mem_free(ctx);
    return code == CURLE_OK;
}
