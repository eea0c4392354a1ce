// SPDX-License-Identifier: GPL-3.0-or-later
//
// Words as they are searched for: without case, accents and endings, and without those that every
// text has. Stemming is Snowball's [Porter 1980; snowballstem.org].
#include <libstemmer.h>
#include <string.h>

#include "base/buf.h"
#include "base/fold.h"
#include "desk/knowledge/knowledge_internal.h"

enum { WORD_BYTES = 64, STEMS_MAX = 20000, STEMS_BYTES = 1 << 20, DISTANCE_LETTERS = 48 };

struct language {
    const char *code;
    const char *stemmer;
    const char *common;  // one space around each
};

static const struct language LANGUAGES[] = {
    {"en", "english",
     " a an and are as at be but by can do does for from has have how i if in is it me my not of "
     "on "
     "or our so that the their there this to was we what when where which who why will with you "
     "your "},
    {"de", "german",
     " aber als am an auf aus bei bin das dass dem den der des die ein eine einem einen einer es "
     "fuer für hat ich ihr im in ist kann mein meine mich mir mit nicht oder sich sie sind so um "
     "und uns von was wenn wer wie wir wird wo zu zum zur "},
    {"es", "spanish",
     " a al como con cuando de del donde el en es esta este la las lo los me mi no para pero por "
     "que se si sin su un una y yo "},
    {"fr", "french",
     " a au aux avec ce cette comment dans de des du elle en est et il je la le les ma mais me mes "
     "mon ne nous ou par pas pour que qui sa se si son sur un une vous "},
    {"it", "italian", " a al che con da del di e il in la le lo ma non per si su un una "},
    {"pt", "portuguese", " a ao com da de do e em na no o os para por que se um uma "},
    {"nl", "dutch", " aan de een en er het ik in is met niet of om op te van voor "},
    {"sv", "swedish", " att av den det en ett för i inte jag med och om på som till är "},
    {"da", "danish", " af at den der det en er et for i ikke jeg med og om på som til "},
    {"nb", "norwegian", " av at den det en er et for i ikke jeg med og om på som til "},
    {"fi", "finnish", " ei ja on että se "},
    {"ru", "russian", " в и на не с что я по как для "},
};

static const struct language *language_of(struct str locale)
{
    struct str code;
    struct str rest;
    str_cut(locale, '-', &code, &rest);
    for (size_t i = 0; i < sizeof LANGUAGES / sizeof *LANGUAGES; i++) {
        if (str_ieq_c(code, LANGUAGES[i].code)) {
            return &LANGUAGES[i];
        }
    }
    return &LANGUAGES[0];
}

static bool is_common(const struct language *language, const char *word, size_t len)
{
    char padded[WORD_BYTES + 3];
    padded[0] = ' ';
    memcpy(padded + 1, word, len);
    padded[len + 1] = ' ';
    padded[len + 2] = '\0';
    return strstr(language->common, padded) != NULL;
}

struct stemming {
    const struct language *language;
    struct sb_stemmer *stemmer;
    struct buf *out;
    size_t count;
};

static void put_word(struct stemming *s, const char *word, size_t len)
{
    if (len == 0 || is_common(s->language, word, len) || s->count >= STEMS_MAX) {
        return;
    }
    const sb_symbol *stem = sb_stemmer_stem(s->stemmer, (const sb_symbol *)word, (int)len);
    size_t stem_len = stem == NULL ? 0 : (size_t)sb_stemmer_length(s->stemmer);
    buf_put_c(s->out, s->out->len > 0 ? " " : "");
    buf_put(s->out,
            stem_len > 0 ? (struct str){(const char *)stem, stem_len} : (struct str){word, len});
    s->count++;
}

static void close_stemmer(void *stemmer)
{
    sb_stemmer_delete(stemmer);
}

struct str kb_stems(mem_ctx *ctx, struct str locale, struct str text)
{
    struct buf out;
    char word[WORD_BYTES];
    size_t len = 0;
    size_t at = 0;
    struct fold_char c;
    mem_ctx *own = mem_ctx_new(ctx, "stemmer");
    struct stemming s = {.language = language_of(locale), .out = &out};
    s.stemmer = sb_stemmer_new(s.language->stemmer, NULL);
    mem_on_free(own, close_stemmer, s.stemmer);
    buf_init(&out, ctx, STEMS_BYTES);
    while (fold_next(text, &at, &c)) {
        if (!c.word) {
            put_word(&s, word, len);
            len = 0;
        } else if (len + c.count <= sizeof word) {
            memcpy(word + len, c.bytes, c.count);
            len += c.count;
        }
    }
    put_word(&s, word, len);
    mem_free(own);
    return out.failed ? STR("") : buf_str(&out);
}

int kb_distance(struct str a, struct str b, int most)
{
    int rows[3][DISTANCE_LETTERS + 1];
    int n = (int)a.len;
    int m = (int)b.len;
    if (n > DISTANCE_LETTERS || m > DISTANCE_LETTERS || n - m > most || m - n > most) {
        return most + 1;
    }
    int *before = rows[0];
    int *above = rows[1];
    int *now = rows[2];
    for (int k = 0; k <= m; k++) {
        above[k] = k;
        before[k] = k;
    }
    for (int i = 1; i <= n; i++) {
        now[0] = i;
        for (int k = 1; k <= m; k++) {
            int same = a.ptr[i - 1] == b.ptr[k - 1] ? 0 : 1;
            int best = above[k - 1] + same;
            best = above[k] + 1 < best ? above[k] + 1 : best;
            best = now[k - 1] + 1 < best ? now[k - 1] + 1 : best;
            bool swapped =
                i > 1 && k > 1 && a.ptr[i - 1] == b.ptr[k - 2] && a.ptr[i - 2] == b.ptr[k - 1];
            best = swapped && before[k - 2] + 1 < best ? before[k - 2] + 1 : best;
            now[k] = best;
        }
        int *spare = before;
        before = above;
        above = now;
        now = spare;
    }
    return above[m] <= most ? above[m] : most + 1;
}
