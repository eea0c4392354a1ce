-- What a service needs before it is given: people who have to agree, step after step.
CREATE TABLE fulfil_step (
    id BIGINT PRIMARY KEY,
    service_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL, -- for staff; requesters and approvers never read it
    -- one: any of its people; all: each of them; manager: who leads the requester, or, where nobody
    -- does, any of its people
    kind TEXT NOT NULL CHECK (kind IN ('one', 'all', 'manager')),
    -- Left out when the answer to this number of the form is not above limit_over; 0: never.
    limit_mark BIGINT NOT NULL,
    limit_over BIGINT NOT NULL
);
-- The steps of a service in their order.
CREATE INDEX fulfil_step_service ON fulfil_step (service_id, position, id);

CREATE TABLE fulfil_step_person (
    step_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    PRIMARY KEY (step_id, user_id)
);
-- Where somebody decides, when two accounts become one.
CREATE INDEX fulfil_step_person_user ON fulfil_step_person (user_id);

-- A step as one request goes through it. What it asks for was copied from the service when the
-- request came, so that a later change of the service changes no request.
CREATE TABLE fulfil_gate (
    id BIGINT PRIMARY KEY,
    ticket_id BIGINT NOT NULL,
    position BIGINT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('one', 'all', 'manager')),
    state TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'yes', 'no', 'dropped')),
    created_at BIGINT NOT NULL,
    closed_at BIGINT -- agreed, refused, or dropped because the request ended
);
-- The steps of a request in their order.
CREATE INDEX fulfil_gate_ticket ON fulfil_gate (ticket_id, position, id);

-- One person who is asked to agree. waiting: the step has not begun; over: somebody else decided.
CREATE TABLE fulfil_ask (
    id BIGINT PRIMARY KEY,
    gate_id BIGINT NOT NULL,
    ticket_id BIGINT NOT NULL,
    user_id BIGINT NOT NULL,
    deputy_id BIGINT, -- who may decide as well, because user_id was away when they were asked
    state TEXT NOT NULL CHECK (state IN ('waiting', 'open', 'yes', 'no', 'over')),
    reason TEXT NOT NULL, -- of a refusal; the requester reads it
    decided_by BIGINT,
    decided_at BIGINT,
    asked_at BIGINT, -- when the first mail left
    told_at BIGINT, -- the last mail
    told INTEGER NOT NULL -- how many mails
);
-- Who is asked at a step of a request, and all who were.
CREATE UNIQUE INDEX fulfil_ask_gate ON fulfil_ask (gate_id, user_id);
CREATE INDEX fulfil_ask_ticket ON fulfil_ask (ticket_id, id);
-- Whom to remind.
CREATE INDEX fulfil_ask_told ON fulfil_ask (told_at) WHERE state = 'open';
-- What waits for one person's decision.
CREATE INDEX fulfil_ask_user ON fulfil_ask (user_id) WHERE state = 'open';
CREATE INDEX fulfil_ask_deputy ON fulfil_ask (deputy_id) WHERE state = 'open';
