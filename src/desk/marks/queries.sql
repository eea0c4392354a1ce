-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: mark_insert :exec
-- in: id i64, kind text, user_id user_id, object_id i64, actor_id user_id?, word text, comment_id comment_id?, created_at i64
INSERT INTO mark (id, kind, user_id, object_id, actor_id, word, comment_id, created_at)
VALUES (:id, :kind, :user_id, :object_id, :actor_id, :word, :comment_id, :created_at);

-- name: mark_by_id :opt
-- row: mark_row
-- in: kind text, id i64
-- out: id i64, user_id user_id, object_id i64, actor_id user_id?, word text, comment_id comment_id?, created_at i64
SELECT id, user_id, object_id, actor_id, word, comment_id, created_at FROM mark
WHERE id = :id AND kind = :kind;

-- name: mark_between :opt
-- row: mark_row
-- in: kind text, user_id user_id, object_id i64
-- out: id i64, user_id user_id, object_id i64, actor_id user_id?, word text, comment_id comment_id?, created_at i64
SELECT id, user_id, object_id, actor_id, word, comment_id, created_at FROM mark
WHERE kind = :kind AND user_id = :user_id AND object_id = :object_id ORDER BY id LIMIT 1;

-- name: marks_of_user :many
-- row: mark_row
-- in: kind text, user_id user_id, since i64, most i64
-- out: id i64, user_id user_id, object_id i64, actor_id user_id?, word text, comment_id comment_id?, created_at i64
SELECT id, user_id, object_id, actor_id, word, comment_id, created_at FROM mark
WHERE kind = :kind AND user_id = :user_id AND created_at >= :since ORDER BY id DESC LIMIT :most;

-- name: marks_of_object :many
-- row: mark_row
-- in: kind text, object_id i64, most i64
-- out: id i64, user_id user_id, object_id i64, actor_id user_id?, word text, comment_id comment_id?, created_at i64
SELECT id, user_id, object_id, actor_id, word, comment_id, created_at FROM mark
WHERE kind = :kind AND object_id = :object_id ORDER BY id DESC LIMIT :most;

-- name: marks_of_kind :many
-- row: mark_row
-- in: kind text, most i64
-- out: id i64, user_id user_id, object_id i64, actor_id user_id?, word text, comment_id comment_id?, created_at i64
SELECT id, user_id, object_id, actor_id, word, comment_id, created_at FROM mark
WHERE kind = :kind ORDER BY id DESC LIMIT :most;

-- name: mark_delete :exec
-- in: id i64
DELETE FROM mark WHERE id = :id;

-- name: marks_forget :exec
-- in: kind text, before i64
DELETE FROM mark WHERE kind = :kind AND created_at < :before;

-- name: marks_move_person :exec
-- in: kind text, from_id user_id, to_id user_id
UPDATE mark SET user_id = :to_id WHERE kind = :kind AND user_id = :from_id
    AND object_id NOT IN (SELECT m.object_id FROM mark m WHERE m.kind = :kind AND m.user_id = :to_id);

-- name: marks_forget_person :exec
-- in: kind text, user_id user_id
DELETE FROM mark WHERE kind = :kind AND user_id = :user_id;

-- name: marks_move_object :exec
-- in: kind text, from_id i64, to_id i64
UPDATE mark SET object_id = :to_id WHERE kind = :kind AND object_id = :from_id
    AND user_id NOT IN (SELECT m.user_id FROM mark m WHERE m.kind = :kind AND m.object_id = :to_id);

-- name: marks_forget_object :exec
-- in: kind text, object_id i64
DELETE FROM mark WHERE kind = :kind AND object_id = :object_id;

-- name: person_setting_of :opt
-- in: user_id user_id
-- out: doc text
SELECT doc FROM person_setting WHERE user_id = :user_id;

-- name: person_setting_put :exec
-- in: user_id user_id, doc text, now i64
INSERT INTO person_setting (user_id, doc, updated_at) VALUES (:user_id, :doc, :now)
ON CONFLICT (user_id) DO UPDATE SET doc = excluded.doc, updated_at = excluded.updated_at;
