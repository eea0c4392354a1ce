-- Work that somebody goes and does for a request: brings, repairs, copies. The requester reads what
-- happens with it in plain words.
CREATE TABLE work_order (
    id BIGINT PRIMARY KEY,
    ticket_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('delivery', 'repair', 'duplication')),
    state TEXT NOT NULL CHECK (state IN ('planned', 'under_way', 'done', 'failed', 'cancelled')),
    what TEXT NOT NULL, -- the requester reads it
    place TEXT NOT NULL, -- the requester reads it
    from_at BIGINT, -- the window, both or none
    to_at BIGINT,
    assignee_id BIGINT,
    parts TEXT NOT NULL, -- a line each, for staff
    note TEXT NOT NULL, -- for staff
    signed_name TEXT NOT NULL, -- who received it
    signed_at BIGINT,
    created_by BIGINT,
    created_at BIGINT NOT NULL,
    ended_at BIGINT
);
-- A ticket's orders.
CREATE INDEX work_order_ticket ON work_order (ticket_id, id);
-- What is to be done, by its window.
CREATE INDEX work_order_open ON work_order (from_at, id) WHERE state IN ('planned', 'under_way');
