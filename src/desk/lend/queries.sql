-- SPDX-License-Identifier: GPL-3.0-or-later

-- ## Things

-- name: lend_items_all :many
-- row: lend_item_row
-- out: id i64, name text, kind text, label text, place text, days_most i64, condition text, is_open bool
SELECT id, name, kind, label, place, days_most, condition, is_open FROM lend_item
ORDER BY kind, name, id;

-- name: lend_item_by_id :opt
-- row: lend_item_row
-- in: id i64
-- out: id i64, name text, kind text, label text, place text, days_most i64, condition text, is_open bool
SELECT id, name, kind, label, place, days_most, condition, is_open FROM lend_item WHERE id = :id;

-- name: lend_item_insert :exec
-- in: id i64, name text, kind text, label text, place text, days_most i64, condition text, now i64
INSERT INTO lend_item (id, name, kind, label, place, days_most, condition, is_open, created_at)
VALUES (:id, :name, :kind, :label, :place, :days_most, :condition, 1, :now);

-- name: lend_item_update :exec
-- in: id i64, name text, kind text, label text, place text, days_most i64, condition text, is_open bool
UPDATE lend_item SET name = :name, kind = :kind, label = :label, place = :place,
    days_most = :days_most, condition = :condition, is_open = :is_open WHERE id = :id;

-- name: lend_item_seen :exec
-- in: id i64, condition text
UPDATE lend_item SET condition = :condition WHERE id = :id;

-- ## Loans

-- name: lend_loans_live :many
-- row: lend_loan_row
-- out: id i64, item_id i64, user_id user_id, from_day i64, to_day i64, state text, condition_out text, condition_back text, out_at i64?, back_at i64?, told_day i64, told i64
SELECT id, item_id, user_id, from_day, to_day, state, condition_out, condition_back, out_at,
    back_at, told_day, told FROM lend_loan WHERE state IN ('booked', 'out') ORDER BY to_day, id;

-- name: lend_loans_of_item :many
-- row: lend_loan_row
-- in: item_id i64
-- out: id i64, item_id i64, user_id user_id, from_day i64, to_day i64, state text, condition_out text, condition_back text, out_at i64?, back_at i64?, told_day i64, told i64
SELECT id, item_id, user_id, from_day, to_day, state, condition_out, condition_back, out_at,
    back_at, told_day, told FROM lend_loan
WHERE item_id = :item_id AND state IN ('booked', 'out') ORDER BY to_day, id;

-- name: lend_history_of_item :many
-- row: lend_loan_row
-- in: item_id i64
-- out: id i64, item_id i64, user_id user_id, from_day i64, to_day i64, state text, condition_out text, condition_back text, out_at i64?, back_at i64?, told_day i64, told i64
SELECT id, item_id, user_id, from_day, to_day, state, condition_out, condition_back, out_at,
    back_at, told_day, told FROM lend_loan WHERE item_id = :item_id ORDER BY id DESC LIMIT 100;

-- name: lend_loans_of_person :many
-- row: lend_loan_row
-- in: user_id user_id
-- out: id i64, item_id i64, user_id user_id, from_day i64, to_day i64, state text, condition_out text, condition_back text, out_at i64?, back_at i64?, told_day i64, told i64
SELECT id, item_id, user_id, from_day, to_day, state, condition_out, condition_back, out_at,
    back_at, told_day, told FROM lend_loan WHERE user_id = :user_id ORDER BY id DESC LIMIT 50;

-- name: lend_loan_by_id :opt
-- row: lend_loan_row
-- in: id i64
-- out: id i64, item_id i64, user_id user_id, from_day i64, to_day i64, state text, condition_out text, condition_back text, out_at i64?, back_at i64?, told_day i64, told i64
SELECT id, item_id, user_id, from_day, to_day, state, condition_out, condition_back, out_at,
    back_at, told_day, told FROM lend_loan WHERE id = :id;

-- name: lend_loan_insert :exec
-- in: id i64, item_id i64, user_id user_id, from_day i64, to_day i64, now i64
INSERT INTO lend_loan (id, item_id, user_id, from_day, to_day, state, condition_out, condition_back,
    told_day, told, created_at)
