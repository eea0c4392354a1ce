// SPDX-License-Identifier: GPL-3.0-or-later
//
// A triage model from outside. The input stands for what is before the checksum, which is put right
// here: nothing would get past it otherwise. A model that loads can guess and explain, and saves as
// the same bytes.
#include <math.h>
#include <string.h>

#include "base/random.h"
#include "desk/rules/triage.h"
#include "fuzz.h"

static void check_model(mem_ctx *ctx, const struct triage_model *model, struct str bytes)
{
    assert(str_eq(triage_model_save(ctx, model), bytes));
    struct triage_verdict verdict;
    triage_predict(ctx, model, STR("My printer prints no Grüße, 日本"), 4, &verdict);
    assert(verdict.guess_count == triage_label_count(model) && verdict.reason_count <= 4);
    double sum = 0;
    for (size_t i = 0; i < verdict.guess_count; i++) {
        sum += verdict.guesses[i].probability;
    }
    assert(fabs(sum - 1) < 1e-6);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    mem_ctx *ctx = mem_ctx_new(NULL, "fuzz");
    struct triage_model *model = NULL;
    struct error err = {0};
    struct str body = fuzz_input(data, size);
    char *bytes = mem_array(ctx, char, size + HASH_SIZE);
    memcpy(bytes, data, size);
    struct hash sum = hash_sha256(body);
    memcpy(bytes + size, sum.bytes, HASH_SIZE);
    struct str whole = {bytes, size + HASH_SIZE};
    if (triage_model_load(ctx, whole, &model, &err)) {
        check_model(ctx, model, whole);
    }
    assert(!triage_model_load(ctx, body, &model, &err) || size > HASH_SIZE);
    mem_free(ctx);
    return 0;
}
