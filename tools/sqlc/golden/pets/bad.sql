-- name: one :one
-- in: id i64, spare i64
-- out: nmae text
SELECT name FROM pet WHERE id = :id;

-- name: two :opt
-- in: id stranger_id
-- out: keeper_id user_id
SELECT keeper_id FROM pet WHERE id = :id;

-- name: three :many
-- in: ids i64[]
-- out: name i64
SELECT name FROM pet WHERE id = :ids;

-- name: four :exec
-- in: id i64
DELETE FROM pet
WHERE idd = :id;

-- name: five :exec
-- oot: x
DELETE FROM pet; DELETE FROM pet;

-- name: Six :exec
-- sqlite:
DELETE FROM pet;