VALUES (:id, :item_id, :user_id, :from_day, :to_day, 'booked', '', '', 0, 0, :now);

-- name: lend_loan_out :changes
-- in: id i64, condition text, by user_id, now i64
UPDATE lend_loan SET state = 'out', condition_out = :condition, out_by = :by, out_at = :now
WHERE id = :id AND state = 'booked';

-- name: lend_loan_back :changes
-- in: id i64, condition text, by user_id, now i64
UPDATE lend_loan SET state = 'back', condition_back = :condition, back_by = :by, back_at = :now
WHERE id = :id AND state = 'out';

-- name: lend_loan_cancel :changes
-- in: id i64
UPDATE lend_loan SET state = 'cancelled' WHERE id = :id AND state = 'booked';

-- name: lend_loan_told :exec
-- in: id i64, day i64
UPDATE lend_loan SET told_day = :day, told = told + 1 WHERE id = :id;

-- What was booked and never fetched is free again.
-- name: lend_expire :exec
-- in: today i64
UPDATE lend_loan SET state = 'cancelled' WHERE state = 'booked' AND to_day < :today;

-- name: lend_due :many
-- row: lend_loan_row
-- in: tomorrow i64, today i64, most i64
-- out: id i64, item_id i64, user_id user_id, from_day i64, to_day i64, state text, condition_out text, condition_back text, out_at i64?, back_at i64?, told_day i64, told i64
SELECT id, item_id, user_id, from_day, to_day, state, condition_out, condition_back, out_at,
    back_at, told_day, told FROM lend_loan
WHERE state = 'out' AND to_day <= :tomorrow AND told_day < :today AND told < :most
ORDER BY to_day, id;

-- ## Ends

-- name: lend_move_person :exec
-- in: from_id user_id, to_id user_id
UPDATE lend_loan SET user_id = CASE WHEN user_id = :from_id THEN :to_id ELSE user_id END,
    out_by = CASE WHEN out_by = :from_id THEN :to_id ELSE out_by END,
    back_by = CASE WHEN back_by = :from_id THEN :to_id ELSE back_by END
WHERE user_id = :from_id OR out_by = :from_id OR back_by = :from_id;

-- ## Stock

-- name: stock_items_all :many
-- row: stock_item_row
-- out: id i64, name text, place text, amount i64, minimum i64, told bool
SELECT id, name, place, amount, minimum, told FROM stock_item ORDER BY name, id;

-- name: stock_item_by_id :opt
-- row: stock_item_row
-- in: id i64
-- out: id i64, name text, place text, amount i64, minimum i64, told bool
SELECT id, name, place, amount, minimum, told FROM stock_item WHERE id = :id;

-- name: stock_item_insert :exec
-- in: id i64, name text, place text, minimum i64, now i64
INSERT INTO stock_item (id, name, place, amount, minimum, told, created_at)
VALUES (:id, :name, :place, 0, :minimum, 1, :now);

-- name: stock_item_update :exec
-- in: id i64, name text, place text, minimum i64
UPDATE stock_item SET name = :name, place = :place, minimum = :minimum WHERE id = :id;

-- name: stock_item_count :exec
-- in: id i64, amount i64, told bool
UPDATE stock_item SET amount = :amount, told = :told WHERE id = :id;

-- name: stock_move_insert :exec
-- in: id i64, item_id i64, amount i64, user_id user_id, ticket_id ticket_id?, note text, now i64
INSERT INTO stock_move (id, item_id, amount, user_id, ticket_id, note, created_at)
VALUES (:id, :item_id, :amount, :user_id, :ticket_id, :note, :now);

-- name: stock_moves_of :many
-- in: item_id i64
-- out: id i64, amount i64, user_id user_id?, ticket_id ticket_id?, note text, created_at i64
SELECT id, amount, user_id, ticket_id, note, created_at FROM stock_move WHERE item_id = :item_id
ORDER BY id DESC LIMIT 100;

-- name: stock_move_person :exec
-- in: from_id user_id, to_id user_id
UPDATE stock_move SET user_id = :to_id WHERE user_id = :from_id;

-- name: stock_forget_ticket :exec
-- in: ticket_id ticket_id
UPDATE stock_move SET ticket_id = NULL, note = '' WHERE ticket_id = :ticket_id;
