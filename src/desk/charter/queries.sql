-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: version_insert :exec
-- in: id i64, number i64, review_months i64, created_by user_id, now i64
INSERT INTO charter_version (id, number, state, revision, review_months, created_by, created_at,
    updated_at)
VALUES (:id, :number, 'draft', 1, :review_months, :created_by, :now, :now);

-- name: version_last_number :one
-- out: number i64
SELECT COALESCE(MAX(number), 0) AS number FROM charter_version;

-- name: version_by_id :opt
-- row: version_row
-- in: id i64
-- out: id i64, number i64, state text, revision i64, review_months i64, body text?, hash text?, created_by user_id, created_at i64, updated_at i64, opened_at i64?, in_force_at i64?, review_at i64?
SELECT id, number, state, revision, review_months, body, hash, created_by, created_at, updated_at,
    opened_at, in_force_at, review_at
FROM charter_version WHERE id = :id;

-- name: version_in_state :opt
-- row: version_row
-- in: state text
-- out: id i64, number i64, state text, revision i64, review_months i64, body text?, hash text?, created_by user_id, created_at i64, updated_at i64, opened_at i64?, in_force_at i64?, review_at i64?
SELECT id, number, state, revision, review_months, body, hash, created_by, created_at, updated_at,
    opened_at, in_force_at, review_at
FROM charter_version WHERE state = :state AND state IN ('signing', 'in_force');

-- name: versions_all :many
-- row: version_row
-- in: most i64
-- out: id i64, number i64, state text, revision i64, review_months i64, body text?, hash text?, created_by user_id, created_at i64, updated_at i64, opened_at i64?, in_force_at i64?, review_at i64?
SELECT id, number, state, revision, review_months, body, hash, created_by, created_at, updated_at,
    opened_at, in_force_at, review_at
FROM charter_version ORDER BY number DESC LIMIT :most;

-- name: version_touch :changes
-- in: id i64, revision i64, now i64
UPDATE charter_version SET revision = revision + 1, updated_at = :now
WHERE id = :id AND revision = :revision AND state = 'draft';

-- name: version_open :exec
-- in: id i64, body text, hash text, review_months i64, now i64
UPDATE charter_version SET state = 'signing', body = :body, hash = :hash,
    review_months = :review_months, opened_at = :now, updated_at = :now WHERE id = :id;

-- name: version_withdraw :exec
-- in: id i64, now i64
UPDATE charter_version SET state = 'withdrawn', updated_at = :now WHERE id = :id;

-- name: version_replace :exec
-- in: now i64
UPDATE charter_version SET state = 'replaced', updated_at = :now WHERE state = 'in_force';

-- name: version_enforce :exec
-- in: id i64, now i64, review_at i64
UPDATE charter_version SET state = 'in_force', in_force_at = :now, review_at = :review_at,
    updated_at = :now WHERE id = :id;

-- name: charter_field_put :exec
-- in: version_id i64, field text, body text
INSERT INTO charter_field (version_id, field, body) VALUES (:version_id, :field, :body)
ON CONFLICT (version_id, field) DO UPDATE SET body = excluded.body;

-- name: fields_of :many
-- in: version_id i64
-- out: field text, body text
SELECT field, body FROM charter_field WHERE version_id = :version_id ORDER BY field;

-- The sentence that stands in the portal and in mails.
-- name: mission_in_force :opt
-- out: body text
SELECT f.body FROM charter_version v
JOIN charter_field f ON f.version_id = v.id AND f.field = 'mission'
WHERE v.state = 'in_force';

-- name: values_clear :exec
-- in: version_id i64
DELETE FROM charter_value WHERE version_id = :version_id;

-- name: value_insert :exec
-- in: id i64, version_id i64, origin i64, position i64, name text, keywords text, meaning text
INSERT INTO charter_value (id, version_id, origin, position, name, keywords, meaning)
VALUES (:id, :version_id, :origin, :position, :name, :keywords, :meaning);

-- name: values_of :many
-- in: version_id i64
-- out: id i64, origin i64, name text, keywords text, meaning text
SELECT id, origin, name, keywords, meaning FROM charter_value
WHERE version_id = :version_id ORDER BY position, id;

