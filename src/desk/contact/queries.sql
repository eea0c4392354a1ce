-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: lens_finding_insert :exec
-- in: id i64, comment_id comment_id, ticket_id ticket_id, channel text, kind text, phrase text, asked bool, created_at i64
INSERT INTO lens_finding (id, comment_id, ticket_id, channel, kind, phrase, asked, created_at)
VALUES (:id, :comment_id, :ticket_id, :channel, :kind, :phrase, :asked, :created_at);

-- name: lens_findings_recent :many
-- in: most i64
-- out: comment_id comment_id, ticket_id ticket_id, channel text, kind text, phrase text, asked bool, created_at i64
SELECT comment_id, ticket_id, channel, kind, phrase, asked, created_at
FROM lens_finding ORDER BY created_at DESC, id DESC LIMIT :most;

-- name: lens_findings_sums :many
-- in: since i64
-- out: kind text, found i64, asked i64
SELECT kind, COUNT(*) AS found, SUM(asked) AS asked FROM lens_finding WHERE created_at >= :since
GROUP BY kind ORDER BY kind;

-- name: lens_rules_insert :exec
-- in: id i64, rules text, author_id user_id, created_at i64
INSERT INTO lens_rules (id, rules, author_id, created_at)
VALUES (:id, :rules, :author_id, :created_at);

-- name: lens_rules_version :one
-- out: version i64
SELECT COALESCE(MAX(id), 0) AS version FROM lens_rules;

-- name: lens_rules_latest :opt
-- out: id i64, rules text, author_id user_id, created_at i64
SELECT id, rules, author_id, created_at FROM lens_rules ORDER BY id DESC LIMIT 1;

-- name: lens_findings_scrub_ticket :exec
-- in: ticket_id ticket_id
UPDATE lens_finding SET phrase = '' WHERE ticket_id = :ticket_id;
