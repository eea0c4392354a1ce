-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: notice_choices_of :many
-- in: user_id user_id
-- out: kind text, mail text, push bool
SELECT kind, mail, push FROM notice_choice WHERE user_id = :user_id ORDER BY kind;

-- name: notice_choice_put :exec
-- in: user_id user_id, kind text, mail text, push bool
INSERT INTO notice_choice (user_id, kind, mail, push) VALUES (:user_id, :kind, :mail, :push)
ON CONFLICT (user_id, kind) DO UPDATE SET mail = excluded.mail, push = excluded.push;

-- name: notice_hour_of :opt
-- in: user_id user_id
-- out: hour i64
SELECT hour FROM notice_hour WHERE user_id = :user_id;

-- name: notice_hour_put :exec
-- in: user_id user_id, hour i64
INSERT INTO notice_hour (user_id, hour) VALUES (:user_id, :hour)
ON CONFLICT (user_id) DO UPDATE SET hour = excluded.hour;

-- name: notice_insert :exec
-- in: id i64, user_id user_id, kind text, ticket_id ticket_id, comment_id comment_id?, actor_id user_id?, created_at i64
INSERT INTO notice (id, user_id, kind, ticket_id, comment_id, actor_id, created_at)
VALUES (:id, :user_id, :kind, :ticket_id, :comment_id, :actor_id, :created_at);

-- name: notices_of :many
-- row: notice_row
-- in: user_id user_id, most i64
-- out: id i64, kind text, ticket_id ticket_id, comment_id comment_id?, actor_id user_id?, created_at i64
SELECT id, kind, ticket_id, comment_id, actor_id, created_at FROM notice
WHERE user_id = :user_id ORDER BY id LIMIT :most;

-- name: notices_delete_of :exec
-- in: user_id user_id
DELETE FROM notice WHERE user_id = :user_id;

-- name: notices_delete_ticket :exec
-- in: ticket_id ticket_id
DELETE FROM notice WHERE ticket_id = :ticket_id;

-- name: push_browsers_of :many
-- row: push_browser_row
-- in: user_id user_id
-- out: id i64, user_id user_id, endpoint text, public_key text, auth text, name text, created_at i64
SELECT id, user_id, endpoint, public_key, auth, name, created_at FROM push_browser
WHERE user_id = :user_id ORDER BY id;

-- name: push_browser_by_id :opt
-- row: push_browser_row
-- in: id i64
-- out: id i64, user_id user_id, endpoint text, public_key text, auth text, name text, created_at i64
SELECT id, user_id, endpoint, public_key, auth, name, created_at FROM push_browser WHERE id = :id;

-- name: push_browser_put :exec
-- in: id i64, user_id user_id, endpoint text, public_key text, auth text, name text, created_at i64
INSERT INTO push_browser (id, user_id, endpoint, public_key, auth, name, created_at)
VALUES (:id, :user_id, :endpoint, :public_key, :auth, :name, :created_at)
ON CONFLICT (endpoint) DO UPDATE SET user_id = excluded.user_id, public_key = excluded.public_key,
    auth = excluded.auth, name = excluded.name;

-- name: push_browser_delete :exec
-- in: id i64
DELETE FROM push_browser WHERE id = :id;

-- name: push_browsers_forget :exec
-- in: user_id user_id
DELETE FROM push_browser WHERE user_id = :user_id;
