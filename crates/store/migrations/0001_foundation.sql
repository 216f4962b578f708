-- One timeline for SQLite and PostgreSQL. Never edit a migration that was released: add the next one.
-- Types: ids UUID, time BIGINT (Unix ms), flags BOOLEAN, words and JSON TEXT, bytes BYTEA.
-- /*clustered*/ becomes WITHOUT ROWID on SQLite, where the table then is its primary key's one tree; nothing on PostgreSQL.

-- The head of the log. Every writing transaction begins by raising `position` here, so writers stand in one line and
-- positions are gap-free and in commit order on both databases. `policy_version` moves with every change that a
-- remembered decision could depend on.
CREATE TABLE heads (
    id BIGINT NOT NULL PRIMARY KEY CHECK (id = 1),
    position BIGINT NOT NULL,
    policy_version BIGINT NOT NULL,
    -- Distinguishes a restored database from the one it was copied from: cursors of another generation are refused.
    generation TEXT NOT NULL
);

CREATE TABLE companies (
    id UUID NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    domain TEXT NOT NULL UNIQUE,
    country TEXT NOT NULL,
    time_zone TEXT NOT NULL,
    logo BYTEA,
    active BOOLEAN NOT NULL,
    entitled BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    policy_version BIGINT NOT NULL,
    -- Position of the last change to what its members may do: what a resuming socket compares with its cursor.
    permission_position BIGINT NOT NULL,
    audit_seq BIGINT NOT NULL,
    audit_hash BYTEA NOT NULL
);

CREATE TABLE external_settings (
    company_id UUID NOT NULL REFERENCES companies (id),
    network TEXT NOT NULL CHECK (network IN ('partner', 'line')),
    connect BOOLEAN NOT NULL,
    mode TEXT NOT NULL CHECK (mode IN ('allMembers', 'selectedMembers')),
    grant_new_members BOOLEAN NOT NULL,
    files BOOLEAN NOT NULL,
    partner_rule TEXT NOT NULL CHECK (partner_rule IN ('any', 'only', 'except')),
    -- JSON array of domains in lower case.
    partner_domains TEXT NOT NULL,
    first_contact TEXT NOT NULL CHECK (first_contact IN ('open', 'request')),
    on_revoke TEXT NOT NULL CHECK (on_revoke IN ('readOnly', 'hidden')),
    version BIGINT NOT NULL,
    PRIMARY KEY (company_id, network)
);

CREATE TABLE members (
    id UUID NOT NULL PRIMARY KEY,
    company_id UUID NOT NULL REFERENCES companies (id),
    handle TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    nickname TEXT,
    title TEXT,
    email TEXT,
    phone TEXT,
    role TEXT NOT NULL CHECK (role IN ('owner', 'security', 'auditor', 'member')),
    status TEXT NOT NULL CHECK (status IN ('active', 'suspended', 'left')),
    password_hash TEXT,
    language TEXT,
    read_receipts BOOLEAN NOT NULL,
    -- Name, nickname, title and handle, folded: what searches look into.
    search TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    permission_position BIGINT NOT NULL
);
CREATE INDEX members_by_company ON members (company_id, handle);

CREATE TABLE member_photos (
    member_id UUID NOT NULL PRIMARY KEY REFERENCES members (id),
    media_type TEXT NOT NULL,
    bytes BYTEA NOT NULL
);

CREATE TABLE teams (
    id UUID NOT NULL PRIMARY KEY,
    company_id UUID NOT NULL REFERENCES companies (id),
    name TEXT NOT NULL,
    UNIQUE (company_id, name)
);

CREATE TABLE team_members (
    team_id UUID NOT NULL REFERENCES teams (id),
    member_id UUID NOT NULL REFERENCES members (id),
    PRIMARY KEY (team_id, member_id)
);
CREATE INDEX team_members_by_member ON team_members (member_id);

CREATE TABLE grants (
    company_id UUID NOT NULL REFERENCES companies (id),
    network TEXT NOT NULL CHECK (network IN ('partner', 'line')),
    -- A member's or a team's id, by `subject_kind`.
    subject_id UUID NOT NULL,
    subject_kind TEXT NOT NULL CHECK (subject_kind IN ('person', 'team')),
    effect TEXT NOT NULL CHECK (effect IN ('grant', 'exclude')),
    starts_at BIGINT,
    ends_at BIGINT,
    granted_at BIGINT NOT NULL,
    granted_by UUID REFERENCES members (id),
    PRIMARY KEY (subject_id, network)
);
CREATE INDEX grants_by_company ON grants (company_id, network);
CREATE INDEX grants_by_start ON grants (starts_at) WHERE starts_at IS NOT NULL;
CREATE INDEX grants_by_end ON grants (ends_at) WHERE ends_at IS NOT NULL;

-- One row for two people, the lower id first, for ever: a link that ended keeps who ended it.
CREATE TABLE links (
    member_a UUID NOT NULL REFERENCES members (id),
    member_b UUID NOT NULL REFERENCES members (id),
    id UUID NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('live', 'pending', 'ended')),
    -- Who is asked (pending) or who ended it (ended).
    by_member UUID REFERENCES members (id),
    since BIGINT NOT NULL,
    PRIMARY KEY (member_a, member_b)
);
CREATE INDEX links_by_b ON links (member_b);

