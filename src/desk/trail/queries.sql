-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: audit_log_insert :exec
-- in: id i64, action text, actor_id user_id?, actor_name text, source_type text, source_id i64, source_label text, change_text text, address text?, created_at i64
INSERT INTO audit_log (id, action, actor_id, actor_name, source_type, source_id, source_label,
    change_text, address, created_at)
VALUES (:id, :action, :actor_id, :actor_name, :source_type, :source_id, :source_label,
    :change_text, :address, :created_at);

-- name: audit_log_by_id :opt
-- row: audit_log_row
-- in: id i64
-- out: id i64, action text, actor_id user_id?, actor_name text, source_type text, source_id i64, source_label text, change_text text, address text?, created_at i64
SELECT id, action, actor_id, actor_name, source_type, source_id, source_label, change_text, address,
    created_at
FROM audit_log WHERE id = :id;

-- name: audit_log_up :many
-- row: audit_log_row
-- in: above i64, below i64, since i64, until i64, action text, source_type text, source_id i64, actor_id i64, address text, most i64, skipped i64
-- out: id i64, action text, actor_id user_id?, actor_name text, source_type text, source_id i64, source_label text, change_text text, address text?, created_at i64
SELECT id, action, actor_id, actor_name, source_type, source_id, source_label, change_text, address,
    created_at
FROM audit_log
WHERE id > :above AND id < :below AND created_at >= :since AND created_at <= :until
    AND (:action = '' OR action = :action)
    AND (:source_type = '' OR source_type = :source_type)
    AND (:source_id < 0 OR source_id = :source_id)
    AND (:actor_id < 0 OR COALESCE(actor_id, 0) = :actor_id)
    AND (:address = '' OR address = :address)
ORDER BY id LIMIT :most OFFSET :skipped;

-- name: audit_log_down :many
-- row: audit_log_row
-- in: above i64, below i64, since i64, until i64, action text, source_type text, source_id i64, actor_id i64, address text, most i64, skipped i64
-- out: id i64, action text, actor_id user_id?, actor_name text, source_type text, source_id i64, source_label text, change_text text, address text?, created_at i64
SELECT id, action, actor_id, actor_name, source_type, source_id, source_label, change_text, address,
    created_at
FROM audit_log
WHERE id > :above AND id < :below AND created_at >= :since AND created_at <= :until
    AND (:action = '' OR action = :action)
    AND (:source_type = '' OR source_type = :source_type)
    AND (:source_id < 0 OR source_id = :source_id)
    AND (:actor_id < 0 OR COALESCE(actor_id, 0) = :actor_id)
    AND (:address = '' OR address = :address)
ORDER BY id DESC LIMIT :most OFFSET :skipped;

-- name: audit_log_total :one
-- in: above i64, below i64, since i64, until i64, action text, source_type text, source_id i64, actor_id i64, address text
-- out: n i64
SELECT COUNT(*) AS n FROM audit_log
WHERE id > :above AND id < :below AND created_at >= :since AND created_at <= :until
    AND (:action = '' OR action = :action)
    AND (:source_type = '' OR source_type = :source_type)
    AND (:source_id < 0 OR source_id = :source_id)
    AND (:actor_id < 0 OR COALESCE(actor_id, 0) = :actor_id)
    AND (:address = '' OR address = :address);
