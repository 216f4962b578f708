-- How long an invitation counts at the most, as the company says.
ALTER TABLE external_settings ADD COLUMN max_invitation_days BIGINT NOT NULL DEFAULT 365;

-- Invitations, and the cards of members, which are invitations without term. The code that opens one is found by its
-- hash; its owner sees it again because it is kept sealed with the server's key, which is not in the database (I-46).
CREATE TABLE invitations (
    id UUID NOT NULL PRIMARY KEY,
    company_id UUID NOT NULL REFERENCES companies (id),
    inviter_id UUID NOT NULL REFERENCES members (id),
    network TEXT NOT NULL CHECK (network IN ('partner', 'line')),
    kind TEXT NOT NULL CHECK (kind IN ('invitation', 'card')),
    code_hash BYTEA NOT NULL UNIQUE,
    -- Empty once it was revoked: then nobody needs to see it again.
    sealed_code BYTEA NOT NULL,
    purpose TEXT,
    -- To whom it was mailed.
    email TEXT,
    created_at BIGINT NOT NULL,
    -- NULL for a card.
    expires_at BIGINT,
    -- NULL for any number.
    max_uses BIGINT,
    uses BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX invitations_by_inviter ON invitations (inviter_id, id);
-- A member has one card at a time.
CREATE UNIQUE INDEX invitations_card ON invitations (inviter_id) WHERE kind = 'card' AND revoked_at IS NULL;

-- Who came in by which invitation, under the names they had then.
CREATE TABLE invitation_uses (
    invitation_id UUID NOT NULL REFERENCES invitations (id),
    member_id UUID NOT NULL REFERENCES members (id),
    name TEXT NOT NULL,
    company_name TEXT NOT NULL,
    at BIGINT NOT NULL,
    PRIMARY KEY (invitation_id, member_id)
) /*clustered*/;
