-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: bulk_insert :exec
-- in: id i64, name text, kind text, user_id user_id, address text, items text, common text?, total i64, created_at i64
INSERT INTO bulk (id, name, kind, user_id, address, items, common, total, progress, state,
    created_at)
VALUES (:id, :name, :kind, :user_id, :address, :items, :common, :total, 0, 'queued', :created_at);

-- name: bulk_open_count :one
-- out: n i64
SELECT COUNT(*) AS n FROM bulk WHERE finished_at IS NULL;

-- name: bulk_by_id :opt
-- in: id i64
-- out: id i64, kind text, user_id user_id, address text, items text, common text?, total i64, progress i64, state text
SELECT id, kind, user_id, address, items, common, total, progress, state FROM bulk WHERE id = :id;

-- name: bulk_set_state :exec
-- in: id i64, state text, message text?, finished_at i64?
UPDATE bulk SET state = :state, message = :message, finished_at = :finished_at WHERE id = :id;

-- name: bulk_advance :changes
-- in: id i64, from i64, now_at i64
UPDATE bulk SET progress = :now_at, state = 'working' WHERE id = :id AND progress = :from;

-- name: bulk_result_insert :exec
-- in: bulk_id i64, place i64, result text
INSERT INTO bulk_result (bulk_id, place, result) VALUES (:bulk_id, :place, :result);

-- name: bulk_results :many
-- in: bulk_id i64
-- out: result text
SELECT result FROM bulk_result WHERE bulk_id = :bulk_id ORDER BY place;

-- name: bulk_by_names :many
-- row: bulk_status
-- in: names text[]
-- out: id i64, name text, user_id user_id, total i64, progress i64, state text, message text?
SELECT id, name, user_id, total, progress, state, message FROM bulk WHERE name IN (:names)
ORDER BY id;

-- name: bulk_of_user :many
-- row: bulk_status
-- in: user_id user_id, most i64
-- out: id i64, name text, user_id user_id, total i64, progress i64, state text, message text?
SELECT id, name, user_id, total, progress, state, message FROM bulk WHERE user_id = :user_id
ORDER BY id DESC LIMIT :most;

-- name: bulk_all :many
-- row: bulk_status
-- in: most i64
-- out: id i64, name text, user_id user_id, total i64, progress i64, state text, message text?
SELECT id, name, user_id, total, progress, state, message FROM bulk ORDER BY id DESC LIMIT :most;

-- name: bulk_results_delete :exec
-- in: before i64
DELETE FROM bulk_result WHERE bulk_id IN (SELECT id FROM bulk WHERE finished_at < :before);

-- name: bulk_delete :exec
-- in: before i64
DELETE FROM bulk WHERE finished_at < :before;

-- ## Keys of requests

-- name: idempotency_get :opt
-- in: user_id user_id, key text, since i64
-- out: body_hash text, object_id i64, answer text?
SELECT body_hash, object_id, answer FROM idempotency
WHERE user_id = :user_id AND key = :key AND created_at >= :since;

-- name: idempotency_put :exec
-- in: user_id user_id, key text, body_hash text, object_id i64, created_at i64
INSERT INTO idempotency (user_id, key, body_hash, object_id, created_at)
VALUES (:user_id, :key, :body_hash, :object_id, :created_at)
ON CONFLICT (user_id, key) DO UPDATE SET body_hash = excluded.body_hash,
    object_id = excluded.object_id, answer = NULL, created_at = excluded.created_at;

-- name: idempotency_set_answer :exec
-- in: user_id user_id, key text, answer text
UPDATE idempotency SET answer = :answer WHERE user_id = :user_id AND key = :key;

-- name: idempotency_delete :exec
-- in: before i64
DELETE FROM idempotency WHERE created_at < :before;
