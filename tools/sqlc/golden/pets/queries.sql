-- SPDX-License-Identifier: GPL-3.0-or-later

-- The pet of that id, if it is known.
-- name: pet_by_id :opt
-- in: id object_id
-- out: id object_id, owner_id user_id, keeper_id user_id?, name text, weight f64, picture blob?
-- out: tame bool, born_at i64?
SELECT id, owner_id, keeper_id, name, weight, picture, tame, born_at FROM pet WHERE id = :id;

-- name: pet_insert :exec
-- in: id object_id, owner_id user_id, keeper_id user_id?, name text, weight f64, picture blob?,
-- in: tame bool, born_at i64?, note text?
INSERT INTO pet (id, owner_id, keeper_id, name, weight, picture, tame, born_at, note)
VALUES (:id, :owner_id, :keeper_id, :name, :weight, :picture, :tame, :born_at, :note);

-- name: pet_names :many
-- row: pet_name
-- in: ids object_id[], but_not text[]
-- out: id object_id, name text
SELECT id, name FROM pet -- ordered, for merging
WHERE id IN (:ids) AND name NOT IN (:but_not) AND name <> ':ids "quoted" \' ORDER BY id;

-- name: pet_names_of_owner :many
-- row: pet_name
-- in: owner_id user_id
-- out: id object_id, name text
SELECT id, name FROM pet WHERE owner_id = :owner_id ORDER BY id;

-- name: pet_count :one
-- out: pets i64
SELECT COUNT(*) AS pets FROM pet;

-- name: pet_rename :one
-- in: id object_id, name text
-- out: owner_id user_id
UPDATE pet SET name = :name WHERE id = :id RETURNING owner_id;

-- name: pets_forget :changes
-- in: owner_id user_id
DELETE FROM pet WHERE owner_id = :owner_id;

-- name: pet_search :many
-- in: words text, most i64
-- out: id object_id
-- sqlite:
SELECT rowid AS id FROM pet_fts WHERE pet_fts MATCH :words ORDER BY rowid DESC LIMIT :most;
-- postgres:
SELECT id FROM pet_fts WHERE words @@ websearch_to_tsquery('simple'::regconfig, :words)
ORDER BY id DESC LIMIT :most;
