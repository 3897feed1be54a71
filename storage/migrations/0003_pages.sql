-- The article pages of items whose feed asks for full text. state is one of
-- feeds.PageState. waiting: the item has no rank among the news before its page
-- is done, or deadline is reached. kept: the item's content is the page's text;
-- keywords are the page's own. tries counts those that were begun.
CREATE TABLE pages (
  item_id BIGINT PRIMARY KEY REFERENCES items (id),
  url TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  waiting BOOLEAN NOT NULL,
  deadline {{time}} NOT NULL,
  wanted {{time}} NOT NULL,
  next_try {{time}} NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  done {{time}},
  kept BOOLEAN NOT NULL DEFAULT FALSE,
  keywords TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX pages_due ON pages (next_try, item_id) WHERE state = 'wanted';
CREATE INDEX pages_waiting ON pages (deadline) WHERE waiting;

-- On how many pages of one site a line stood. hash is of site and line, see lineHash.
CREATE TABLE page_lines (
  hash BIGINT PRIMARY KEY,
  pages INTEGER NOT NULL,
  seen {{time}} NOT NULL
)
