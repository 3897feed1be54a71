-- Which items bear a date: one under a new name is known by title and instant.
CREATE INDEX items_published ON items (published)
