-- Pictures that people upload have an address that changes with them; time zones of members; a company's first steps.
-- The digest of older pictures is empty: their address stays as it was.
ALTER TABLE member_photos ADD COLUMN digest TEXT NOT NULL DEFAULT '';
ALTER TABLE companies ADD COLUMN logo_type TEXT;
ALTER TABLE companies ADD COLUMN logo_digest TEXT;
UPDATE companies SET logo_type = 'image/png', logo_digest = '' WHERE logo IS NOT NULL;
-- IANA name; NULL for the company's.
ALTER TABLE members ADD COLUMN time_zone TEXT;
-- Whether somebody chose the company's time zone, or it is what its country begins with; and whether its administrators
-- have put the first steps away. Companies that are older than the first steps have taken theirs.
ALTER TABLE companies ADD COLUMN zone_chosen BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE companies ADD COLUMN steps_hidden BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE companies SET zone_chosen = TRUE, steps_hidden = TRUE;
