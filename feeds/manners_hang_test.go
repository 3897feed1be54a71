package feeds

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

// More servers hang than polls may be under way, and the others are asked on
// time: who waits for a server takes up nobody's place.
func TestServersThatHangKeepNobodyWaiting(t *testing.T) {
	in(t, "forty that hang", func(t *testing.T) {
		hosts := map[string]*host{}
		for i := range 40 {
			hosts[fmt.Sprint("stumm", i)] = (&host{}).plays(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		}
		well := (&host{}).plays(sends(rssOf("A"), "Etag", `"1"`))
		hosts["amt"] = well
		d := newDesk(t, hosts)
		d.opts = PollOptions{Concurrency: 16, Every: 10 * time.Second, Min: 10 * time.Second, Max: 20 * time.Second}
		d.start()
		d.live(10 * time.Minute)
		if gaps := well.longest(); well.count() < 20 || gaps > 30*time.Second {
			t.Errorf("asked %d times, at most %v apart", well.count(), gaps)
		}
	})
}
