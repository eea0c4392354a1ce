-- What somebody spent on a ticket: 'work', or a 'call' of that length.
CREATE TABLE time_entry (
    id BIGINT PRIMARY KEY,
    ticket_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('work', 'call')),
    seconds BIGINT NOT NULL CHECK (seconds > 0),
    note TEXT NOT NULL,
    created_at BIGINT NOT NULL
);
-- A ticket's entries and their sum; one person's days; everybody's.
CREATE INDEX time_entry_ticket ON time_entry (ticket_id, id);
CREATE INDEX time_entry_user ON time_entry (user_id, created_at);
CREATE INDEX time_entry_day ON time_entry (created_at);

-- What stands below the answers of a group's tickets, where who answers has no signature.
CREATE TABLE group_signature (
    group_id BIGINT PRIMARY KEY,
    words TEXT NOT NULL
);
