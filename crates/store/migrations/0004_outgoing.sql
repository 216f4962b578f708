-- Mail and text messages on their way out. Written in the transaction of what they tell of; sent by the server afterwards.
CREATE TABLE outgoing (
    id UUID NOT NULL PRIMARY KEY,
    company_id UUID NOT NULL REFERENCES companies (id),
    kind TEXT NOT NULL CHECK (kind IN ('mail', 'text')),
    -- What it is about; says which right is looked at again when it is tried.
    purpose TEXT NOT NULL,
    -- The thing of that purpose, such as a link to set a password.
    subject_id UUID NOT NULL,
    -- An address or a number.
    recipient TEXT NOT NULL,
    -- Sealed with the server's key, because it holds links and codes. NULL once nothing is to be sent any more.
    payload BYTEA,
    -- The same thing is put into the queue once.
    once_key TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('queued', 'sent', 'refused', 'dropped')),
    attempts BIGINT NOT NULL,
    next_at BIGINT NOT NULL,
    -- While it is being tried: until when others leave it alone.
    claimed_until BIGINT,
    -- Why the last try failed, in a few words of our own.
    error TEXT,
    created_at BIGINT NOT NULL,
    settled_at BIGINT
);
CREATE INDEX outgoing_queued ON outgoing (kind, next_at) WHERE state = 'queued';
CREATE INDEX outgoing_by_subject ON outgoing (subject_id);

-- Links by which somebody sets their password. Only the secret's hash is kept.
CREATE TABLE password_links (
    id UUID NOT NULL PRIMARY KEY,
    member_id UUID NOT NULL REFERENCES members (id),
    purpose TEXT NOT NULL CHECK (purpose IN ('reset', 'first')),
    secret_hash BYTEA NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('open', 'used', 'replaced')),
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX password_links_by_member ON password_links (member_id, created_at);
