package feeds_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// deed is what mischief does; see there.
type deed func(o *publisher, w http.ResponseWriter, r *http.Request, q *request) bool

// during is a deed for some hours of the night, in which nothing can be read.
func during(from, to float64, do deed) mischief {
	return mischief{hours(from), hours(to), true, do}
}

// meanwhile is a deed for some hours which leaves the feed readable.
func meanwhile(from, to float64, do deed) mischief {
	return mischief{hours(from), hours(to), false, do}
}

func hours(h float64) time.Duration { return time.Duration(h * float64(time.Hour)) }

// answers gives a status without a feed.
func answers(status int, header ...string) deed {
	return func(_ *publisher, w http.ResponseWriter, _ *http.Request, _ *request) bool {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		return true
	}
}

// refuses gives 429 or 503 with a Retry-After, which a reader should
// understand as wait.
func refuses(status int, say func(now time.Time) string, wait time.Duration) deed {
	return func(_ *publisher, w http.ResponseWriter, _ *http.Request, q *request) bool {
		q.retryAfter = wait
		w.Header().Set("Retry-After", say(time.Now()))
		w.WriteHeader(status)
		return true
	}
}

func says(s string) func(time.Time) string { return func(time.Time) string { return s } }

func inSeconds(d time.Duration) func(time.Time) string {
	return says(strconv.Itoa(int(d / time.Second)))
}

func onDate(d time.Duration) func(time.Time) string {
	return func(now time.Time) string { return now.Add(d).UTC().Format(http.TimeFormat) }
}

// sends gives a page in place of the feed.
func sends(contentType, body string) deed {
	return func(_ *publisher, w http.ResponseWriter, _ *http.Request, _ *request) bool {
		w.Header().Set("Content-Type", contentType)
		w.Header().Set("ETag", `"not the feed"`) // never to be sent back
		_, _ = io.WriteString(w, body)
		return true
	}
}

// brings sends a feed that can be read and has none of the publisher's stories.
func brings(body string) deed {
	return func(_ *publisher, w http.ResponseWriter, _ *http.Request, q *request) bool {
		q.whole, q.etag = true, `"another feed"`
		w.Header().Set("ETag", q.etag)
		_, _ = io.WriteString(w, body)
		return true
	}
}

// redirects leads elsewhere.
func redirects(status int, to string) deed {
	return func(_ *publisher, w http.ResponseWriter, _ *http.Request, _ *request) bool {
		w.Header().Set("Location", to)
		w.WriteHeader(status)
		return true
	}
}

// sometimes does a deed at every nth request.
func sometimes(n int, do deed) deed {
	return func(o *publisher, w http.ResponseWriter, r *http.Request, q *request) bool {
		return o.asked%n == 0 && do(o, w, r, q)
	}
}

// stalls sends a byte now and then, for ever.
func stalls(every time.Duration) deed {
	return func(_ *publisher, w http.ResponseWriter, r *http.Request, _ *request) bool {
		_, _ = io.WriteString(w, `<?xml version="1.0"?><rss><channel>`)
		for r.Context().Err() == nil {
			_, _ = io.WriteString(w, " ")
			if http.NewResponseController(w).Flush() != nil {
				break
			}
			select {
			case <-time.After(every):
			case <-r.Context().Done():
			}
		}
		return true
	}
}

// silent says nothing at all until the reader leaves.
func silent(_ *publisher, _ http.ResponseWriter, r *http.Request, _ *request) bool {
	<-r.Context().Done()
	return true
}

// late answers after a while, and well.
func late(d time.Duration) deed {
	return func(_ *publisher, _ http.ResponseWriter, _ *http.Request, _ *request) bool {
		time.Sleep(d)
		return false
	}
}

// cuts sends a part of the feed and breaks the connection; told says whether
// it has announced the length of the whole.
func cuts(told bool) deed {
	return func(o *publisher, w http.ResponseWriter, _ *http.Request, q *request) bool {
		q.cut = !told
		body := o.write(o.shown(time.Now()), true)
		conn, out, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return false
		}
		defer conn.Close()
		length := ""
		if told {
			length = fmt.Sprintf("Content-Length: %d\r\n", len(body))
		}
		fmt.Fprintf(out, "HTTP/1.1 200 OK\r\nContent-Type: application/rss+xml\r\nETag: \"half %d\"\r\n%sConnection: close\r\n\r\n", o.asked, length)
		_, _ = out.Write(body[:len(body)/3+o.rand.IntN(len(body)/3)]) // the reader may have left
		_ = out.Flush()
		return true
	}
}

// hangsUp closes the connection without a word.
func hangsUp(_ *publisher, w http.ResponseWriter, _ *http.Request, _ *request) bool {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err == nil {
		conn.Close()
	}
	return true
}

// oneGigabyte is gzip of 1 GB of blanks, 1 MB at a time (RFC 1952, 2.2).
var oneGigabyte = sync.OnceValue(func() []byte {
	return bytes.Repeat(zip(bytes.Repeat([]byte(" "), 1<<20)), 1024)
})

func bomb(_ *publisher, w http.ResponseWriter, _ *http.Request, _ *request) bool {
	w.Header().Set("Content-Encoding", "gzip")
	_, _ = w.Write(oneGigabyte())
	return true
}

// nested is 10 MB of elements inside each other.
var nested = sync.OnceValue(func() string {
	return `<rss version="2.0"><channel><title>Tief</title>` + strings.Repeat("<x:a>", 2_000_000)
})

// crowd is a feed of so many items, which are nobody's stories.
func crowd(items int) string {
	var b strings.Builder
	b.WriteString(`<rss version="2.0"><channel><title>Viel</title>`)
	for n := range items {
		fmt.Fprintf(&b, "<item><title>Masse %d</title><guid>m%d</guid></item>", n, n)
	}
	b.WriteString(`</channel></rss>`)
	return b.String()
}

// latin1 writes UTF-8 in Windows' old charset, and leaves the label as it is.
func latin1(_ *publisher, body []byte) []byte {
	out, err := charmap.Windows1252.NewEncoder().Bytes(body)
	if err != nil {
		panic(err)
	}
	return out
}

func utf16(_ *publisher, body []byte) []byte {
	out, err := unicode.UTF16(unicode.BigEndian, unicode.UseBOM).NewEncoder().Bytes(body)
	if err != nil {
		panic(err)
	}
	return out
}

// swaps replaces text of the document, all of it or the nth only.
func swaps(old, new string) func(*publisher, []byte) []byte {
	return func(_ *publisher, body []byte) []byte { return bytes.ReplaceAll(body, []byte(old), []byte(new)) }
}

// swapsOne replaces one occurrence, another one with every reading.
func swapsOne(old, new string) func(*publisher, []byte) []byte {
	return func(o *publisher, body []byte) []byte {
		n := bytes.Count(body, []byte(old))
		if n == 0 {
			return body
		}
		parts := bytes.SplitN(body, []byte(old), 2+o.asked%n)
		last := len(parts) - 1
		return bytes.Join([][]byte{bytes.Join(parts[:last], []byte(old)), parts[last]}, []byte(new))
	}
}

func before(junk string) func(*publisher, []byte) []byte {
	return func(_ *publisher, body []byte) []byte { return append([]byte(junk), body...) }
}

func after(junk string) func(*publisher, []byte) []byte {
	return func(_ *publisher, body []byte) []byte { return append(bytes.Clone(body), junk...) }
}
