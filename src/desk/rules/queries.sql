-- SPDX-License-Identifier: GPL-3.0-or-later
-- Named queries of the rules room; tools/README.md says how they become C.

-- name: rule_stamp_read :one
-- out: stamp i64
SELECT stamp FROM rule_stamp WHERE id = 1;

-- name: rule_stamp_write :exec
-- in: stamp i64
UPDATE rule_stamp SET stamp = :stamp WHERE id = 1;

-- All rules in the order of the book.
-- name: rule_rows :many
-- out: id rule_id, kind text, slug text?, title text, description text?, active bool
-- out: is_default bool, position i64, category_id category_id?, audience text, owner_id user_id?
-- out: shown text, group_by text?, group_down bool, sort_by text?, sort_down bool
-- out: created_by user_id?, created_at i64, updated_at i64
SELECT r.id, r.kind, r.slug, r.title, r.description, r.active, r.is_default, r.position,
    r.category_id, r.audience, r.owner_id, r.shown, r.group_by, r.group_down, r.sort_by,
    r.sort_down, r.created_by, r.created_at, r.updated_at
FROM rule r LEFT JOIN rule_category c ON c.id = r.category_id
ORDER BY r.kind, COALESCE(c.position, 0), COALESCE(c.id, 0), r.position, r.id;

-- name: rule_term_rows :many
-- out: rule_id rule_id, ordinal i64, part i64, place text, field text, operator text?, value text?
-- out: is_list bool
SELECT rule_id, ordinal, part, place, field, operator, value, is_list FROM rule_term
ORDER BY rule_id, ordinal, part;

-- name: rule_group_rows :many
-- out: rule_id rule_id, group_id group_id
SELECT rule_id, group_id FROM rule_group ORDER BY rule_id, group_id;

-- name: rule_insert :exec
-- in: id rule_id, kind text, title text, description text?, active bool, position i64
-- in: category_id category_id?, audience text, owner_id user_id?, shown text, group_by text?
-- in: group_down bool, sort_by text?, sort_down bool, created_by user_id?, created_at i64
INSERT INTO rule (id, kind, title, description, active, is_default, position, category_id,
    audience, owner_id, shown, group_by, group_down, sort_by, sort_down, created_by, created_at,
    updated_at)
VALUES (:id, :kind, :title, :description, :active, 0, :position, :category_id, :audience,
    :owner_id, :shown, :group_by, :group_down, :sort_by, :sort_down, :created_by, :created_at,
    :created_at);

-- name: rule_update_row :exec
-- in: id rule_id, title text, description text?, active bool, position i64
-- in: category_id category_id?, audience text, owner_id user_id?, shown text, group_by text?
-- in: group_down bool, sort_by text?, sort_down bool, updated_at i64
UPDATE rule SET title = :title, description = :description, active = :active, position = :position,
    category_id = :category_id, audience = :audience, owner_id = :owner_id, shown = :shown,
    group_by = :group_by, group_down = :group_down, sort_by = :sort_by, sort_down = :sort_down,
    updated_at = :updated_at WHERE id = :id;

-- name: rule_position_write :exec
-- in: id rule_id, position i64
UPDATE rule SET position = :position WHERE id = :id;

-- name: rule_remove :exec
-- in: id rule_id
DELETE FROM rule WHERE id = :id;

-- name: rule_terms_remove :exec
-- in: id rule_id
DELETE FROM rule_term WHERE rule_id = :id;

-- name: rule_groups_remove :exec
-- in: id rule_id
DELETE FROM rule_group WHERE rule_id = :id;

-- name: rule_term_insert :exec
-- in: rule_id rule_id, ordinal i64, part i64, place text, field text, operator text?, value text?
-- in: is_list bool
INSERT INTO rule_term (rule_id, ordinal, part, place, field, operator, value, is_list)
VALUES (:rule_id, :ordinal, :part, :place, :field, :operator, :value, :is_list);

-- name: rule_group_insert :exec
-- in: rule_id rule_id, group_id group_id
INSERT INTO rule_group (rule_id, group_id) VALUES (:rule_id, :group_id);

-- name: rule_category_rows :many
-- out: id category_id, name text, position i64, created_at i64, updated_at i64
SELECT id, name, position, created_at, updated_at FROM rule_category ORDER BY position, id;

-- name: rule_category_insert :exec
-- in: id category_id, name text, position i64, now i64
INSERT INTO rule_category (id, name, position, created_at, updated_at)
VALUES (:id, :name, :position, :now, :now);

-- name: rule_category_update :exec
-- in: id category_id, name text, position i64, now i64
UPDATE rule_category SET name = :name, position = :position, updated_at = :now WHERE id = :id;

-- name: rule_category_remove :exec
-- in: id category_id
DELETE FROM rule_category WHERE id = :id;

-- name: rule_done_version :opt
-- in: rule_id rule_id, ticket_id ticket_id
-- out: version i64
SELECT version FROM rule_done WHERE rule_id = :rule_id AND ticket_id = :ticket_id;

-- name: rule_done_write :exec
-- in: rule_id rule_id, ticket_id ticket_id, version i64
INSERT INTO rule_done (rule_id, ticket_id, version) VALUES (:rule_id, :ticket_id, :version)
ON CONFLICT (rule_id, ticket_id) DO UPDATE SET version = excluded.version;

-- name: rule_done_remove :exec
-- in: rule_id rule_id
DELETE FROM rule_done WHERE rule_id = :rule_id;
