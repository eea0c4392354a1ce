-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: record_insert :exec
-- in: id i64, kind text, position i64, doc text, at i64
INSERT INTO desk_record (id, kind, position, system, doc, created_at, updated_at)
VALUES (:id, :kind, :position, 0, :doc, :at, :at);

-- name: record_update_row :exec
-- in: id i64, position i64, doc text, at i64
UPDATE desk_record SET position = :position, doc = :doc, updated_at = :at WHERE id = :id;

-- name: record_set_position :exec
-- in: id i64, kind text, position i64
UPDATE desk_record SET position = :position WHERE id = :id AND kind = :kind;

-- name: record_mark_deleted :exec
-- in: id i64, at i64
UPDATE desk_record SET deleted_at = :at, updated_at = :at WHERE id = :id;

-- name: records_of_kind :many
-- row: record_row
-- in: kind text
-- out: id i64, kind text, position i64, system bool, doc text, created_at i64, updated_at i64, deleted_at i64?
SELECT id, kind, position, system, doc, created_at, updated_at, deleted_at FROM desk_record
WHERE kind = :kind ORDER BY position, id;

-- name: field_value_put :exec
-- in: field_id i64, object_id i64, value text
INSERT INTO field_value (field_id, object_id, value) VALUES (:field_id, :object_id, :value)
ON CONFLICT (object_id, field_id) DO UPDATE SET value = excluded.value;

-- name: field_value_delete :exec
-- in: field_id i64, object_id i64
DELETE FROM field_value WHERE object_id = :object_id AND field_id = :field_id;

-- name: field_values_delete_of :exec
-- in: field_id i64
DELETE FROM field_value WHERE field_id = :field_id;

-- name: field_values_of :many
-- in: objects i64[], fields i64[]
-- out: field_id i64, object_id i64, value text
SELECT field_id, object_id, value FROM field_value
WHERE object_id IN (:objects) AND field_id IN (:fields) ORDER BY object_id, field_id;

-- name: field_values_of_one :many
-- in: object_id i64
-- out: field_id i64, value text
SELECT field_id, value FROM field_value WHERE object_id = :object_id ORDER BY field_id;

-- All that a ticket's page needs, in one question: what is defined, then the ticket's values (kind
-- 'value', the field as id).
-- name: records_and_values :many
-- row: record_row
-- in: ticket_id i64
-- out: id i64, kind text, position i64, system bool, doc text, created_at i64, updated_at i64, deleted_at i64?
SELECT id, kind, position, system, doc, created_at, updated_at, deleted_at FROM desk_record
WHERE kind IN ('ticket_fields', 'ticket_forms', 'custom_statuses')
UNION ALL
SELECT field_id AS id, 'value' AS kind, 0 AS position, 0 AS system, value AS doc, 0 AS created_at,
    0 AS updated_at, CAST(NULL AS BIGINT) AS deleted_at FROM field_value WHERE object_id = :ticket_id
ORDER BY position, id;

-- A ticket's values; people and organisations may have the same number.
-- name: field_values_scrub_ticket :exec
-- in: ticket_id ticket_id
DELETE FROM field_value WHERE object_id = :ticket_id
    AND field_id IN (SELECT id FROM desk_record WHERE kind = 'ticket_fields');
