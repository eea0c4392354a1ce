-- Who leads whom: whose agreement a person needs for what they ask for. A person has one manager or
-- none; both are people that are not deleted.
CREATE TABLE person_manager (
    user_id BIGINT PRIMARY KEY,
    manager_id BIGINT NOT NULL
);
-- Whom somebody leads, when that person ends.
CREATE INDEX person_manager_of ON person_manager (manager_id);
