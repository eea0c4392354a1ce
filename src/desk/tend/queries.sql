-- SPDX-License-Identifier: GPL-3.0-or-later

-- name: tend_stamp_read :one
-- out: stamp i64
SELECT stamp FROM tend_stamp WHERE id = 1;

-- name: tend_stamp_write :exec
-- in: stamp i64
UPDATE tend_stamp SET stamp = :stamp WHERE id = 1;

-- name: tend_cards_all :many
-- out: user_id user_id, takes bool, capacity i64, skills text, languages text, schedule_id schedule_id?
SELECT user_id, takes, capacity, skills, languages, schedule_id FROM tend_card ORDER BY user_id;

-- name: tend_card_exists :one
-- in: user user_id
-- out: found i64
SELECT COUNT(*) AS found FROM tend_card WHERE user_id = :user;

-- name: tend_card_put :exec
-- in: user_id user_id, takes bool, capacity i64, skills text, languages text, schedule_id schedule_id?, updated_by user_id, updated_at i64
INSERT INTO tend_card (user_id, takes, capacity, skills, languages, schedule_id, updated_by,
    updated_at)
VALUES (:user_id, :takes, :capacity, :skills, :languages, :schedule_id, :updated_by, :updated_at)
ON CONFLICT (user_id) DO UPDATE SET takes = excluded.takes, capacity = excluded.capacity,
    skills = excluded.skills, languages = excluded.languages, schedule_id = excluded.schedule_id,
    updated_by = excluded.updated_by, updated_at = excluded.updated_at;

-- name: tend_card_remove :exec
-- in: user user_id
DELETE FROM tend_card WHERE user_id = :user;

-- name: tend_absences_after :many
-- in: at i64
-- out: id i64, user_id user_id, from_at i64, to_at i64, deputy_id user_id?, note text, created_by user_id
SELECT id, user_id, from_at, to_at, deputy_id, note, created_by FROM tend_absence
WHERE to_at > :at ORDER BY from_at, id;

-- name: tend_absence_by_id :opt
-- in: id i64
-- out: id i64, user_id user_id, from_at i64, to_at i64, deputy_id user_id?, note text, created_by user_id
SELECT id, user_id, from_at, to_at, deputy_id, note, created_by FROM tend_absence WHERE id = :id;

-- name: tend_absence_insert :exec
-- in: id i64, user_id user_id, from_at i64, to_at i64, deputy_id user_id?, note text, created_by user_id, created_at i64
INSERT INTO tend_absence (id, user_id, from_at, to_at, deputy_id, note, created_by, created_at)
VALUES (:id, :user_id, :from_at, :to_at, :deputy_id, :note, :created_by, :created_at);

-- name: tend_absence_remove :exec
-- in: id i64
DELETE FROM tend_absence WHERE id = :id;

-- name: tend_needs_all :many
-- out: id i64, kind text, word text, skill text
SELECT id, kind, word, skill FROM tend_need ORDER BY kind, word, skill;

-- name: tend_needs_remove :exec
DELETE FROM tend_need WHERE id IS NOT NULL;

-- name: tend_need_insert :exec
-- in: id i64, kind text, word text, skill text
INSERT INTO tend_need (id, kind, word, skill) VALUES (:id, :kind, :word, :skill)
ON CONFLICT (kind, word, skill) DO NOTHING;

-- name: tend_route_put :exec
-- in: group group_id, way text
INSERT INTO tend_route (group_id, way) VALUES (:group, :way)
ON CONFLICT (group_id) DO UPDATE SET way = excluded.way;

-- name: tend_route_remove :exec
-- in: group group_id
DELETE FROM tend_route WHERE group_id = :group;

-- name: tend_turn_of :opt
-- in: group group_id
-- out: user_id user_id
SELECT user_id FROM tend_turn WHERE group_id = :group;

-- name: tend_turn_put :exec
-- in: group group_id, user user_id
INSERT INTO tend_turn (group_id, user_id) VALUES (:group, :user)
ON CONFLICT (group_id) DO UPDATE SET user_id = excluded.user_id;

-- name: tend_routes_all :many
-- out: group_id group_id, way text
SELECT group_id, way FROM tend_route ORDER BY group_id;
