-- The contact book: plain contacts beside outsiders, fields, sharing, trash.

CREATE TABLE contacts_with_fields (
    id UUID NOT NULL PRIMARY KEY,
    company_id UUID NOT NULL REFERENCES companies (id),
    owner_id UUID NOT NULL REFERENCES members (id),
    kind TEXT NOT NULL CHECK (kind IN ('plain', 'partner', 'line')),
    -- The person of another company; NULL in a plain contact.
    outsider_id UUID REFERENCES members (id),
    name TEXT NOT NULL,
    -- Whether the owner has given the name: it follows the other side until then.
    name_edited BOOLEAN NOT NULL,
    nickname TEXT,
    company_name TEXT,
    -- JSON: e-mails, phones and all else that can be edited.
    details TEXT NOT NULL,
    visibility TEXT NOT NULL CHECK (visibility IN ('owner', 'members', 'company')),
    colleagues_may_edit BOOLEAN NOT NULL,
    -- When nickname and company last followed the other side, and since when they no longer do.
    synced_at BIGINT,
    sync_stopped_at BIGINT,
    trashed_at BIGINT,
    trashed_by UUID REFERENCES members (id),
    -- Moves with every change of what can be edited: what If-Match is held against.
    version BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    position BIGINT NOT NULL,
    -- Written by Rust, by the rules with this number (0: not yet): what searches look into, what lists are sorted by.
    folding BIGINT NOT NULL,
    search TEXT NOT NULL,
    sort_name BYTEA NOT NULL,
    sort_company BYTEA NOT NULL,
    UNIQUE (owner_id, outsider_id),
    CHECK (kind <> 'partner' OR outsider_id IS NOT NULL)
);
INSERT INTO contacts_with_fields (id, company_id, owner_id, kind, outsider_id, name, name_edited, nickname, company_name,
    details, visibility, colleagues_may_edit, synced_at, sync_stopped_at, trashed_at, trashed_by, version, created_at,
    position, folding, search, sort_name, sort_company)
SELECT c.id, c.company_id, c.owner_id, 'partner', c.outsider_id, c.name, FALSE, c.nickname, c.company_name,
    '{}', 'owner', FALSE, c.created_at, NULL, NULL, NULL, 1, c.created_at,
    c.position, 0, '', r.empty, r.empty
FROM contacts c JOIN (SELECT substr(audit_hash, 1, 0) AS empty, id FROM companies) r ON r.id = c.company_id;
DROP TABLE contacts;
ALTER TABLE contacts_with_fields RENAME TO contacts;
CREATE INDEX contacts_by_name ON contacts (company_id, sort_name, id);
CREATE INDEX contacts_by_company ON contacts (company_id, sort_company, id);
CREATE INDEX contacts_by_age ON contacts (company_id, created_at, id);
CREATE INDEX contacts_by_position ON contacts (company_id, position);
CREATE INDEX contacts_by_outsider ON contacts (outsider_id);
CREATE INDEX contacts_in_trash ON contacts (trashed_at) WHERE trashed_at IS NOT NULL;

CREATE TABLE contact_tags (
    contact_id UUID NOT NULL REFERENCES contacts (id),
    folded TEXT NOT NULL,
    tag TEXT NOT NULL,
    PRIMARY KEY (contact_id, folded)
) /*clustered*/;
CREATE INDEX contact_tags_by_tag ON contact_tags (folded);

CREATE TABLE contact_photos (
    contact_id UUID NOT NULL PRIMARY KEY REFERENCES contacts (id),
    media_type TEXT NOT NULL,
    bytes BYTEA NOT NULL
);

-- To whom a contact with visibility `members` is shown: a member's or a team's id.
CREATE TABLE contact_shares (
    contact_id UUID NOT NULL REFERENCES contacts (id),
    subject_id UUID NOT NULL,
    subject_kind TEXT NOT NULL CHECK (subject_kind IN ('member', 'team')),
    PRIMARY KEY (contact_id, subject_id)
) /*clustered*/;
CREATE INDEX contact_shares_by_subject ON contact_shares (subject_id);

-- For whom (a member, or all members of a company) a contact came into sight or went out of it, and at which position:
-- what a resuming socket is told besides contacts that changed. A contact that was purged is still named here.
CREATE TABLE contact_sights (
    subject_id UUID NOT NULL,
    contact_id UUID NOT NULL,
    position BIGINT NOT NULL,
    PRIMARY KEY (subject_id, contact_id)
) /*clustered*/;
CREATE INDEX contact_sights_by_position ON contact_sights (subject_id, position);

-- A company without a row has the values a new one begins with (A7a).
CREATE TABLE contact_books (
    company_id UUID NOT NULL PRIMARY KEY REFERENCES companies (id),
    default_visibility TEXT NOT NULL CHECK (default_visibility IN ('owner', 'company')),
    colleagues_may_edit BOOLEAN NOT NULL,
    trash_days BIGINT NOT NULL CHECK (trash_days BETWEEN 0 AND 365),
    legal_hold BOOLEAN NOT NULL,
    version BIGINT NOT NULL
);

-- Both can have ended a link: the second one is kept here, and their ending outlives the first one's change of mind.
ALTER TABLE links ADD COLUMN also_ended_by UUID REFERENCES members (id);
-- Whether the link was ever live: somebody who has not yet said yes is asked again, however often they are added.
ALTER TABLE links ADD COLUMN accepted BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE links SET accepted = (state = 'live');
