-- What has to be done for each request of a service. Tasks of one stage run side by side; the next
-- stage begins when they are done.
CREATE TABLE fulfil_plan (
    id BIGINT PRIMARY KEY,
    service_id BIGINT NOT NULL,
    stage BIGINT NOT NULL, -- from 1
    name TEXT NOT NULL,
    group_id BIGINT, -- who does it; NULL: any agent
    -- Only where an answer of the form is so; 0: always.
    when_mark BIGINT NOT NULL,
    when_value TEXT NOT NULL
);
-- A service's tasks in their order.
CREATE INDEX fulfil_plan_service ON fulfil_plan (service_id, stage, id);

-- A task of one request, copied from the plan when the request came, or added by an agent.
CREATE TABLE fulfil_task (
    id BIGINT PRIMARY KEY,
    ticket_id BIGINT NOT NULL,
    stage BIGINT NOT NULL,
    name TEXT NOT NULL,
    group_id BIGINT,
    assignee_id BIGINT, -- who has taken it
    state TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'done', 'skipped')),
    note TEXT NOT NULL, -- what came of it, for staff
    done_by BIGINT,
    opened_at BIGINT,
    done_at BIGINT
);
-- A ticket's tasks in their order.
CREATE INDEX fulfil_task_ticket ON fulfil_task (ticket_id, stage, id);
-- What waits to be done, oldest first.
CREATE INDEX fulfil_task_open ON fulfil_task (opened_at, id) WHERE state = 'open';

-- A new starter (service 4): mark 5 is whether they need a computer, 7 a telephone.
INSERT INTO fulfil_plan (id, service_id, stage, name, group_id, when_mark, when_value) VALUES
    (1, 4, 1, 'Make the account and the mailbox', NULL, 0, ''),
    (2, 4, 1, 'Prepare the place to work', NULL, 0, ''),
    (3, 4, 1, 'Set up the computer', NULL, 5, 'yes'),
    (4, 4, 1, 'Give a telephone number and set up the telephone', NULL, 7, 'yes'),
    (5, 4, 2, 'Give programs and rights', NULL, 0, ''),
    (6, 4, 3, 'Welcome them on the first day and hand everything over', NULL, 0, ''),
    (7, 4, 4, 'Ask after a week whether all is there', NULL, 0, '');
