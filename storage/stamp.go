package storage

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"
)

// stamp stores a time in UTC with microseconds, and the zero time as NULL.
// Both databases then order and compare times alike.
type stamp struct{ time.Time }

// at makes a stamp. A year that has no four digits is nobody's date: it is
// stored as unknown, because as text it would not sort.
func at(t time.Time) stamp {
	t = t.UTC()
	if t.IsZero() || t.Year() < 1 || t.Year() > 9999 {
		return stamp{}
	}
	return stamp{t.Truncate(time.Microsecond)}
}

// Value implements driver.Valuer.
func (s stamp) Value() (driver.Value, error) {
	if s.IsZero() {
		return nil, nil
	}
	return at(s.Time).Time, nil
}

// sqliteTime is how the SQLite driver writes times; an aggregate over a column
// arrives as this text.
const sqliteTime = "2006-01-02 15:04:05.999999999-07:00"

// Scan implements sql.Scanner.
func (s *stamp) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*s = stamp{}
		return nil
	case time.Time:
		*s = at(v)
		return nil
	case []byte:
		return s.Scan(string(v))
	case string:
		t, err := time.Parse(sqliteTime, v)
		if err != nil {
			return fmt.Errorf("scan time %q: %w", v, err)
		}
		*s = at(t)
		return nil
	}
	return fmt.Errorf("scan time: cannot read a %T", src)
}

// words stores a list of strings as JSON.
type words []string

// Value implements driver.Valuer.
func (l words) Value() (driver.Value, error) {
	if len(l) == 0 {
		return "[]", nil
	}
	b, err := json.Marshal([]string(l))
	return string(b), err
}

// Scan implements sql.Scanner.
func (l *words) Scan(src any) error {
	var raw []byte
	switch v := src.(type) {
	case string:
		raw = []byte(v)
	case []byte:
		raw = v
	default:
		return fmt.Errorf("scan list: cannot read a %T", src)
	}
	var out []string
	if err := json.Unmarshal(raw, &out); err != nil {
		return fmt.Errorf("scan list: %w", err)
	}
	if len(out) == 0 {
		out = nil
	}
	*l = out
	return nil
}
