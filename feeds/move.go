package feeds

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"
)

// A permanent redirect (301, 308) is believed when it lasts: hotels, proxies
// and maintenance pages send them too. A temporary one (302, 303, 307) never
// moves a feed.
const (
	moveAnswers = 3              // in a row that lead to the same place,
	moveTime    = 24 * time.Hour // over at least this time
	forsakeTime = 72 * time.Hour // after which an adopted address that is not found is given up
	maxMove     = 2000           // bytes of an address that is adopted
)

// moved gives what is known of a feed's move after a poll that worked. to is
// where permanent redirects alone led from f.Address(); empty: nowhere. The
// feed was read there, and Client.Fetch follows none from https to http. An
// address with user information is not replaced: the new one has none.
func moved(f Feed, to string, now time.Time) Move {
	m := f.Move
	switch {
	case to == "" || len(to) > maxMove || hasUser(f.Address()):
		m.To, m.Since, m.Polls = "", time.Time{}, 0
	case to == m.To:
		m.Polls++
	default:
		m.To, m.Since, m.Polls = to, now, 1
	}
	if m.Polls >= moveAnswers && now.Sub(m.Since) >= moveTime {
		m.Adopted = m.To
		if m.Adopted == f.URL { // it came home
			m.Adopted = ""
		}
	}
	return m
}

func hasUser(raw string) bool {
	u, err := url.Parse(raw)
	return err != nil || u.User != nil
}

// forsaken says whether an adopted address is to be given up for the feed's
// own, which then says whether the feed is gone: at once where it is gone
// (410), after days where it, or its host, is not found.
func forsaken(f Feed, err error, now time.Time) bool {
	if f.Move.Adopted == "" {
		return false
	}
	var status *StatusError
	var dns *net.DNSError
	switch {
	case errors.As(err, &status) && status.Status == http.StatusGone:
		return true
	case errors.As(err, &status) && status.Status == http.StatusNotFound, errors.As(err, &dns) && dns.IsNotFound:
		return f.Failures >= moveAnswers && now.Sub(f.LastSuccess) >= forsakeTime
	}
	return false
}
