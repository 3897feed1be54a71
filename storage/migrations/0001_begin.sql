-- {{tokens}} are replaced by each database's own words, see dialect.go.

CREATE TABLE feeds (
  id {{serial}},
  url TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  title TEXT NOT NULL DEFAULT '',
  site TEXT NOT NULL DEFAULT '',
  role TEXT NOT NULL,
  owner TEXT NOT NULL,
  full_text BOOLEAN NOT NULL,
  origin TEXT NOT NULL,
  active BOOLEAN NOT NULL,
  etag TEXT NOT NULL DEFAULT '',
  last_modified TEXT NOT NULL DEFAULT '',
  body_hash TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  since {{time}},
  failures INTEGER NOT NULL DEFAULT 0,
  last_poll {{time}},
  last_success {{time}},
  next_poll {{time}},
  last_new {{time}},
  items INTEGER NOT NULL DEFAULT 0
);

-- One row: the highest numbers given so far.
CREATE TABLE counters (
  item BIGINT NOT NULL,
  news BIGINT NOT NULL,
  topics BIGINT NOT NULL
);
INSERT INTO counters (item, news, topics) VALUES (0, 0, 0);

-- feed_id is the first feed that carried the item; its text is that feed's.
-- slot is the item's place in time, see slot() in index.go; the full-text index
-- and lists of the newest go by it.
CREATE TABLE items (
  id {{key}},
  feed_id BIGINT NOT NULL REFERENCES feeds (id),
  news BIGINT NOT NULL,
  archive BOOLEAN NOT NULL,
  seen {{time}} NOT NULL,
  dated {{time}} NOT NULL,
  published {{time}},
  updated {{time}},
  slot BIGINT NOT NULL,
  revision BIGINT NOT NULL,
  guid TEXT NOT NULL,
  url TEXT NOT NULL,
  source TEXT NOT NULL,
  author TEXT NOT NULL,
  categories TEXT NOT NULL,
  title TEXT NOT NULL,
  summary TEXT NOT NULL,
  content TEXT NOT NULL
);
CREATE INDEX items_slot ON items (slot, revision, id);
CREATE INDEX items_seen ON items (seen, id);
CREATE INDEX items_news ON items (news);

-- The names an item goes by: "k<feed>:<key>" inside a feed, "l:<link>" in all.
CREATE TABLE aliases (
  alias TEXT PRIMARY KEY,
  item_id BIGINT NOT NULL REFERENCES items (id)
);

CREATE TABLE sightings (
  item_id BIGINT NOT NULL REFERENCES items (id),
  feed_id BIGINT NOT NULL REFERENCES feeds (id),
  guid TEXT NOT NULL,
  url TEXT NOT NULL,
  title TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  seen {{time}} NOT NULL,
  last_seen {{time}} NOT NULL,
  PRIMARY KEY (item_id, feed_id)
);

-- applied is the last item that a changed query was applied to; NULL: to all.
CREATE TABLE topics (
  name TEXT PRIMARY KEY,
  query TEXT NOT NULL,
  position INTEGER NOT NULL,
  applied BIGINT
);

CREATE TABLE item_topics (
  item_id BIGINT NOT NULL REFERENCES items (id),
  topic TEXT NOT NULL,
  slot BIGINT NOT NULL,
  words TEXT NOT NULL,
  PRIMARY KEY (item_id, topic)
);
CREATE INDEX item_topics_topic ON item_topics (topic, slot, item_id);

CREATE TABLE vocabulary (
  id {{serial}},
  token TEXT NOT NULL UNIQUE
);

{{index}};

CREATE TABLE plans (
  name TEXT PRIMARY KEY,
  upto BIGINT NOT NULL,
  scheduled {{time}},
  at {{time}} NOT NULL
);

CREATE TABLE runs (
  id {{serial}},
  plan TEXT NOT NULL,
  scheduled {{time}} NOT NULL,
  at {{time}} NOT NULL,
  upto BIGINT NOT NULL,
  UNIQUE (plan, scheduled)
);

CREATE TABLE run_items (
  run_id BIGINT NOT NULL REFERENCES runs (id),
  plan TEXT NOT NULL,
  item_id BIGINT NOT NULL REFERENCES items (id),
  PRIMARY KEY (plan, item_id)
);
CREATE INDEX run_items_item ON run_items (item_id);

CREATE TABLE deliveries (
  id {{serial}},
  key TEXT NOT NULL UNIQUE,
  run_id BIGINT NOT NULL REFERENCES runs (id),
  plan TEXT NOT NULL,
  target TEXT NOT NULL,
  part INTEGER NOT NULL,
  parts INTEGER NOT NULL,
  message TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL,
  reason TEXT NOT NULL,
  not_before {{time}},
  created {{time}} NOT NULL,
  sent {{time}},
  channel TEXT NOT NULL,
  ts TEXT NOT NULL
);
CREATE INDEX deliveries_pending ON deliveries (target, id) WHERE status = 'pending';
CREATE INDEX deliveries_run ON deliveries (run_id);
CREATE INDEX deliveries_status ON deliveries (status);

CREATE TABLE subscriptions (
  id {{serial}},
  target TEXT NOT NULL,
  cadence TEXT NOT NULL,
  query_key TEXT NOT NULL,
  query TEXT NOT NULL,
  creator TEXT NOT NULL,
  language TEXT NOT NULL,
  created {{time}},
  after BIGINT NOT NULL,
  UNIQUE (target, cadence, query_key)
);

CREATE TABLE requests (
  key TEXT PRIMARY KEY,
  at {{time}} NOT NULL
);
CREATE INDEX requests_at ON requests (at)
