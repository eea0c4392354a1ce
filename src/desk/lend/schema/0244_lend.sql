-- Things that can be borrowed.
CREATE TABLE lend_item (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    kind TEXT NOT NULL, -- people look for it by this word: "Camera"
    label TEXT NOT NULL, -- the number that stands on it
    place TEXT NOT NULL, -- where it is picked up and brought back
    days_most BIGINT NOT NULL, -- the longest loan
    condition TEXT NOT NULL, -- as last seen; for staff
    is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)), -- can be borrowed
    created_at BIGINT NOT NULL
);
-- The list of things.
CREATE INDEX lend_item_kind ON lend_item (kind, name, id);

-- Days are counted from 1970-01-01, both ends belong to the loan.
CREATE TABLE lend_loan (
    id BIGINT PRIMARY KEY,
    item_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    from_day BIGINT NOT NULL,
    to_day BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('booked', 'out', 'back', 'cancelled')),
    condition_out TEXT NOT NULL,
    condition_back TEXT NOT NULL,
    out_at BIGINT,
    out_by BIGINT,
    back_at BIGINT,
    back_by BIGINT,
    told_day BIGINT NOT NULL, -- of the last mail about bringing it back; 0: none
    told BIGINT NOT NULL, -- how many of them
    created_at BIGINT NOT NULL
);
-- What of a thing is taken when.
CREATE INDEX lend_loan_item ON lend_loan (item_id, to_day) WHERE state IN ('booked', 'out');
-- What stands out, by when it is due.
CREATE INDEX lend_loan_due ON lend_loan (to_day, id) WHERE state IN ('booked', 'out');
-- Somebody's own loans; all loans of a thing.
CREATE INDEX lend_loan_user ON lend_loan (user_id, id);
CREATE INDEX lend_loan_history ON lend_loan (item_id, id);
