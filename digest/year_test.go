package digest

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var seed = flag.Uint64("seed", 20261123, "seed of the simulated year")

// TestAYearOfDigests lives through 2026 with both clock changes: items come at
// random times, the program is down at random times for minutes to days, and
// Slack refuses a tenth of the posts for a while. Every item must be in exactly
// one digest and in exactly one daily list, and no occasion may be posted twice.
func TestAYearOfDigests(t *testing.T) {
	t.Logf("seed %d", *seed)
	synctest.Test(t, func(t *testing.T) {
		chance, luck := rand.New(rand.NewPCG(*seed, 1)), rand.New(rand.NewPCG(*seed, 2))
		h := newHouse(t, "2026-01-01 00:00 CET", morgen(t, "C1", "OZG"))
		h.Every, h.Pace = time.Hour, time.Second
		h.follow("U1", "Wallet", KindDaily)
		h.refuse = func() error {
			if luck.IntN(10) == 0 {
				return errBusy
			}
			return nil
		}
		end := moment(t, "2026-12-31 12:00 CET")
		var titles []string
		for time.Now().Before(end) {
			stop := h.run(t)
			for up := chance.IntN(200); up > 0 && time.Now().Before(end); up-- {
				time.Sleep(time.Duration(chance.Int64N(int64(2 * time.Hour))))
				title := fmt.Sprintf("Wallet_%d", len(titles))
				titles = append(titles, title)
				h.store(title, time.Now(), "OZG")
			}
			stop()
			down := []time.Duration{10 * time.Minute, 5 * time.Hour, 60 * time.Hour}[chance.IntN(3)]
			time.Sleep(time.Duration(chance.Int64N(int64(down))))
		}
		stop := h.run(t)
		time.Sleep(2 * day)
		stop()
		for _, target := range []string{"C1", "U1"} {
			var got []string
			for _, d := range h.ledger() {
				if d.Target == target && d.Status == StatusSent {
					got = append(got, itemsIn(d.Message.Text)...)
				} else if d.Target == target {
					t.Errorf("not sent: %+v", d)
				}
			}
			slices.Sort(got)
			want := slices.Sorted(slices.Values(titles))
			if !slices.Equal(got, want) {
				t.Errorf("%s got %d items, %d distinct, of %d", target, len(got), len(slices.Compact(got)), len(want))
			}
		}
		occasions := map[string]int{}
		for _, r := range h.runs {
			occasions[r.Plan+r.Scheduled.String()]++
			if local := r.Scheduled.In(inBerlin(t)); local.Hour() != 8 || local.Minute() != 0 {
				t.Errorf("%s ran for %s", r.Plan, local)
			}
		}
		for o, n := range occasions {
			if n > 1 {
				t.Errorf("%s ran %d times", o, n)
			}
		}
		t.Logf("%d items, %d runs, %d posts", len(titles), len(h.runs), len(h.all()))
	})
}

func itemsIn(text string) []string {
	var out []string
	for _, word := range strings.Fields(text) {
		if strings.HasPrefix(word, "Wallet_") {
			out = append(out, strings.TrimSuffix(word, ";"))
		}
	}
	return out
}
