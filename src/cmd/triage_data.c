// SPDX-License-Identifier: GPL-3.0-or-later
#include "cmd/triage_data.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/buf.h"
#include "base/csv.h"

enum { READ_STEP = 1 << 18 };

static const size_t MAX_FILE_BYTES = (size_t)1 << 30;

static void close_gz(void *handle)
{
    (void)gzclose_r(handle);
}

// Plain files pass through gzread() as they are.
static bool read_file(mem_ctx *ctx, const char *path, struct str *ret, struct error *err)
{
    mem_ctx *open = mem_ctx_new(ctx, "file");
    errno = 0;
    gzFile file = gzopen(path, "rb");
    if (file == NULL) {
        return error_set(err, ERR_NOT_FOUND, "%s: %s", path, strerror(errno));
    }
    mem_on_free(open, close_gz, file);
    struct buf content;
    buf_init(&content, ctx, MAX_FILE_BYTES);
    int got = 1;
    while (got > 0 && !content.failed) {
        char *to = buf_reserve(&content, READ_STEP);
        got = to == NULL ? 0 : gzread(file, to, READ_STEP);
        content.len += got > 0 ? (size_t)got : 0;
    }
    bool failed = content.failed;
    mem_free(open);
    if (got < 0) {
        return error_set(err, errno == EISDIR ? ERR_NOT_FOUND : ERR_INVALID,
                         "%s cannot be read, or is damaged.", path);
    }
    if (failed) {
        return error_set(err, ERR_INVALID, "%s is larger than 1 GiB.", path);
    }
    *ret = buf_str(&content);
    return true;
}

static ptrdiff_t column(const struct csv_record *header, const char *name)
{
    for (size_t i = 0; i < header->count; i++) {
        if (str_eq_c(str_trim(header->fields[i]), name)) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

static bool read_records(struct csv_reader *reader, mem_ctx *ctx, const struct csv_record *header,
                         struct triage_data *data, struct error *err)
{
    ptrdiff_t text = column(header, "text");
    ptrdiff_t category = column(header, "category");
    if (text < 0 || category < 0) {
        return error_set(err, ERR_INVALID,
                         "The header line must name the columns text and category.");
    }
    size_t capacity = 0;
    struct csv_record record;
    bool found = true;
    while (csv_next(reader, ctx, &record, &found, err)) {
        if (!found) {
            return true;
        }
        if (record.count != header->count) {
            return error_set(err, ERR_INVALID, "Line %lld has %zu fields, the header has %zu.",
                             (long long)reader->line, record.count, header->count);
        }
        if (data->count == capacity) {
            capacity = capacity == 0 ? 1024 : 2 * capacity;
            data->examples = mem_grow(ctx, data->examples, struct triage_example, capacity);
        }
        struct str label = str_utf8_mend(ctx, str_trim(record.fields[category]));
        if (str_empty(label) || label.len > TRIAGE_MAX_LABEL_BYTES) {
            return error_set(err, ERR_INVALID, "Line %lld: a category has from 1 to %d bytes.",
                             (long long)reader->line, TRIAGE_MAX_LABEL_BYTES);
        }
        data->examples[data->count++] = (struct triage_example){record.fields[text], label};
    }
    return false;
}

bool triage_data_read(mem_ctx *ctx, const char *path, struct triage_data *ret, struct error *err)
{
    struct str content;
    if (!read_file(ctx, path, &content, err)) {
        return false;
    }
    struct csv_reader reader;
    csv_init(&reader, content);
    struct csv_record header;
    bool found = false;
    struct triage_data data = {0};
    struct error why = {0};
    if (!csv_next(&reader, ctx, &header, &found, &why)) {
        return error_set(err, why.code, "%s: %s", path, why.message);
    }
    if (!found) {
        return error_set(err, ERR_INVALID, "%s is empty.", path);
    }
    if (!read_records(&reader, ctx, &header, &data, &why)) {
        return error_set(err, why.code, "%s: %s", path, why.message);
    }
    *ret = data;
    return true;
}

static int name_compare(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

void triage_score_init(mem_ctx *ctx, const struct triage_data *data, struct triage_score *ret)
{
    *ret = (struct triage_score){.labels = mem_array(ctx, struct str, data->count + 1)};
    for (size_t i = 0; i < data->count; i++) {
        ret->labels[i] = data->examples[i].label;
    }
    qsort(ret->labels, data->count, sizeof(*ret->labels), name_compare);
    for (size_t i = 0; i < data->count; i++) {
        if (i == 0 || !str_eq(ret->labels[i], ret->labels[ret->label_count - 1])) {
            ret->labels[ret->label_count++] = ret->labels[i];
        }
    }
    ret->texts = mem_array(ctx, size_t, ret->label_count + 1);
    ret->guessed = mem_array(ctx, size_t, ret->label_count + 1);
    ret->right = mem_array(ctx, size_t, ret->label_count + 1);
}

// label_count for a label that only the training data has.
static size_t label_number(const struct triage_score *score, struct str label)
{
    const struct str *found = score->label_count == 0
                                  ? NULL
                                  : bsearch(&label, score->labels, score->label_count,
                                            sizeof(*score->labels), name_compare);
    return found == NULL ? score->label_count : (size_t)(found - score->labels);
}

void triage_score_add(struct triage_score *score, struct str truth,
                      const struct triage_guess *guess)
{
    size_t wanted = label_number(score, truth);
    size_t got = label_number(score, guess->label);
    score->count++;
    score->texts[wanted]++;
    score->guessed[got]++;
    score->right[wanted] += wanted == got ? 1 : 0;
    score->all_right += wanted == got ? 1 : 0;
    score->expected += guess->probability;
}

double triage_score_accuracy(const struct triage_score *score)
{
    return score->count == 0 ? 0 : (double)score->all_right / (double)score->count;
}

double triage_score_f1(const struct triage_score *score, size_t label)
{
    size_t all = score->texts[label] + score->guessed[label];
    return all == 0 ? 0 : 2 * (double)score->right[label] / (double)all;
}

double triage_score_macro_f1(const struct triage_score *score)
{
    double sum = 0;
    for (size_t k = 0; k < score->label_count; k++) {
        sum += triage_score_f1(score, k);
    }
    return score->label_count == 0 ? 0 : sum / (double)score->label_count;
}

double triage_score_least_f1(const struct triage_score *score)
{
    double least = 1;
    for (size_t k = 0; k < score->label_count; k++) {
        double f1 = triage_score_f1(score, k);
        least = f1 < least ? f1 : least;
    }
    return least;
}

void triage_data_fold(mem_ctx *ctx, const struct triage_data *data, int folds, uint64_t seed,
                      int *part)
{
    struct triage_score labels;
    triage_score_init(ctx, data, &labels);
    size_t *order = mem_array(ctx, size_t, data->count + 1);
    for (size_t i = 0; i < data->count; i++) {
        order[i] = i;
    }
    uint64_t state = seed * 2 + 1;
    for (size_t i = data->count; i > 1; i--) {
        // Knuth's MMIX constants; the low bits of such a generator are poor.
        state = state * 6364136223846793005 + 1442695040888963407;
        size_t j = (size_t)(state >> 33) % i;
        size_t other = order[j];
        order[j] = order[i - 1];
        order[i - 1] = other;
    }
    for (size_t i = 0; i < data->count; i++) {
        size_t label = label_number(&labels, data->examples[order[i]].label);
        part[order[i]] = (int)(labels.texts[label]++ % (size_t)folds);
    }
}