-- name: objectives_clear :exec
-- in: version_id i64
DELETE FROM charter_objective WHERE version_id = :version_id;

-- name: objective_insert :exec
-- in: id i64, version_id i64, origin i64, position i64, horizon text, title text, measure text, target text
INSERT INTO charter_objective (id, version_id, origin, position, horizon, title, measure, target)
VALUES (:id, :version_id, :origin, :position, :horizon, :title, :measure, :target);

-- With how far each is.
-- name: objectives_of :many
-- in: version_id i64
-- out: id i64, origin i64, horizon text, title text, measure text, target text, percent i64, note text, progress_at i64
SELECT o.id, o.origin, o.horizon, o.title, o.measure, o.target,
    COALESCE(p.percent, 0) AS percent, COALESCE(p.note, '') AS note,
    COALESCE(p.created_at, 0) AS progress_at
FROM charter_objective o
LEFT JOIN charter_progress p ON p.id = (SELECT q.id FROM charter_progress q
    WHERE q.origin = o.origin ORDER BY q.created_at DESC, q.id DESC LIMIT 1)
WHERE o.version_id = :version_id ORDER BY o.position, o.id;

-- name: objective_in_force :opt
-- in: id i64
-- out: origin i64
SELECT o.origin FROM charter_objective o JOIN charter_version v ON v.id = o.version_id
WHERE o.id = :id AND v.state = 'in_force';

-- name: progress_insert :exec
-- in: id i64, origin i64, percent i64, note text, created_by user_id, now i64
INSERT INTO charter_progress (id, origin, percent, note, created_by, created_at)
VALUES (:id, :origin, :percent, :note, :created_by, :now);

-- name: charter_comment_insert :exec
-- in: id i64, version_id i64, field text, author_id user_id, body text, now i64
INSERT INTO charter_comment (id, version_id, field, author_id, body, created_at)
VALUES (:id, :version_id, :field, :author_id, :body, :now);

-- name: comments_of :many
-- in: version_id i64
-- out: id i64, field text, author_id user_id, body text, created_at i64
SELECT id, field, author_id, body, created_at FROM charter_comment
WHERE version_id = :version_id ORDER BY created_at, id LIMIT 1000;

-- name: signer_insert :exec
-- in: id i64, version_id i64, user_id user_id, part text, name text
INSERT INTO charter_signer (id, version_id, user_id, part, name)
VALUES (:id, :version_id, :user_id, :part, :name);

-- name: signers_of :many
-- in: version_id i64
-- out: user_id user_id, part text, name text, signed_at i64?, hash text?
SELECT user_id, part, name, signed_at, hash FROM charter_signer
WHERE version_id = :version_id ORDER BY part, id;

-- name: signer_sign :changes
-- in: version_id i64, user_id user_id, name text, hash text, now i64
UPDATE charter_signer SET signed_at = :now, hash = :hash, name = :name
WHERE version_id = :version_id AND user_id = :user_id AND signed_at IS NULL;

-- name: acknowledgement_insert :exec
-- in: id i64, version_id i64, user_id user_id, name text, hash text, now i64
INSERT INTO charter_acknowledgement (id, version_id, user_id, name, hash, created_at)
VALUES (:id, :version_id, :user_id, :name, :hash, :now);

-- The latest of each person.
-- name: acknowledgements_of :many
-- in: version_id i64
-- out: user_id user_id, acknowledged_at i64
SELECT user_id, MAX(created_at) AS acknowledged_at FROM charter_acknowledgement
WHERE version_id = :version_id GROUP BY user_id ORDER BY user_id;

-- name: reminder_insert :exec
-- in: id i64, kind text, version_id i64, user_id user_id, now i64
INSERT INTO charter_reminder (id, kind, version_id, user_id, created_at)
VALUES (:id, :kind, :version_id, :user_id, :now);

-- name: reminders_of :many
-- in: version_id i64, kind text
-- out: user_id user_id, last_at i64
SELECT user_id, MAX(created_at) AS last_at FROM charter_reminder
WHERE version_id = :version_id AND kind = :kind GROUP BY user_id ORDER BY user_id;

