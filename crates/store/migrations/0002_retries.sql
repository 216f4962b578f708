-- Requests that carried an Idempotency-Key, written in the transaction of what they did (I-25). The answer follows once
-- it is known; a row without one says: done, and the answer is lost.
CREATE TABLE retries (
    member_id UUID NOT NULL REFERENCES members (id),
    retry_key TEXT NOT NULL,
    -- Which request of the server made the row.
    attempt UUID NOT NULL,
    -- Keyed hash of method, path and body.
    fingerprint BYTEA NOT NULL,
    at BIGINT NOT NULL,
    status BIGINT,
    body TEXT,
    PRIMARY KEY (member_id, retry_key)
) /*clustered*/;
