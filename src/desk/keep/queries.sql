-- SPDX-License-Identifier: GPL-3.0-or-later
--
-- What `steward check` asks of all rooms' tables, and who names which blob. Nothing here changes a
-- row. Each check is read on by `after`, so that a broken desk needs no more memory than a sound one.
-- Rows that name rows of other tables are in references.def.

-- ## What belongs together: id is the row, ref what it lacks

-- Every comment is told of by an event of the same number in its audit.

-- name: lost_comment_event :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id, t.audit_id AS ref FROM ticket_comment t
WHERE t.id > :after AND NOT EXISTS (SELECT 1 FROM ticket_event o
    WHERE o.id = t.id AND o.kind = 'Comment' AND o.audit_id = t.audit_id)
ORDER BY t.id LIMIT :most;

-- A mail whose bytes are nowhere, unless an administrator threw it away or it was redacted.

-- name: lost_mail_bytes :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
SELECT t.id, t.id AS ref FROM mail_in t
WHERE t.id > :after AND t.blob IS NULL AND t.state <> 'dropped' AND t.size > 0
    AND NOT EXISTS (SELECT 1 FROM mail_in_raw o WHERE o.mail_id = t.id)
ORDER BY t.id LIMIT :most;

-- ## The search index

-- Comments that cannot be found.
-- name: lost_comment_words :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
-- sqlite:
SELECT t.id, t.ticket_id AS ref FROM ticket_comment t
WHERE t.id > :after AND NOT EXISTS (SELECT 1 FROM ticket_fts_docsize o WHERE o.id = t.id)
ORDER BY t.id LIMIT :most;
-- postgres:
SELECT t.id, t.ticket_id AS ref FROM ticket_comment t
WHERE t.id > :after AND NOT EXISTS (SELECT 1 FROM ticket_fts o WHERE o.id = t.id)
ORDER BY t.id LIMIT :most;

-- Words of comments that are gone.
-- name: lost_words_comment :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
-- sqlite:
SELECT t.id, t.id AS ref FROM ticket_fts_docsize t
WHERE t.id > :after AND NOT EXISTS (SELECT 1 FROM ticket_comment o WHERE o.id = t.id)
ORDER BY t.id LIMIT :most;
-- postgres:
SELECT t.id, t.id AS ref FROM ticket_fts t
WHERE t.id > :after AND NOT EXISTS (SELECT 1 FROM ticket_comment o WHERE o.id = t.id)
ORDER BY t.id LIMIT :most;

-- Articles that cannot be found.
-- name: lost_article_words :many
-- row: lost_row
-- in: after i64, most i64
-- out: id i64, ref i64
-- sqlite:
SELECT t.id, t.source_id AS ref FROM kb_text t JOIN kb_article a ON a.id = t.source_id
WHERE t.kind = 'article' AND a.archived_at IS NULL AND t.id > :after
    AND NOT EXISTS (SELECT 1 FROM kb_fts_docsize o WHERE o.id = t.id)
ORDER BY t.id LIMIT :most;
-- postgres:
SELECT t.id, t.source_id AS ref FROM kb_text t JOIN kb_article a ON a.id = t.source_id
WHERE t.kind = 'article' AND a.archived_at IS NULL AND t.id > :after
    AND NOT EXISTS (SELECT 1 FROM kb_fts o WHERE o.id = t.id)
ORDER BY t.id LIMIT :most;

-- ## Blobs

-- The blobs that rows name, in order of their names.
-- name: blob_names :many
-- in: after text, most i64
-- out: hash text?
-- sqlite:
SELECT hash FROM (
    SELECT * FROM (SELECT DISTINCT hash FROM attachment WHERE hash > :after ORDER BY hash LIMIT :most)
    UNION
    SELECT * FROM (SELECT DISTINCT hash FROM later_file WHERE hash > :after ORDER BY hash LIMIT :most)
    UNION
    SELECT * FROM (SELECT DISTINCT hash FROM aside_file WHERE hash > :after ORDER BY hash LIMIT :most)
    UNION
    SELECT * FROM (SELECT DISTINCT blob AS hash FROM mail_in WHERE blob IS NOT NULL AND blob > :after
        ORDER BY blob LIMIT :most))
ORDER BY hash LIMIT :most;
-- postgres:
SELECT hash FROM (
    (SELECT DISTINCT hash FROM attachment WHERE hash > :after ORDER BY hash LIMIT :most)
    UNION
    (SELECT DISTINCT hash FROM later_file WHERE hash > :after ORDER BY hash LIMIT :most)
    UNION
    (SELECT DISTINCT hash FROM aside_file WHERE hash > :after ORDER BY hash LIMIT :most)
    UNION
    (SELECT DISTINCT blob AS hash FROM mail_in WHERE blob IS NOT NULL AND blob > :after
        ORDER BY blob LIMIT :most)) AS named
ORDER BY hash LIMIT :most;

-- Which of these blobs rows name.
-- name: blobs_named :many
-- in: hashes text[]
-- out: hash text?
SELECT hash FROM attachment WHERE hash IN (:hashes)
UNION SELECT hash FROM later_file WHERE hash IN (:hashes)
UNION SELECT hash FROM aside_file WHERE hash IN (:hashes)
UNION SELECT blob AS hash FROM mail_in WHERE blob IN (:hashes);

-- How much there is.
-- name: keep_counts :one
-- out: tickets i64, comments i64, audits i64, events i64, people i64, files i64, mails i64
SELECT (SELECT COUNT(*) FROM ticket) AS tickets, (SELECT COUNT(*) FROM ticket_comment) AS comments,
    (SELECT COUNT(*) FROM ticket_audit) AS audits, (SELECT COUNT(*) FROM ticket_event) AS events,
    (SELECT COUNT(*) FROM person) AS people, (SELECT COUNT(*) FROM attachment) AS files,
    (SELECT COUNT(*) FROM mail_in) AS mails;
