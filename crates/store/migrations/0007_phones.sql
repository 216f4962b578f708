-- Whose phone a number is, proven by a code. A number proves one member: whoever proved it last.
CREATE TABLE phone_proofs (
    member_id UUID NOT NULL PRIMARY KEY REFERENCES members (id),
    phone TEXT NOT NULL UNIQUE,
    verified_at BIGINT NOT NULL,
    -- Whether people outside find them by it (B4).
    searchable BOOLEAN NOT NULL
);

-- The code that a member was sent last. Only a keyed hash of it is kept.
CREATE TABLE phone_codes (
    member_id UUID NOT NULL PRIMARY KEY REFERENCES members (id),
    id UUID NOT NULL UNIQUE,
    phone TEXT NOT NULL,
    code_hash BYTEA NOT NULL,
    tries BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

-- Codes asked for within the last day: what their budgets are counted from.
CREATE TABLE phone_sends (
    id UUID NOT NULL PRIMARY KEY,
    member_id UUID NOT NULL REFERENCES members (id),
    company_id UUID NOT NULL REFERENCES companies (id),
    phone TEXT NOT NULL,
    at BIGINT NOT NULL
);
CREATE INDEX phone_sends_by_member ON phone_sends (member_id, at);
CREATE INDEX phone_sends_by_company ON phone_sends (company_id, at);
CREATE INDEX phone_sends_by_phone ON phone_sends (phone, at);

-- Which companies found whom by phone (L2): a line for a company and a day, as YYYY-MM-DD in UTC.
CREATE TABLE phone_finds (
    member_id UUID NOT NULL REFERENCES members (id),
    day TEXT NOT NULL,
    company_id UUID NOT NULL REFERENCES companies (id),
    PRIMARY KEY (member_id, day, company_id)
) /*clustered*/;
CREATE INDEX phone_finds_by_day ON phone_finds (day);
