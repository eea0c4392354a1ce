-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: moment_insert :exec
-- in: id moment_id, ticket_id ticket_id, comment_id comment_id, user_id user_id, score text, word text, now i64, recovery text
INSERT INTO moment (id, ticket_id, comment_id, user_id, score, word, created_at, updated_at,
    recovery, outcome)
VALUES (:id, :ticket_id, :comment_id, :user_id, :score, :word, :now, :now, :recovery, '');

-- name: moment_update :exec
-- in: id moment_id, score text, word text, now i64, recovery text
UPDATE moment SET score = :score, word = :word, updated_at = :now, recovery = :recovery
WHERE id = :id;

-- name: moment_of :opt
-- row: moment_row
-- in: comment_id comment_id, user_id user_id
-- out: id moment_id, ticket_id ticket_id, comment_id comment_id, user_id user_id, score text, word text, created_at i64, updated_at i64, recovery text, outcome text, closed_by user_id?, closed_at i64?
SELECT id, ticket_id, comment_id, user_id, score, word, created_at, updated_at, recovery, outcome,
    closed_by, closed_at
FROM moment WHERE comment_id = :comment_id AND user_id = :user_id;

-- name: moment_by_id :opt
-- row: moment_row
-- in: id moment_id
-- out: id moment_id, ticket_id ticket_id, comment_id comment_id, user_id user_id, score text, word text, created_at i64, updated_at i64, recovery text, outcome text, closed_by user_id?, closed_at i64?
SELECT id, ticket_id, comment_id, user_id, score, word, created_at, updated_at, recovery, outcome,
    closed_by, closed_at
FROM moment WHERE id = :id;

-- name: moments_of_tickets :many
-- row: moment_row
-- in: tickets i64[]
-- out: id moment_id, ticket_id ticket_id, comment_id comment_id, user_id user_id, score text, word text, created_at i64, updated_at i64, recovery text, outcome text, closed_by user_id?, closed_at i64?
SELECT id, ticket_id, comment_id, user_id, score, word, created_at, updated_at, recovery, outcome,
    closed_by, closed_at
FROM moment WHERE ticket_id IN (:tickets) ORDER BY ticket_id, updated_at, id;

-- name: moments_to_recover :many
-- row: moment_row
-- in: most i64
-- out: id moment_id, ticket_id ticket_id, comment_id comment_id, user_id user_id, score text, word text, created_at i64, updated_at i64, recovery text, outcome text, closed_by user_id?, closed_at i64?
SELECT id, ticket_id, comment_id, user_id, score, word, created_at, updated_at, recovery, outcome,
    closed_by, closed_at
FROM moment WHERE recovery IN ('open', 'answered') ORDER BY updated_at, id LIMIT :most;

-- name: moments_latest :many
-- row: moment_row
-- in: most i64
-- out: id moment_id, ticket_id ticket_id, comment_id comment_id, user_id user_id, score text, word text, created_at i64, updated_at i64, recovery text, outcome text, closed_by user_id?, closed_at i64?
SELECT id, ticket_id, comment_id, user_id, score, word, created_at, updated_at, recovery, outcome,
    closed_by, closed_at
FROM moment ORDER BY updated_at DESC, id DESC LIMIT :most;

-- name: moments_between :many
-- row: moment_row
-- in: after_id moment_id, since i64, until i64, only_score text, with_word i64, most i64
-- out: id moment_id, ticket_id ticket_id, comment_id comment_id, user_id user_id, score text, word text, created_at i64, updated_at i64, recovery text, outcome text, closed_by user_id?, closed_at i64?
SELECT id, ticket_id, comment_id, user_id, score, word, created_at, updated_at, recovery, outcome,
    closed_by, closed_at
FROM moment
WHERE id > :after_id AND updated_at >= :since AND updated_at < :until
    AND (:only_score = '' OR score = :only_score)
    AND (:with_word < 0 OR (CASE WHEN word = '' THEN 0 ELSE 1 END) = :with_word)
ORDER BY id LIMIT :most;

-- name: moment_sums :many
-- in: since i64, until i64
-- out: score text, uses i64
SELECT score, COUNT(*) AS uses FROM moment WHERE updated_at >= :since AND updated_at < :until
GROUP BY score ORDER BY score;

-- name: moments_answered :exec
-- in: ticket_id ticket_id
UPDATE moment SET recovery = 'answered' WHERE ticket_id = :ticket_id AND recovery = 'open';

-- name: moment_close :changes
-- in: id moment_id, outcome text, closed_by user_id, closed_at i64
UPDATE moment SET recovery = 'closed', outcome = :outcome, closed_by = :closed_by,
    closed_at = :closed_at
WHERE id = :id AND recovery IN ('open', 'answered');

-- name: moments_scrub_ticket :exec
-- in: ticket_id ticket_id
UPDATE moment SET word = '', outcome = '' WHERE ticket_id = :ticket_id;