-- What the charter asks of one person now, for the agents' home.
-- name: duties_of :many
-- in: user_id user_id
-- out: id i64, state text, review_at i64?, unsigned_count i64, acknowledged_at i64, mission text
SELECT v.id, v.state, v.review_at,
    (SELECT COUNT(*) FROM charter_signer s WHERE s.version_id = v.id AND s.user_id = :user_id
        AND s.signed_at IS NULL) AS unsigned_count,
    (SELECT COALESCE(MAX(a.created_at), 0) FROM charter_acknowledgement a
        WHERE a.version_id = v.id AND a.user_id = :user_id) AS acknowledged_at,
    COALESCE(f.body, '') AS mission
FROM charter_version v
LEFT JOIN charter_field f ON f.version_id = v.id AND f.field = 'mission'
WHERE v.state IN ('signing', 'in_force') ORDER BY v.number;

-- name: value_in_force :opt
-- in: id i64
-- out: id i64, origin i64, name text
SELECT a.id, a.origin, a.name FROM charter_value a JOIN charter_version v ON v.id = a.version_id
WHERE a.id = :id AND v.state = 'in_force';

-- name: charter_mark_insert :changes
-- in: id i64, ticket_id ticket_id, comment_id comment_id, value_id i64, origin i64, marked_by user_id, note text, now i64
INSERT INTO charter_mark (id, ticket_id, comment_id, value_id, origin, marked_by, note, created_at)
VALUES (:id, :ticket_id, :comment_id, :value_id, :origin, :marked_by, :note, :now)
ON CONFLICT (comment_id, origin) DO NOTHING;

-- name: charter_mark_by_id :opt
-- row: charter_mark_row
-- in: id i64
-- out: id i64, ticket_id ticket_id, comment_id comment_id, value_id i64, value_name text, marked_by user_id, note text, created_at i64
SELECT m.id, m.ticket_id, m.comment_id, m.value_id, a.name AS value_name, m.marked_by, m.note,
    m.created_at
FROM charter_mark m JOIN charter_value a ON a.id = m.value_id WHERE m.id = :id;

-- Also says whether there is a charter to mark replies with: its row has no mark.
-- name: charter_marks_of_ticket :many
-- in: ticket_id ticket_id
-- out: id i64?, comment_id comment_id?, value_name text?
SELECT m.id, m.comment_id, a.name AS value_name
FROM charter_mark m JOIN charter_value a ON a.id = m.value_id WHERE m.ticket_id = :ticket_id
UNION ALL
SELECT NULL, NULL, NULL FROM charter_version v WHERE v.state = 'in_force';

-- name: charter_marks_latest :many
-- row: charter_mark_row
-- in: most i64
-- out: id i64, ticket_id ticket_id, comment_id comment_id, value_id i64, value_name text, marked_by user_id, note text, created_at i64
SELECT m.id, m.ticket_id, m.comment_id, m.value_id, a.name AS value_name, m.marked_by, m.note,
    m.created_at
FROM charter_mark m JOIN charter_value a ON a.id = m.value_id
ORDER BY m.created_at DESC, m.id DESC LIMIT :most;

-- name: charter_marks_of_value :many
-- row: charter_mark_row
-- in: origin i64, most i64
-- out: id i64, ticket_id ticket_id, comment_id comment_id, value_id i64, value_name text, marked_by user_id, note text, created_at i64
SELECT m.id, m.ticket_id, m.comment_id, m.value_id, a.name AS value_name, m.marked_by, m.note,
    m.created_at
FROM charter_mark m JOIN charter_value a ON a.id = m.value_id WHERE m.origin = :origin
ORDER BY m.created_at DESC, m.id DESC LIMIT :most;

-- name: charter_marks_counted :many
-- in: since i64
-- out: origin i64, marks i64
SELECT origin, COUNT(*) AS marks FROM charter_mark WHERE created_at >= :since
GROUP BY origin ORDER BY origin;

-- name: charter_mark_delete :exec
-- in: id i64
DELETE FROM charter_mark WHERE id = :id;

-- name: charter_marks_scrub_ticket :exec
-- in: ticket_id ticket_id
DELETE FROM charter_mark WHERE ticket_id = :ticket_id;
