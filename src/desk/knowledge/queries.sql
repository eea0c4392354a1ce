-- SPDX-License-Identifier: GPL-3.0-or-later

-- ## Shelves

-- name: kb_category_insert :exec
-- in: id category_id, position i64, source_locale text, now i64
INSERT INTO kb_category (id, position, source_locale, created_at, updated_at)
VALUES (:id, :position, :source_locale, :now, :now);

-- name: kb_category_update :changes
-- in: id category_id, position i64, now i64
UPDATE kb_category SET position = :position, updated_at = :now WHERE id = :id;

-- name: kb_category_delete :changes
-- in: id category_id
DELETE FROM kb_category WHERE id = :id;

-- name: kb_categories_all :many
-- in:
-- out: id category_id, position i64, source_locale text, created_at i64, updated_at i64
SELECT id, position, source_locale, created_at, updated_at FROM kb_category ORDER BY position, id;

-- name: kb_section_insert :exec
-- in: id section_id, category_id category_id, position i64, source_locale text, now i64
INSERT INTO kb_section (id, category_id, position, source_locale, created_at, updated_at)
VALUES (:id, :category_id, :position, :source_locale, :now, :now);

-- name: kb_section_update :changes
-- in: id section_id, category_id category_id, position i64, now i64
UPDATE kb_section SET category_id = :category_id, position = :position, updated_at = :now
WHERE id = :id;

-- name: kb_section_delete :changes
-- in: id section_id
DELETE FROM kb_section WHERE id = :id;

-- name: kb_sections_all :many
-- in:
-- out: id section_id, category_id category_id, position i64, source_locale text, created_at i64, updated_at i64
SELECT id, category_id, position, source_locale, created_at, updated_at
FROM kb_section ORDER BY position, id;

-- name: kb_section_articles_count :one
-- in: section_id section_id
-- out: n i64
SELECT COUNT(*) AS n FROM kb_article WHERE section_id = :section_id AND archived_at IS NULL;

-- ## Articles

-- name: kb_article_insert :exec
-- in: id article_id, section_id section_id, author_id user_id, position i64, promoted bool, draft bool, visibility text, comments_disabled bool, labels text, source_locale text, review_at i64?, now i64
INSERT INTO kb_article (id, section_id, author_id, position, promoted, draft, visibility,
    comments_disabled, labels, source_locale, vote_sum, vote_count, review_at, created_at,
    updated_at, edited_at)
VALUES (:id, :section_id, :author_id, :position, :promoted, :draft, :visibility,
    :comments_disabled, :labels, :source_locale, 0, 0, :review_at, :now, :now, :now);

-- name: kb_article_update :exec
-- in: id article_id, section_id section_id, author_id user_id, position i64, promoted bool, draft bool, visibility text, comments_disabled bool, labels text, source_locale text, review_at i64?, updated_at i64, edited_at i64, archived_at i64?
UPDATE kb_article SET section_id = :section_id, author_id = :author_id, position = :position,
    promoted = :promoted, draft = :draft, visibility = :visibility,
    comments_disabled = :comments_disabled, labels = :labels, source_locale = :source_locale,
    review_at = :review_at, updated_at = :updated_at, edited_at = :edited_at,
    archived_at = :archived_at
WHERE id = :id;

-- name: kb_articles_all :many
-- row: kb_article_row
-- in:
-- out: id article_id, section_id section_id, author_id user_id, position i64, promoted bool, draft bool, visibility text, comments_disabled bool, labels text, source_locale text, vote_sum i64, vote_count i64, review_at i64?, created_at i64, updated_at i64, edited_at i64, archived_at i64?
SELECT id, section_id, author_id, position, promoted, draft, visibility, comments_disabled, labels,
    source_locale, vote_sum, vote_count, review_at, created_at, updated_at, edited_at, archived_at
FROM kb_article WHERE archived_at IS NULL ORDER BY position, id;

-- name: kb_articles_by_ids :many
-- row: kb_article_row
-- in: ids i64[]
-- out: id article_id, section_id section_id, author_id user_id, position i64, promoted bool, draft bool, visibility text, comments_disabled bool, labels text, source_locale text, vote_sum i64, vote_count i64, review_at i64?, created_at i64, updated_at i64, edited_at i64, archived_at i64?
SELECT id, section_id, author_id, position, promoted, draft, visibility, comments_disabled, labels,
    source_locale, vote_sum, vote_count, review_at, created_at, updated_at, edited_at, archived_at
