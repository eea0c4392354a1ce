-- Service levels: when the desk works, what it owes to whom, and the clocks that run on it.

-- Working hours. The first by position counts for whoever has none of their own.
CREATE TABLE schedule (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- Minutes since Sunday 00:00 in the schedule's zone.
CREATE TABLE schedule_interval (
    schedule_id BIGINT NOT NULL,
    start_minute BIGINT NOT NULL,
    end_minute BIGINT NOT NULL,
    PRIMARY KEY (schedule_id, start_minute)
);
-- Local days since 1970-01-01, both included.
CREATE TABLE schedule_holiday (
    id BIGINT PRIMARY KEY,
    schedule_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    first_day BIGINT NOT NULL,
    last_day BIGINT NOT NULL
);
-- Groups that work at other hours than the rest.
CREATE TABLE schedule_group (
    group_id BIGINT PRIMARY KEY,
    schedule_id BIGINT NOT NULL
);

-- What is owed to tickets that match; the first by position counts.
CREATE TABLE sla_policy (
    id BIGINT PRIMARY KEY,
    title TEXT NOT NULL,
    description TEXT NOT NULL,
    position BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);
-- Conditions of policies, as rule_term has them.
CREATE TABLE sla_term (
    policy_id BIGINT NOT NULL,
    ordinal BIGINT NOT NULL,
    part BIGINT NOT NULL,
    place TEXT NOT NULL CHECK (place IN ('all', 'any')),
    field TEXT NOT NULL,
    operator TEXT,
    value TEXT,
    is_list INTEGER NOT NULL CHECK (is_list IN (0, 1)),
    PRIMARY KEY (policy_id, ordinal, part)
);
CREATE TABLE sla_target (
    policy_id BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    metric BIGINT NOT NULL, -- enum meter of desk/service/meters.h
    target_ms BIGINT NOT NULL CHECK (target_ms > 0),
    business INTEGER NOT NULL CHECK (business IN (0, 1)), -- in working hours
    PRIMARY KEY (policy_id, priority, metric)
);

-- A random number that every change of schedules and policies replaces.
CREATE TABLE service_stamp (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    stamp BIGINT NOT NULL
);
INSERT INTO service_stamp (id, stamp) VALUES (1, 1);

-- What a ticket is owed now: another policy, priority or schedule makes its clocks anew.
CREATE TABLE sla_ticket (
    ticket_id BIGINT PRIMARY KEY,
    policy_id BIGINT NOT NULL,
    priority BIGINT NOT NULL,
    schedule_id BIGINT, -- none: there are no schedules, every hour counts
    replied INTEGER NOT NULL CHECK (replied IN (0, 1)), -- staff answered once
    changed_at BIGINT NOT NULL -- of the policy, when it was applied
);
-- The tickets of a schedule, whose deadlines move when it changes.
CREATE INDEX sla_ticket_schedule ON sla_ticket (schedule_id, ticket_id);

-- The clock of one metric of a ticket, in its latest instance.
CREATE TABLE sla_clock (
    ticket_id BIGINT NOT NULL,
    metric BIGINT NOT NULL,
    instance BIGINT NOT NULL,
    phase BIGINT NOT NULL, -- enum phase
    since BIGINT NOT NULL, -- of the phase
    wall_ms BIGINT NOT NULL, -- used before that, every hour counted
    open_ms BIGINT NOT NULL, -- the same in working hours
    target_ms BIGINT NOT NULL,
    business INTEGER NOT NULL CHECK (business IN (0, 1)),
    breach_at BIGINT, -- while it runs: when its time is over
    breached INTEGER NOT NULL CHECK (breached IN (0, 1)),
    fire_at BIGINT, -- breach_at until it was dealt with
    PRIMARY KEY (ticket_id, metric)
);
-- Clocks whose time is over, the longest first.
CREATE INDEX sla_clock_fire ON sla_clock (fire_at, ticket_id, metric) WHERE fire_at IS NOT NULL;

-- What happened to clocks, never changed.
CREATE TABLE metric_event (
    id BIGINT PRIMARY KEY,
    ticket_id BIGINT NOT NULL,
    metric BIGINT NOT NULL,
    instance BIGINT NOT NULL,
    kind BIGINT NOT NULL, -- enum meter_event
    at BIGINT NOT NULL, -- when it happened
    noted_at BIGINT NOT NULL, -- when it was found out
    policy_id BIGINT,
    policy_title TEXT, -- as it was then
    target_ms BIGINT,
    business INTEGER CHECK (business IN (0, 1)),
    calendar_ms BIGINT, -- of update_status
    business_ms BIGINT
);
-- The export, in order of finding out.
CREATE INDEX metric_event_noted ON metric_event (noted_at, id);
-- A ticket's own.
CREATE INDEX metric_event_ticket ON metric_event (ticket_id, id);

-- When the next of a ticket's clocks runs out, or did; none when none runs.
ALTER TABLE ticket ADD COLUMN breach_at BIGINT;
-- Lists by what must be done first.
CREATE INDEX ticket_breach ON ticket (breach_at, id, status, deleted_at)
    WHERE deleted_at IS NULL AND breach_at IS NOT NULL;
