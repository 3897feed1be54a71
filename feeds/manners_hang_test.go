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
	in(t, "thirty that hang", func(t *testing.T) {
		hosts, urls := map[string]*host{}, []string{}
		for i := range 30 {
			name := fmt.Sprint("stumm", i)
			hosts[name] = (&host{}).plays(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
			urls = append(urls, "http://"+name+".example/f")
		}
		well := (&host{}).plays(sends(rssOf("A"), "Etag", `"1"`))
		hosts["amt"] = well
		d := newDesk(t, hosts, append(urls, "http://amt.example/f")...)
		d.opts = PollOptions{Concurrency: 8, Every: 10 * time.Second, Min: 10 * time.Second, Max: 20 * time.Second}
		d.start()
		begin := time.Now()
		d.live(10 * time.Minute)
		if well.count() < 20 || well.longest() > 30*time.Second {
			t.Errorf("asked %d times, at most %v apart", well.count(), well.longest())
		}
		if late := well.at[0].Sub(begin); late > 20*time.Second {
			t.Errorf("first asked after %v", late)
		}
	})
}