FROM kb_article WHERE archived_at IS NULL AND id IN (:ids) ORDER BY id;

-- ## Words

-- name: kb_text_insert :exec
-- in: id i64, kind text, source_id i64, locale text, title text, body text, source text?, draft bool, outdated bool, now i64, by user_id
INSERT INTO kb_text (id, kind, source_id, locale, title, body, source, draft, outdated, created_at,
    updated_at, created_by, updated_by)
VALUES (:id, :kind, :source_id, :locale, :title, :body, :source, :draft, :outdated, :now, :now, :by,
    :by);

-- name: kb_text_update :exec
-- in: id i64, title text, body text, source text?, draft bool, outdated bool, now i64, by user_id
UPDATE kb_text SET title = :title, body = :body, source = :source, draft = :draft,
    outdated = :outdated, updated_at = :now, updated_by = :by
WHERE id = :id;

-- name: kb_texts_outdate :exec
-- in: kind text, source_id i64, locale text
UPDATE kb_text SET outdated = 1
WHERE kind = :kind AND source_id = :source_id AND locale <> :locale;

-- name: kb_texts_of :many
-- row: kb_text_row
-- in: kind text, ids i64[]
-- out: id i64, kind text, source_id i64, locale text, title text, body text, source text?, draft bool, outdated bool, created_at i64, updated_at i64, created_by user_id, updated_by user_id
SELECT id, kind, source_id, locale, title, body, source, draft, outdated, created_at, updated_at,
    created_by, updated_by
FROM kb_text WHERE kind = :kind AND source_id IN (:ids) ORDER BY source_id, id;

-- name: kb_text_by_id :opt
-- row: kb_text_row
-- in: id i64
-- out: id i64, kind text, source_id i64, locale text, title text, body text, source text?, draft bool, outdated bool, created_at i64, updated_at i64, created_by user_id, updated_by user_id
SELECT id, kind, source_id, locale, title, body, source, draft, outdated, created_at, updated_at,
    created_by, updated_by
FROM kb_text WHERE id = :id;

-- name: kb_text_delete :exec
-- in: id i64
DELETE FROM kb_text WHERE id = :id;

-- name: kb_version_insert :exec
-- in: id i64, text_id i64, title text, body text, source text?, author_id user_id, now i64
INSERT INTO kb_version (id, text_id, title, body, source, author_id, created_at)
VALUES (:id, :text_id, :title, :body, :source, :author_id, :now);

-- name: kb_versions_of :many
-- in: text_id i64
-- out: id i64, title text, body text, source text?, author_id user_id, created_at i64
SELECT id, title, body, source, author_id, created_at FROM kb_version WHERE text_id = :text_id
ORDER BY id DESC;

-- ## Search

-- name: kb_fts_insert :exec
-- in: id i64, title text, labels text, body text
-- sqlite:
INSERT INTO kb_fts (rowid, title, labels, body) VALUES (:id, :title, :labels, :body);
-- postgres:
INSERT INTO kb_fts (id, words)
VALUES (:id, setweight(to_tsvector('simple', :title), 'A')
    || setweight(to_tsvector('simple', :labels), 'B') || to_tsvector('simple', :body));

-- name: kb_fts_delete :exec
-- in: id i64
-- sqlite:
DELETE FROM kb_fts WHERE rowid = :id;
-- postgres:
DELETE FROM kb_fts WHERE id = :id;

-- name: kb_fts_clear :exec
DELETE FROM kb_fts;

-- All texts that are found, to make the index anew.
-- name: kb_fts_texts :many
-- in: after i64, most i64
-- out: id i64, locale text, title text, body text, labels text
SELECT t.id, t.locale, t.title, t.body, a.labels FROM kb_text t
JOIN kb_article a ON a.id = t.source_id
WHERE t.kind = 'article' AND a.archived_at IS NULL AND t.id > :after ORDER BY t.id LIMIT :most;

-- The best first.
-- name: kb_fts_find :many
-- in: expression text, most i64
-- out: id i64, source_id i64, locale text
-- sqlite:
SELECT t.id, t.source_id, t.locale FROM kb_fts f JOIN kb_text t ON t.id = f.rowid
WHERE f.kb_fts MATCH :expression ORDER BY bm25(kb_fts, 8.0, 6.0, 1.0), t.id LIMIT :most;
-- postgres:
SELECT t.id, t.source_id, t.locale FROM kb_fts f JOIN kb_text t ON t.id = f.id
WHERE f.words @@ to_tsquery('simple', :expression)
ORDER BY ts_rank('{0.1, 0.2, 0.6, 0.8}', f.words, to_tsquery('simple', :expression), 1) DESC, t.id
LIMIT :most;

