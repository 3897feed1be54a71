package feeds

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// freshness says how much longer the answer stays fresh (RFC 9111, 4.2):
// max-age, else Expires less Date, and from that the answer's age.
func freshness(h http.Header, now time.Time) time.Duration {
	age, lasts, said := seconds(h.Get("Age")), time.Duration(0), false
	for part := range strings.SplitSeq(strings.Join(h.Values("Cache-Control"), ","), ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch strings.ToLower(strings.TrimSpace(name)) {
		case "no-cache", "no-store":
			return 0
		case "max-age":
			if !said { // of two, the first
				lasts, said = seconds(strings.Trim(strings.TrimSpace(value), `"`)), true
			}
		}
	}
	if said {
		return max(0, lasts-age)
	}
	until, err := http.ParseTime(h.Get("Expires"))
	if err != nil {
		return 0
	}
	sent, err := http.ParseTime(h.Get("Date"))
	if err != nil {
		sent = now
	}
	return max(0, until.Sub(sent)-age)
}

// seconds reads a count of seconds; what is none, or absurd, is bounded to 0 and a year.
func seconds(s string) time.Duration {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 64)
	if err != nil {
		return 0
	}
	return time.Duration(min(n, 365*24*3600)) * time.Second
}

// retryAfter reads RFC 9110, 10.2.3: seconds or a date. 0: not said.
func retryAfter(s string, now time.Time) time.Duration {
	if at, err := http.ParseTime(s); err == nil {
		return max(0, at.Sub(now))
	}
	return seconds(s)
}
