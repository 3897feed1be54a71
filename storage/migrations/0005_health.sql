-- When polls last worked again after they had failed.
ALTER TABLE feeds ADD COLUMN recovered {{time}};
-- What the last flood (see flooded) brought: new items that are no news, and known ones under new names;
-- and of which flood the feed's owner was told.
ALTER TABLE feeds ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN renamed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feeds ADD COLUMN flood_told {{time}};
-- What a feed brought lately.
CREATE INDEX sightings_feed ON sightings (feed_id, seen)
