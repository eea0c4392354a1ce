-- On which tickets an automation acted without ending its own conditions, and the ticket's version
-- after that: until something else changes the ticket it is left alone.
CREATE TABLE rule_done (
    rule_id BIGINT NOT NULL,
    ticket_id BIGINT NOT NULL,
    version BIGINT NOT NULL,
    PRIMARY KEY (rule_id, ticket_id)
);

-- Every new desk puts solved tickets away after four days.
INSERT INTO rule (id, kind, title, active, is_default, position, audience, shown, group_down,
    sort_down, created_at, updated_at) VALUES
    (5, 'automation', 'Close tickets four days after they were solved', 1, 1, 1, 'all', '', 0, 0,
     1767225600000, 1767225600000);
INSERT INTO rule_term (rule_id, ordinal, part, place, field, operator, value, is_list) VALUES
    (5, 0, 0, 'all', 'status', 'is', 'solved', 0),
    (5, 1, 0, 'all', 'SOLVED', 'greater_than', '96', 0),
    (5, 2, 0, 'action', 'status', NULL, 'closed', 0);
