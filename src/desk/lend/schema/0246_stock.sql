-- What is used up: cables, toner, docks. When less than the minimum is left, leads hear of it once.
CREATE TABLE stock_item (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    place TEXT NOT NULL,
    amount BIGINT NOT NULL CHECK (amount >= 0),
    minimum BIGINT NOT NULL CHECK (minimum >= 0),
    told INTEGER NOT NULL CHECK (told IN (0, 1)), -- leads know that it is low
    created_at BIGINT NOT NULL
);
-- The list of them.
CREATE INDEX stock_item_name ON stock_item (name, id);

-- What came and went; never changed.
CREATE TABLE stock_move (
    id BIGINT PRIMARY KEY,
    item_id BIGINT NOT NULL,
    amount BIGINT NOT NULL, -- below 0: taken out
    user_id BIGINT, -- who did it
    ticket_id BIGINT, -- what for, or NULL
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
-- The history of one thing; what a ticket took; a person's when accounts merge.
CREATE INDEX stock_move_item ON stock_move (item_id, id);
CREATE INDEX stock_move_ticket ON stock_move (ticket_id) WHERE ticket_id IS NOT NULL;
