package article_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"depesche/feeds/article"
)

const megabyte = 1 << 20

// fill repeats a piece up to a size.
func fill(piece string, size int) string { return strings.Repeat(piece, size/len(piece)) }

// hostilePages are as large as a page may be, or as costly as the bounds on
// elements and text let a smaller one be.
func hostilePages() map[string]string {
	random := rand.New(rand.NewPCG(1, 2)) // the same at every run
	words := func(size int) string {
		var b strings.Builder
		for b.Len() < size {
			fmt.Fprintf(&b, "wort%x ", random.Uint32())
		}
		return b.String()
	}
	head := "<html><head><title>Titel der Seite</title></head><body><h1>Titel der Seite</h1>" + paragraphs(3)
	return map[string]string{
		"one text of 10 MB":       head + "<p>" + fill("Verwaltung ", 10*megabyte-2000),
		"text to the limit":       head + "<p>" + words(500<<10),
		"paragraphs to the limit": head + strings.Repeat("<p>Ein Satz.", 40_000),
		"lines to the limit":      head + "<div>" + strings.Repeat("Satz.<br>", 40_000),
		"links to the limit":      head + strings.Repeat(`<p><a href="/x">Wort</a>`, 15_000),
		"teasers to the limit":    head + strings.Repeat(`<p>Titel [1.2.2026] Ein. <a href="/x">mehr...</a>`, 13_000),
		"labels to the limit":     head + strings.Repeat(`<p>Stichwörter: a, b,<br>`, 20_000),
		"list heads to the limit": head + strings.Repeat(`<h3>Lesen Sie auch</h3><p>Titel`, 15_000),
		"portraits to the limit":  head + strings.Repeat(`<p>Über Nordlicht: Nordlicht.`, 18_000) + `<h3>Ende</h3>` + paragraphs(1),
		"portraits and headings":  head + strings.Repeat(`<h3>Über Nordlicht eG</h3><p>x`, 12_000) + `<h3>Ende</h3>` + paragraphs(1),
		"leads to the limit":      strings.Repeat(`<h1>Titel</h1><div class=teaser><p class=teaser>x</div>`, 7_000),
		"sources to the limit":    head + strings.Repeat(`<p>Quelle: x`, 40_000),
		"one attribute of 10 MB":  head + `<p title="` + fill("x", 10*megabyte-2000) + `">Text`,
		"a million attributes":    head + "<p" + fill(" a", 9*megabyte) + ">Text",
		"JSON-LD":                 head + fill(`<script type="application/ld+json">{"@graph":[`+fill(`{"@type":"NewsArticle","headline":"x"},`, 400_000)+`{}]}</script>`, 9*megabyte),
		"deep JSON-LD":            head + `<script type="application/ld+json">` + fill("[", 900_000) + `</script>`,
		"deep elements":           head + strings.Repeat("<div>", 490) + "x" + strings.Repeat("</div>", 490),
		"unclosed formatting":     head + strings.Repeat("<b><i><u>", 500) + strings.Repeat("<p>x", 30_000),
		"tags of angle brackets":  head + fill("<", 10*megabyte-2000),
		"spaces":                  head + "<p>" + fill("  \n", 9*megabyte) + "x",
		"a tag that never ends":   head + "<p class='" + fill("a ", 10*megabyte-2000),
		"places like datelines":   head + "<p>" + fill("Aaaa Bbbb/", 500<<10),
		"windows-1252 of 10 MB":   head + "<p>" + fill("\xe4\xf6\xfc ", 10*megabyte-2000),
		"shift-JIS of 10 MB":      `<meta charset="shift_jis">` + head + "<p>" + fill("\x82\xa0", 10*megabyte-2000),
		"UTF-16 of 10 MB":         "\xff\xfe" + fill("<\x00p\x00>\x00x\x00", 10*megabyte-2000),
		"a selection of 50,000":   head + "<select>" + strings.Repeat("<option>Satz eins.", 45_000),
		"consent to the limit":    head + fill("<p>Cookies und Einwilligung, Datenschutz und Tracking.", 500<<10),
		"headlines to the limit":  strings.Repeat("<h1>Überschrift</h1><p>Satz.", 15_000),
	}
}

// TestHostilePagesAreBounded: the worst pages that the bounds let through cost
// seconds, not minutes, and fit beside the rest of a process of 300 MB.
func TestHostilePagesAreBounded(t *testing.T) {
	if testing.Short() || raceDetector {
		t.Skip("slow")
	}
	for name, body := range hostilePages() {
		t.Run(name, func(t *testing.T) {
			atOnce := 2
			if len(body) >= megabyte/4 {
				atOnce = 1 // a large one is read alone by the poller
			}
			peak, took := measure(t, func(ctx context.Context) {
				var wg sync.WaitGroup
				for range atOnce {
					wg.Go(func() {
						_, err := article.Extract(ctx, article.Page{Body: []byte(body), URL: "https://a.example/x"})
						if err != nil && strings.Contains(err.Error(), "parser failed") {
							t.Error(err)
						}
					})
				}
				wg.Wait()
			})
			t.Logf("%s: %d times %d KB: %d MB, %v", name, atOnce, len(body)>>10, peak, took.Round(10*time.Millisecond))
			if took > 10*time.Second || peak > 250 {
				t.Errorf("%d pages of %d KB took %v and %d MB", atOnce, len(body)>>10, took, peak)
			}
		})
	}
}

// measure gives the largest heap in MB, beyond what was there before, and the
// time that f takes.
func measure(t *testing.T, f func(context.Context)) (peak uint64, took time.Duration) {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	runtime.GC()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	var highest atomic.Uint64
	stop, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		var m runtime.MemStats
		for {
			select {
			case <-stop:
				return
			case <-time.After(5 * time.Millisecond):
			}
			runtime.ReadMemStats(&m)
			highest.Store(max(highest.Load(), m.HeapAlloc))
		}
	}()
	began := time.Now()
	f(t.Context())
	took = time.Since(began)
	close(stop)
	<-done
	return (max(highest.Load(), before.HeapAlloc) - before.HeapAlloc) >> 20, took
}