-- name: kb_languages :many
-- in:
-- out: locale text
SELECT DISTINCT locale FROM kb_text WHERE kind = 'article' ORDER BY locale;

-- name: kb_word_add :exec
-- in: word text, length i64
INSERT INTO kb_word (word, length, uses) VALUES (:word, :length, 1)
ON CONFLICT (word) DO UPDATE SET uses = kb_word.uses + 1;

-- name: kb_words_known :many
-- in: words text[]
-- out: word text
SELECT word FROM kb_word WHERE word IN (:words);

-- name: kb_words_beginning :many
-- in: first text, last text
-- out: word text
SELECT word FROM kb_word WHERE word >= :first AND word < :last LIMIT 1;

-- name: kb_words_of_length :many
-- in: least i64, longest i64
-- out: word text, uses i64
SELECT word, uses FROM kb_word WHERE length BETWEEN :least AND :longest ORDER BY uses DESC, word
LIMIT 20000;

-- name: kb_miss_note :exec
-- in: words text, now i64
INSERT INTO kb_miss (words, uses, last_at) VALUES (:words, 1, :now)
ON CONFLICT (words) DO UPDATE SET uses = kb_miss.uses + 1, last_at = :now;

-- What is older than the `kept` latest goes: robots search for anything.
-- name: kb_misses_trim :exec
-- in: kept i64
DELETE FROM kb_miss
WHERE (last_at, words) <= (SELECT last_at, words FROM kb_miss ORDER BY last_at DESC, words DESC
                           LIMIT 1 OFFSET :kept);

-- name: kb_misses_latest :many
-- in: most i64
-- out: words text, uses i64, last_at i64
SELECT words, uses, last_at FROM kb_miss ORDER BY last_at DESC, words LIMIT :most;

-- ## Readers

-- name: kb_vote_put :exec
-- in: id i64, article_id article_id, user_id user_id?, voter text, value i64, now i64
INSERT INTO kb_vote (id, article_id, user_id, voter, value, created_at, updated_at)
VALUES (:id, :article_id, :user_id, :voter, :value, :now, :now)
ON CONFLICT (article_id, voter) DO UPDATE SET value = :value, updated_at = :now;

-- name: kb_votes_sum :exec
-- in: article_id article_id
UPDATE kb_article SET
    vote_sum = (SELECT COALESCE(SUM(value), 0) FROM kb_vote WHERE article_id = :article_id),
    vote_count = (SELECT COUNT(*) FROM kb_vote WHERE article_id = :article_id)
WHERE id = :article_id;

-- name: kb_vote_of :opt
-- row: kb_vote_row
-- in: article_id article_id, voter text
-- out: id i64, article_id article_id, user_id user_id?, value i64, created_at i64, updated_at i64
SELECT id, article_id, user_id, value, created_at, updated_at FROM kb_vote
WHERE article_id = :article_id AND voter = :voter;

-- name: kb_votes_of_article :many
-- row: kb_vote_row
-- in: article_id article_id
-- out: id i64, article_id article_id, user_id user_id?, value i64, created_at i64, updated_at i64
SELECT id, article_id, user_id, value, created_at, updated_at FROM kb_vote
WHERE article_id = :article_id AND user_id IS NOT NULL ORDER BY id;

-- name: kb_read_note :exec
-- in: ticket_id ticket_id, article_id article_id, now i64
INSERT INTO kb_read (ticket_id, article_id, created_at) VALUES (:ticket_id, :article_id, :now)
ON CONFLICT (ticket_id, article_id) DO NOTHING;

-- name: kb_reads_of_ticket :many
-- in: ticket_id ticket_id
-- out: article_id article_id
SELECT article_id FROM kb_read WHERE ticket_id = :ticket_id ORDER BY article_id;

-- name: kb_reads_by_article :many
-- in: since i64, most i64
-- out: article_id article_id, asked i64, last_ticket ticket_id
SELECT article_id, COUNT(*) AS asked, MAX(ticket_id) AS last_ticket FROM kb_read
WHERE created_at >= :since GROUP BY article_id ORDER BY asked DESC, article_id LIMIT :most;
