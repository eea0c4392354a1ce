-- SPDX-License-Identifier: GPL-3.0-or-later
-- Named queries of the hooks room; tools/README.md says how they become C.

-- name: webhook_rows :many
-- row: webhook_row
-- out: id text, name text, description text?, active bool, endpoint text, method text, format text
-- out: auth_sealed text, secret_sealed text, headers text, subscriptions text, paused_until i64
-- out: created_by user_id?, created_at i64, updated_by user_id?, updated_at i64?
SELECT id, name, description, active, endpoint, method, format, auth_sealed, secret_sealed, headers,
    subscriptions, paused_until, created_by, created_at, updated_by, updated_at
FROM webhook ORDER BY created_at, id;

-- Active ones that want events of their own, not only calls by rules.
-- name: webhook_subscribed :many
-- in: by_rules text
-- out: id text, subscriptions text
SELECT id, subscriptions FROM webhook
WHERE active = 1 AND subscriptions <> '' AND subscriptions <> :by_rules ORDER BY created_at, id;

-- name: webhook_by_id :opt
-- row: webhook_row
-- in: id text
-- out: id text, name text, description text?, active bool, endpoint text, method text, format text
-- out: auth_sealed text, secret_sealed text, headers text, subscriptions text, paused_until i64
-- out: created_by user_id?, created_at i64, updated_by user_id?, updated_at i64?
SELECT id, name, description, active, endpoint, method, format, auth_sealed, secret_sealed, headers,
    subscriptions, paused_until, created_by, created_at, updated_by, updated_at
FROM webhook WHERE id = :id;

-- name: webhook_insert :exec
-- in: id text, name text, description text?, active bool, endpoint text, method text, format text
-- in: auth_sealed text, secret_sealed text, headers text, subscriptions text
-- in: created_by user_id?, now i64
INSERT INTO webhook (id, name, description, active, endpoint, method, format, auth_sealed,
    secret_sealed, headers, subscriptions, paused_until, created_by, created_at)
VALUES (:id, :name, :description, :active, :endpoint, :method, :format, :auth_sealed,
    :secret_sealed, :headers, :subscriptions, 0, :created_by, :now);

-- name: webhook_update :exec
-- in: id text, name text, description text?, active bool, endpoint text, method text, format text
-- in: auth_sealed text, secret_sealed text, headers text, subscriptions text
-- in: updated_by user_id?, now i64
UPDATE webhook SET name = :name, description = :description, active = :active, endpoint = :endpoint,
    method = :method, format = :format, auth_sealed = :auth_sealed, secret_sealed = :secret_sealed,
    headers = :headers, subscriptions = :subscriptions, updated_by = :updated_by,
    updated_at = :now, paused_until = 0 WHERE id = :id;

-- name: webhook_pause :exec
-- in: id text, until i64
UPDATE webhook SET paused_until = :until WHERE id = :id;

-- name: webhook_remove :exec
-- in: id text
DELETE FROM webhook WHERE id = :id;

-- name: invocation_insert :exec
-- in: id text, webhook_id text, payload text, now i64
INSERT INTO webhook_invocation (id, webhook_id, payload, status, created_at)
VALUES (:id, :webhook_id, :payload, 'pending', :now);

-- name: invocation_by_id :opt
-- in: id text
-- out: id text, webhook_id text, payload text, status text, status_code i64?, created_at i64
-- out: completed_at i64?
SELECT id, webhook_id, payload, status, status_code, created_at, completed_at
FROM webhook_invocation WHERE id = :id;

-- name: invocations_of :many
-- in: webhook_id text, most i64
-- out: id text, status text, status_code i64?, created_at i64, completed_at i64?
SELECT id, status, status_code, created_at, completed_at FROM webhook_invocation
WHERE webhook_id = :webhook_id ORDER BY created_at DESC, id DESC LIMIT :most;

-- name: invocation_settle :exec
-- in: id text, status text, status_code i64?, now i64
UPDATE webhook_invocation SET status = :status, status_code = :status_code, completed_at = :now
WHERE id = :id;

-- name: attempt_insert :exec
-- in: id text, webhook_id text, invocation_id text, status text, status_code i64?, answer text
-- in: now i64
INSERT INTO webhook_attempt (id, webhook_id, invocation_id, status, status_code, answer,
    completed_at)
VALUES (:id, :webhook_id, :invocation_id, :status, :status_code, :answer, :now);

-- name: attempts_of :many
-- in: invocation_id text
-- out: id text, invocation_id text, status text, status_code i64?, answer text, completed_at i64
SELECT id, invocation_id, status, status_code, answer, completed_at FROM webhook_attempt
WHERE invocation_id = :invocation_id ORDER BY completed_at, id;

-- name: attempts_late :one
-- in: webhook_id text, since i64
-- out: total i64, failed i64
SELECT COUNT(*) AS total, COUNT(CASE WHEN status = 'failed' THEN 1 END) AS failed
FROM webhook_attempt WHERE webhook_id = :webhook_id AND completed_at > :since;

-- name: attempts_sweep :exec
-- in: before i64
DELETE FROM webhook_attempt WHERE completed_at < :before;

-- name: invocations_sweep :exec
-- in: before i64
DELETE FROM webhook_invocation WHERE created_at < :before;

-- name: target_rows :many
-- row: target_row
-- out: id i64, webhook_id text, type text, attribute text
SELECT id, webhook_id, type, attribute FROM target ORDER BY id;

-- name: target_by_id :opt
-- row: target_row
-- in: id i64
-- out: id i64, webhook_id text, type text, attribute text
SELECT id, webhook_id, type, attribute FROM target WHERE id = :id;

-- name: target_of_webhook :opt
-- in: webhook_id text
-- out: id i64
SELECT id FROM target WHERE webhook_id = :webhook_id;

-- name: target_insert :exec
-- in: id i64, webhook_id text, type text, attribute text
INSERT INTO target (id, webhook_id, type, attribute)
VALUES (:id, :webhook_id, :type, :attribute);

-- name: target_update :exec
-- in: id i64, type text, attribute text
UPDATE target SET type = :type, attribute = :attribute WHERE id = :id;

-- name: target_remove_of :exec
-- in: webhook_id text
DELETE FROM target WHERE webhook_id = :webhook_id;

-- name: target_failure_rows :many
-- in: most i64
-- out: id text, name text, status_code i64?, answer text, completed_at i64
SELECT a.id, w.name, a.status_code, a.answer, a.completed_at
FROM target t JOIN webhook w ON w.id = t.webhook_id JOIN webhook_attempt a ON a.webhook_id = w.id
WHERE a.status = 'failed' ORDER BY a.completed_at DESC, a.id DESC LIMIT :most;
