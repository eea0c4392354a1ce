-- Other places where people sign in (OpenID Connect), and who is who there.
CREATE TABLE sso_provider (
    id BIGINT PRIMARY KEY,
    name TEXT NOT NULL, -- as the button says it
    issuer TEXT NOT NULL,
    client TEXT NOT NULL,
    secret TEXT NOT NULL, -- sealed; '' for none
    ca TEXT NOT NULL, -- PEM of the authority that signed the provider's certificate; '' for the system's
    newcomers INTEGER NOT NULL CHECK (newcomers IN (0, 1)), -- 1: who is not known here becomes a requester
    trusts_mail INTEGER NOT NULL CHECK (trusts_mail IN (0, 1)), -- 1: an address counts although the provider does not say that it was verified
    second_step INTEGER NOT NULL CHECK (second_step IN (0, 1)), -- 1: the provider asks for a second step, ours is not asked for
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL
);

-- Whose the provider's accounts are.
CREATE TABLE sso_identity (
    provider_id BIGINT NOT NULL,
    subject TEXT NOT NULL,
    user_id BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    PRIMARY KEY (provider_id, subject)
);
-- Those of a person.
CREATE INDEX sso_identity_user ON sso_identity (user_id);
