-- What somebody shows besides a password or a mailed link when they sign in.
CREATE TABLE second_factor (
    id BIGINT PRIMARY KEY,
    user_id BIGINT NOT NULL,
    kind TEXT NOT NULL CHECK (kind IN ('totp', 'passkey')),
    name TEXT NOT NULL,
    secret TEXT NOT NULL, -- of totp, sealed; else ''
    credential TEXT NOT NULL, -- of a passkey: its id in base64url; else ''
    public_key TEXT NOT NULL, -- of a passkey: SubjectPublicKeyInfo (RFC 5280) in base64; else ''
    counter BIGINT NOT NULL, -- totp: the last step that was used; passkey: its count of signatures
    challenge TEXT NOT NULL, -- the last that a passkey answered, so that none is answered twice
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL -- 0: never
);
-- Those of a person.
CREATE INDEX second_factor_user ON second_factor (user_id, id);
-- Whose passkey this is.
CREATE UNIQUE INDEX second_factor_credential ON second_factor (credential) WHERE credential <> '';

-- For the day when the phone is lost: each works once.
CREATE TABLE recovery_code (
    user_id BIGINT NOT NULL,
    hash TEXT NOT NULL, -- keyed with the desk's secret
    used_at BIGINT NOT NULL, -- 0: still good
    PRIMARY KEY (user_id, hash)
);
