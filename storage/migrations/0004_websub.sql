-- One row: the subscription to one feed's topic at one hub (W3C WebSub).
CREATE TABLE websub (
  id {{serial}},
  feed_id BIGINT NOT NULL REFERENCES feeds (id),
  hub TEXT NOT NULL,
  topic TEXT NOT NULL,
  base TEXT NOT NULL, -- the bot's public address that the hub was told
  token TEXT NOT NULL UNIQUE, -- what nobody can guess of the callback's address
  secret TEXT NOT NULL, -- key of the hub's signatures
  state TEXT NOT NULL,
  reason TEXT NOT NULL DEFAULT '',
  lease {{time}},
  requested {{time}},
  failures INTEGER NOT NULL DEFAULT 0,
  next_try {{time}},
  -- When a push came last, the newest item of the feed that is accounted for, and how
  -- many times in a row a poll found what no push had brought.
  last_push {{time}},
  checked {{time}},
  missed INTEGER NOT NULL DEFAULT 0,
  recent TEXT NOT NULL DEFAULT '[]', -- hashes of the bodies that came last
  -- One more with every change: who changes a row that another process changed
  -- in the meantime changes nothing.
  version BIGINT NOT NULL DEFAULT 1,
  UNIQUE (feed_id, hub, topic, base)
)
