-- How a page is read that is followed in place of a feed: selectors as JSON; '': it is a feed.
ALTER TABLE feeds ADD COLUMN list TEXT NOT NULL DEFAULT '';
-- Seconds: between two of its items as a rule (0: not known), and what the feed asks for between polls.
ALTER TABLE feeds ADD COLUMN rhythm BIGINT NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN ttl BIGINT NOT NULL DEFAULT 0;
-- Sets of bits: hours of the day (bit 0: midnight to one, UTC) and days of the week (bit 0: Sunday).
ALTER TABLE feeds ADD COLUMN skip_hours BIGINT NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN skip_days BIGINT NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN hub TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN self TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN last_body {{time}};
-- The address that etag and last_modified came from, which alone they are sent to.
ALTER TABLE feeds ADD COLUMN validated TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN moved_to TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN moved_since {{time}};
ALTER TABLE feeds ADD COLUMN moved_polls INTEGER NOT NULL DEFAULT 0;
-- Where it was adopted: the address that is asked in place of url.
ALTER TABLE feeds ADD COLUMN adopted TEXT NOT NULL DEFAULT '';
ALTER TABLE feeds ADD COLUMN marks {{bytes}};
ALTER TABLE feeds ADD COLUMN unstable INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN troubled {{time}};
ALTER TABLE feeds ADD COLUMN flooded {{time}};
-- Until when its hub pushes what is new.
ALTER TABLE feeds ADD COLUMN pushed {{time}};

-- Hosts that asked to be left alone.
CREATE TABLE holds (
  host TEXT PRIMARY KEY,
  until {{time}} NOT NULL
)
