-- What the desk offers, and how it is asked for.
CREATE TABLE catalogue_service (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL,
    summary TEXT NOT NULL, -- one sentence below the name
    position BIGINT NOT NULL, -- in the list
    is_open INTEGER NOT NULL CHECK (is_open IN (0, 1)), -- people can ask for it
    created_at BIGINT NOT NULL
);
-- The list of services in its order.
CREATE INDEX catalogue_service_position ON catalogue_service (position, id);

-- One version of a service's form. A published one never changes: requests were made with it.
CREATE TABLE catalogue_form (
    id BIGINT PRIMARY KEY,
    service_id BIGINT NOT NULL,
    number BIGINT NOT NULL, -- from 1 within the service
    state TEXT NOT NULL CHECK (state IN ('draft', 'published')),
    created_by BIGINT, -- nobody: it came with the program
    created_at BIGINT NOT NULL
);
-- The newest version of a service, and the newest one that is published.
CREATE UNIQUE INDEX catalogue_form_number ON catalogue_form (service_id, number);

CREATE TABLE catalogue_field (
    form_id BIGINT NOT NULL,
    mark BIGINT NOT NULL, -- names the field within its service, from version to version
    position BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('text', 'long', 'choice', 'yes', 'date', 'number', 'person',
        'file')),
    label TEXT NOT NULL,
    hint TEXT NOT NULL,
    required INTEGER NOT NULL CHECK (required IN (0, 1)),
    choices TEXT NOT NULL, -- of a choice: a line each
    preset TEXT NOT NULL CHECK (preset IN ('', 'name', 'email')), -- filled in from the person
    -- Shown only when an earlier field has this answer; 0: always.
    when_mark BIGINT NOT NULL,
    when_value TEXT NOT NULL,
    PRIMARY KEY (form_id, mark)
);

-- Which form a ticket was asked with. The answers are the ticket's first comment and nowhere else,
-- so that what is redacted there is gone.
CREATE TABLE catalogue_request (
    ticket_id BIGINT PRIMARY KEY,
    form_id BIGINT NOT NULL
);
-- How many requests a version has.
CREATE INDEX catalogue_request_form ON catalogue_request (form_id);

INSERT INTO catalogue_service (id, name, summary, position, is_open, created_at) VALUES
    (1, 'Equipment request', 'A computer, a screen, a telephone or something else to work with.', 1, 1, 0),
    (2, 'Repair', 'Something is broken and should be mended.', 2, 1, 0),
    (3, 'Network account change', 'A new account, other rights, a new name, or an account that ends.', 3, 1, 0),
    (4, 'New starter', 'Somebody begins to work here and needs a place, equipment and accounts.', 4, 1, 0),
    (5, 'Media duplication', 'Copies of discs, tapes, recordings or printed matter.', 5, 1, 0),
    (6, 'Room and distance-teaching technology', 'Technology in a room, or help with teaching at a distance.', 6, 1, 0),
    (7, 'Software request', 'A program that you need on your computer.', 7, 1, 0),
    (8, 'Something else', 'Whatever stands nowhere in this list.', 8, 1, 0);
INSERT INTO catalogue_form (id, service_id, number, state, created_by, created_at) VALUES
    (1, 1, 1, 'published', NULL, 0), (2, 2, 1, 'published', NULL, 0),
    (3, 3, 1, 'published', NULL, 0), (4, 4, 1, 'published', NULL, 0),
    (5, 5, 1, 'published', NULL, 0), (6, 6, 1, 'published', NULL, 0),
    (7, 7, 1, 'published', NULL, 0), (8, 8, 1, 'published', NULL, 0);
