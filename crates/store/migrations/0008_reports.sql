-- What members reported to the administrators of their own company. It belongs to that company alone: nobody of the
-- reported person's company is ever told of it.
CREATE TABLE reports (
    id UUID NOT NULL PRIMARY KEY,
    company_id UUID NOT NULL REFERENCES companies (id),
    reporter_id UUID NOT NULL REFERENCES members (id),
    room_id UUID NOT NULL REFERENCES rooms (id),
    -- Whom it is about, and how the room named them to the reporter at that moment.
    reported_id UUID NOT NULL REFERENCES members (id),
    reported_name TEXT NOT NULL,
    reported_company TEXT NOT NULL,
    reported_domain TEXT NOT NULL,
    reason TEXT NOT NULL CHECK (reason IN ('spam', 'harassment', 'impersonation', 'other')),
    note TEXT,
    -- JSON array: the messages as the reporter saw them. A copy, so it says the same whatever becomes of the room.
    messages TEXT NOT NULL,
    -- Whether the reporter blocked the person in the same act.
    blocked BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'closed')),
    outcome TEXT CHECK (outcome IN ('noAction', 'blocked', 'partnerRemoved', 'other')),
    closing_note TEXT,
    closed_by UUID REFERENCES members (id),
    closed_at BIGINT,
    -- Position of its last change.
    position BIGINT NOT NULL
);
CREATE INDEX reports_by_company ON reports (company_id, created_at, id);

-- How far others see that somebody has read, where that stands still: behind a freeze, a pause, or their own block.
ALTER TABLE participants ADD COLUMN shown_read_seq BIGINT;
UPDATE participants SET shown_read_seq = read_seq WHERE closed_seq IS NOT NULL;
-- Position of the last change to the room for this participant alone: their own block or read mark, and for whom the room
-- is closed, how it stands.
ALTER TABLE participants ADD COLUMN own_position BIGINT NOT NULL DEFAULT 0;
UPDATE participants SET own_position = (SELECT last_position FROM room_heads WHERE room_heads.room_id = participants.room_id)
    WHERE closed_seq IS NOT NULL;
