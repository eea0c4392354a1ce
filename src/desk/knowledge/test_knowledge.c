// SPDX-License-Identifier: GPL-3.0-or-later
#include "desk/knowledge/knowledge.h"

#include "desk/test_world.h"
#include "mail/markdown.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void stems(struct world *w, const char *locale, const char *text, const char *expected)
{
    struct str got = kb_stems(w->ctx, str_c(locale), str_c(text));
    assert_string_equal(mem_text_n(w->ctx, got.ptr, got.len), expected);
}

static void words_lose_case_accents_endings_and_what_every_text_has(void **state)
{
    struct world *w = *state;
    stems(w, "en-us", "How do I print on both sides?", "print both side");
    stems(w, "en-us", "Printers, printing; PRINTED", "printer print print");
    stems(w, "de", "Die Drucker druckten", "druck druckt");
    stems(w, "fr-ca", "Réinitialiser le mot", "reinitialis mot");
    stems(w, "xx", "plain words", "plain word");
    stems(w, "en", "", "");
    stems(w, "en", " ... ", "");
    stems(w, "en", "\xff\xfe broken \xc3", "broken");
}

static int distance(const char *a, const char *b, int most)
{
    return kb_distance(str_c(a), str_c(b), most);
}

static void distance_counts_slips_of_the_keyboard(void **state)
{
    (void)state;
    assert_int_equal(distance("print", "print", 2), 0);
    assert_int_equal(distance("pritn", "print", 2), 1);   // swapped
    assert_int_equal(distance("prnt", "print", 2), 1);    // left out
    assert_int_equal(distance("priint", "print", 2), 1);  // twice
    assert_int_equal(distance("pront", "print", 2), 1);   // beside it
    assert_int_equal(distance("password", "pasword", 1), 1);
    assert_int_equal(distance("kitten", "sitting", 3), 3);
    assert_int_equal(distance("kitten", "sitting", 2), 3);  // more than asked for
    assert_int_equal(distance("", "ab", 2), 2);
    assert_int_equal(distance("abc", "", 2), 3);
}

static void markdown_becomes_safe_markup(void **state)
{
    struct world *w = *state;
    struct html html = markdown_to_html(
        w->ctx, STR("# Title\n\n**bold** [x](javascript:alert(1)) <script>alert(1)</script>\n\n"
                    "| a | b |\n|---|---|\n| 1 | ~~2~~ |\n\n- [x] done\n"));
    assert_true(str_find(html.markup, STR("<h1>Title</h1>")) >= 0);
    assert_true(str_find(html.markup, STR("<strong>bold</strong>")) >= 0);
    assert_true(str_find(html.markup, STR("<table>")) >= 0);
    assert_true(str_find(html.markup, STR("script")) < 0);
    html = markdown_to_html(w->ctx, STR(""));
    assert_int_equal(html.markup.len, 0);
}

struct writing {
    struct world *w;
    struct actor actor;
    struct article article;
};

static bool write_in_tx(struct db *tx, void *arg, struct error *err)
{
    struct writing *writing = arg;
    struct desk *desk = writing->w->desk;
    struct kb_text text;
    struct kb_shelf category = {.kind = KB_CATEGORY};
    if (!kb_shelf_save(desk, tx, &writing->actor, &category, err)) {
        return false;
    }
    struct kb_shelf section = {.kind = KB_SECTION, .parent = category.id};
    if (!kb_shelf_save(desk, tx, &writing->actor, &section, err)) {
        return false;
    }
    writing->article = (struct article){.section = {section.id}, .labels = STR("")};
    if (!article_save(desk, tx, &writing->actor, &writing->article, err)) {
        return false;
    }
    struct kb_words words = {.kind = KB_ARTICLE,
                             .of = writing->article.id.v,
                             .title = STR("Resetting"),
                             .markdown = STR("Hold the *button*.")};
    return kb_text_save(desk, tx, writing->w->ctx, &writing->actor, &words, &text, err);
}

static void only_agents_write(void **state)
{
    struct world *w = *state;
    struct user ana = world_person(w, "ana@people.example", ROLE_END_USER);
    struct user lena = world_person(w, "lena@desk.example", ROLE_LIGHT_AGENT);
    struct writing writing = {.w = w, .actor = world_actor(&ana)};
    struct error err;
    assert_false(db_tx_run(w->app.db, "test", write_in_tx, &writing, &err));
    assert_int_equal(err.code, ERR_FORBIDDEN);
    writing.actor = world_actor(&lena);
    assert_false(db_tx_run(w->app.db, "test", write_in_tx, &writing, &err));
    assert_int_equal(err.code, ERR_FORBIDDEN);
    writing.actor = world_actor(&w->tom);
    assert_true(db_tx_run(w->app.db, "test", write_in_tx, &writing, &err));
}

struct finding {
    struct world *w;
    struct actor actor;
    const char *words;
    bool typing;
    size_t count;
};

static bool find_in_read(struct db *db, void *arg, struct error *err)
{
    struct finding *finding = arg;
    struct kb_hit *hits = NULL;
    struct kb_search search = {.words = str_c(finding->words),
                               .locale = STR("en-US"),
                               .typing = finding->typing,
                               .most = 5};
    return kb_find(db, finding->w->ctx, &finding->actor, &search, &hits, &finding->count, err);
}

static size_t finds(struct world *w, const char *words, bool typing)
{
    struct finding finding = {.w = w, .words = words, .typing = typing};
    struct error err;
    assert_true(db_read(w->app.db, find_in_read, &finding, &err));
    return finding.count;
}

static void search_forgives(void **state)
{
    struct world *w = *state;
    struct writing writing = {.w = w, .actor = world_actor(&w->tom)};
    struct error err;
    assert_true(db_tx_run(w->app.db, "test", write_in_tx, &writing, &err));
    assert_int_equal(finds(w, "reset the buttons", false), 1);
    assert_int_equal(finds(w, "buton", false), 1);
    assert_int_equal(finds(w, "butt", true), 1);
    assert_int_equal(finds(w, "butt", false), 0);
    assert_int_equal(finds(w, "zebra", false), 0);
    assert_int_equal(finds(w, "\" OR NOT (", false), 0);
    assert_int_equal(finds(w, "the of and", false), 0);
}

struct missing {
    struct world *w;
    size_t count;
};

static bool misses_in_read(struct db *db, void *arg, struct error *err)
{
    struct missing *missing = arg;
    struct actor tom = world_actor(&missing->w->tom);
    struct kb_miss *misses = NULL;
    return kb_misses(db, missing->w->ctx, &tom, 2000, &misses, &missing->count, err);
}

static void what_robots_search_for_does_not_pile_up(void **state)
{
    struct world *w = *state;
    struct missing missing = {.w = w};
    struct error err;
    for (int i = 0; i < 1005; i++) {
        assert_true(kb_note_miss(w->desk, w->ctx, str_printf(w->ctx, "word %d", i), &err));
    }
    assert_true(db_read(w->app.db, misses_in_read, &missing, &err));
    assert_int_equal(missing.count, 1000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(words_lose_case_accents_endings_and_what_every_text_has,
                                        world_setup, world_teardown),
        cmocka_unit_test(distance_counts_slips_of_the_keyboard),
        cmocka_unit_test_setup_teardown(markdown_becomes_safe_markup, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(only_agents_write, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(search_forgives, world_setup, world_teardown),
        cmocka_unit_test_setup_teardown(what_robots_search_for_does_not_pile_up, world_setup,
                                        world_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