CREATE TABLE blocks (
    id UUID NOT NULL PRIMARY KEY,
    blocker_id UUID NOT NULL REFERENCES members (id),
    blocked_id UUID NOT NULL REFERENCES members (id),
    since BIGINT NOT NULL,
    UNIQUE (blocker_id, blocked_id)
);

CREATE TABLE contacts (
    id UUID NOT NULL PRIMARY KEY,
    company_id UUID NOT NULL REFERENCES companies (id),
    owner_id UUID NOT NULL REFERENCES members (id),
    outsider_id UUID NOT NULL REFERENCES members (id),
    -- The last name and company seen while the link was live; shown from here once it no longer is.
    name TEXT NOT NULL,
    nickname TEXT NOT NULL,
    company_name TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    UNIQUE (owner_id, outsider_id)
);

CREATE TABLE rooms (
    id UUID NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('direct', 'group')),
    name TEXT,
    -- Both ids of a direct room, the lower first: two people have one direct room.
    direct_key TEXT UNIQUE,
    external BOOLEAN NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('open', 'frozen')),
    -- JSON array of reasons; `since` says from when.
    reasons TEXT NOT NULL,
    since BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    created_by UUID REFERENCES members (id)
);

-- What changes with every message, apart from what does not: one small row per room.
CREATE TABLE room_heads (
    room_id UUID NOT NULL PRIMARY KEY REFERENCES rooms (id),
    last_seq BIGINT NOT NULL,
    last_position BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    -- Moves with every change of participants, ranges, links or state: confirms a remembered decision.
    policy_version BIGINT NOT NULL
) /*clustered*/;

CREATE TABLE participants (
    room_id UUID NOT NULL REFERENCES rooms (id),
    member_id UUID NOT NULL REFERENCES members (id),
    company_id UUID NOT NULL REFERENCES companies (id),
    state TEXT NOT NULL CHECK (state IN ('active', 'paused', 'left')),
    reasons TEXT NOT NULL,
    since BIGINT NOT NULL,
    -- The end of their last range; NULL while they receive what is said.
    closed_seq BIGINT,
    closed_at BIGINT,
    read_seq BIGINT NOT NULL,
    -- The name as it was when the room froze for them: nothing is synced behind a freeze.
    shown_name TEXT,
    PRIMARY KEY (room_id, member_id)
) /*clustered*/;
CREATE INDEX participants_by_member ON participants (member_id, state);

-- The seqs a participant may see. `to_seq` is inclusive; NULL is the open end.
CREATE TABLE ranges (
    room_id UUID NOT NULL REFERENCES rooms (id),
    member_id UUID NOT NULL REFERENCES members (id),
    from_seq BIGINT NOT NULL,
    to_seq BIGINT,
    PRIMARY KEY (room_id, member_id, from_seq)
) /*clustered*/;

-- The room log: messages and notices under one gap-free number. One of the two trees of the hot path.
CREATE TABLE messages (
    room_id UUID NOT NULL,
    seq BIGINT NOT NULL,
    id UUID NOT NULL,
    position BIGINT NOT NULL,
    sent_at BIGINT NOT NULL,
    -- NULL in a notice.
    author_id UUID,
    client_id TEXT,
    body TEXT,
    -- JSON; NULL in a message.
    notice TEXT,
    PRIMARY KEY (room_id, seq)
) /*clustered*/;

-- The other one: which number a client's own id was given, for ever (I-18).
CREATE TABLE client_ids (
    room_id UUID NOT NULL,
    author_id UUID NOT NULL,
    client_id TEXT NOT NULL,
    seq BIGINT NOT NULL,
    PRIMARY KEY (room_id, author_id, client_id)
) /*clustered*/;

CREATE TABLE sessions (
    id UUID NOT NULL PRIMARY KEY,
    member_id UUID NOT NULL REFERENCES members (id),
    secret_hash BYTEA NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_member ON sessions (member_id);

CREATE TABLE tokens (
    id UUID NOT NULL PRIMARY KEY,
    member_id UUID NOT NULL REFERENCES members (id),
    secret_hash BYTEA NOT NULL UNIQUE,
    label TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);
CREATE INDEX tokens_by_member ON tokens (member_id);

-- One chain per company. `content_hash` covers what the entry says, `hash` chains it to the one before.
CREATE TABLE audit_entries (
    company_id UUID NOT NULL REFERENCES companies (id),
    seq BIGINT NOT NULL,
    id UUID NOT NULL,
    at BIGINT NOT NULL,
    category TEXT NOT NULL,
    action TEXT NOT NULL,
    actor_id UUID,
    target TEXT,
    details TEXT NOT NULL,
    ip TEXT,
    nonce BYTEA NOT NULL,
    content_hash BYTEA NOT NULL,
    hash BYTEA NOT NULL,
    PRIMARY KEY (company_id, seq)
) /*clustered*/;