INSERT INTO catalogue_field (form_id, mark, position, kind, label, hint, required, choices, preset,
    when_mark, when_value) VALUES
    (1, 1, 1, 'choice', 'What do you need?', '', 1, 'Laptop
Computer at a desk
Screen
Telephone
Printer
Something else', '', 0, ''),
    (1, 2, 2, 'text', 'What exactly?', '', 1, '', '', 1, 'Something else'),
    (1, 3, 3, 'person', 'Who is it for?', 'Their mail address', 1, '', 'email', 0, ''),
    (1, 4, 4, 'long', 'What is it needed for?', '', 1, '', '', 0, ''),
    (1, 5, 5, 'date', 'By when?', '', 0, '', '', 0, ''),
    (1, 6, 6, 'text', 'Where shall we bring it?', 'Building and room', 0, '', '', 0, ''),
    (2, 1, 1, 'text', 'What is broken?', '', 1, '', '', 0, ''),
    (2, 2, 2, 'text', 'Number on its label', 'If it has one', 0, '', '', 0, ''),
    (2, 3, 3, 'long', 'What happens?', '', 1, '', '', 0, ''),
    (2, 4, 4, 'text', 'Where is it?', 'Building and room', 1, '', '', 0, ''),
    (2, 5, 5, 'file', 'A picture of it', '', 0, '', '', 0, ''),
    (3, 1, 1, 'choice', 'What shall change?', '', 1, 'A new account
Other rights
A new name
The account ends', '', 0, ''),
    (3, 2, 2, 'person', 'Whose account is it?', 'Their mail address', 1, '', 'email', 0, ''),
    (3, 3, 3, 'text', 'The new name', '', 1, '', '', 1, 'A new name'),
    (3, 4, 4, 'long', 'Which rights?', 'Shares, programs, groups', 1, '', '', 1, 'Other rights'),
    (3, 5, 5, 'date', 'The last day', '', 1, '', '', 1, 'The account ends'),
    (3, 6, 6, 'long', 'Is there more to know?', '', 0, '', '', 0, ''),
    (4, 1, 1, 'text', 'Name of the new colleague', '', 1, '', '', 0, ''),
    (4, 2, 2, 'date', 'First day', '', 1, '', '', 0, ''),
    (4, 3, 3, 'person', 'Who leads them?', 'The mail address', 1, '', 'email', 0, ''),
    (4, 4, 4, 'text', 'Where do they work?', 'Building and room', 1, '', '', 0, ''),
    (4, 5, 5, 'yes', 'They need a computer', '', 0, '', '', 0, ''),
    (4, 6, 6, 'choice', 'Which computer?', '', 1, 'Laptop
Computer at a desk', '', 5, 'yes'),
    (4, 7, 7, 'yes', 'They need a telephone', '', 0, '', '', 0, ''),
    (4, 8, 8, 'long', 'Programs and rights', '', 0, '', '', 0, ''),
    (5, 1, 1, 'choice', 'What is to be copied?', '', 1, 'CD or DVD
Tape
Recording of a lecture
Printed matter', '', 0, ''),
    (5, 2, 2, 'number', 'How many copies?', '', 1, '', '', 0, ''),
    (5, 3, 3, 'date', 'By when?', '', 0, '', '', 0, ''),
    (5, 4, 4, 'yes', 'We hold the rights, or may copy it', '', 1, '', '', 0, ''),
    (5, 5, 5, 'file', 'The file, if it is one', '', 0, '', '', 0, ''),
    (6, 1, 1, 'choice', 'What is it about?', '', 1, 'A room
Teaching at a distance', '', 0, ''),
    (6, 2, 2, 'text', 'Which room?', '', 1, '', '', 1, 'A room'),
    (6, 3, 3, 'text', 'Which course?', '', 1, '', '', 1, 'Teaching at a distance'),
    (6, 4, 4, 'date', 'When is it needed?', '', 1, '', '', 0, ''),
    (6, 5, 5, 'number', 'How many people?', '', 0, '', '', 0, ''),
    (6, 6, 6, 'long', 'What do you need there?', '', 1, '', '', 0, ''),
    (7, 1, 1, 'text', 'Which program?', '', 1, '', '', 0, ''),
    (7, 2, 2, 'text', 'On which computer?', 'Its name or number', 0, '', '', 0, ''),
    (7, 3, 3, 'long', 'What do you need it for?', '', 1, '', '', 0, ''),
    (8, 1, 1, 'long', 'What do you need?', 'In your own words', 1, '', '', 0, ''),
    (8, 2, 2, 'file', 'Pictures or files, if they help', '', 0, '', '', 0, '');
