-- What broken things cost in people's time.

-- What an hour of one person's work is worth, in hundredths of the desk's money, by organisation;
-- organization_id 0 is everybody else.
CREATE TABLE disruption_rate (
    organization_id BIGINT PRIMARY KEY,
    cents BIGINT NOT NULL CHECK (cents >= 0)
);
INSERT INTO disruption_rate (organization_id, cents) VALUES (0, 5000);

-- How a ticket keeps people from their work: as its requester said, as staff corrected it.
CREATE TABLE disruption (
    ticket_id BIGINT PRIMARY KEY,
    degree BIGINT NOT NULL, -- enum disruption_degree
    people BIGINT NOT NULL CHECK (people > 0),
    said_degree BIGINT NOT NULL, -- by the requester; 0: nothing
    said_people BIGINT NOT NULL,
    corrected_by BIGINT,
    cents_an_hour BIGINT NOT NULL, -- all people together, while it lasts
    since BIGINT NOT NULL, -- when that began to count; 0 while it does not
    spent_cents BIGINT NOT NULL -- before that
);

-- What the ticket costs an hour as long as it is not solved; 0 for nothing.
ALTER TABLE ticket ADD COLUMN cost_rate BIGINT NOT NULL DEFAULT 0;
-- Open tickets, the dearest first.
CREATE INDEX ticket_cost ON ticket (cost_rate, id, status, deleted_at)
    WHERE deleted_at IS NULL AND status < 4;

INSERT INTO rule (id, kind, slug, title, active, is_default, position, audience, shown, group_down,
    sort_by, sort_down, created_at, updated_at) VALUES
    (14, 'view', 'costing', 'Costing most', 1, 1, 5, 'all', 'status subject requester updated', 0,
     'disruption_cost', 1, 1767225600000, 1767225600000);
INSERT INTO rule_term (rule_id, ordinal, part, place, field, operator, value, is_list) VALUES
    (14, 0, 0, 'all', 'status', 'less_than', 'solved', 0);
UPDATE rule_stamp SET stamp = 2 WHERE id = 1;
