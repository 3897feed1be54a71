package feeds

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// largeBody is the size in bytes from which a body waits for its turn,
	// where who fetches has one to wait for.
	largeBody = 1 << 20
	// maxRatio is how many times its size a compressed body may unpack to,
	// beyond the first largeBody bytes. Feeds stay far below it; a bomb reaches
	// a thousand.
	maxRatio = 100
)

// body reads and decompresses an answer's body, o.limit bytes of it at most.
// w times it, and rests while o.large waits; crawl is called where it comes too
// slowly.
func (o *order) body(ctx context.Context, resp *http.Response, w *watch, crawl func()) ([]byte, error) {
	coding := strings.ToLower(strings.TrimSpace(strings.Join(resp.Header.Values("Content-Encoding"), ", ")))
	var r io.Reader
	switch sent := w.pace(resp.Body, crawl); coding {
	case "", "identity":
		if resp.ContentLength > o.limit && !o.cut {
			return nil, &sizeError{o.limit}
		}
		r = sent
	case "gzip", "x-gzip":
		begin := bufio.NewReaderSize(sent, 512)
		if magic, _ := begin.Peek(2); len(magic) == 2 && string(magic) != "\x1f\x8b" { // a label that is not true
			r = begin
			break
		}
		packed := &counter{from: begin}
		zr, err := gzip.NewReader(packed)
		if errors.Is(err, io.EOF) {
			return nil, nil // no body at all is an empty body
		}
		if err != nil {
			return nil, fmt.Errorf("read body: %w", err)
		}
		r = &unpacker{from: zr, packed: packed}
	default: // two codings stacked are as unknown as one that nobody asked for
		return nil, fmt.Errorf("%w %q", errEncoding, cut(coding, 100))
	}
	all, err := io.ReadAll(io.LimitReader(r, min(largeBody, o.limit+1)))
	if err == nil && len(all) == largeBody && o.large != nil {
		err = w.pause(func() error { return o.large(ctx) })
	}
	if err == nil && len(all) == largeBody {
		var rest []byte
		rest, err = io.ReadAll(io.LimitReader(r, o.limit+1-largeBody))
		all = append(all, rest...)
	}
	if errors.Is(err, io.ErrUnexpectedEOF) && whole(all) {
		err = nil // a Content-Length that is too large, or a lost end of the compression
	}
	switch {
	case int64(len(all)) > o.limit && o.cut:
		return all[:o.limit], nil
	case int64(len(all)) > o.limit:
		return nil, &sizeError{o.limit}
	case err != nil:
		return nil, fmt.Errorf("read body: %w", err)
	}
	return all, nil
}

// whole says whether a body that broke off is a feed to its end all the same.
// Of JSON nobody can tell: every object in it ends alike.
func whole(body []byte) bool {
	return !bytes.HasPrefix(bytes.TrimLeft(body, "\xef\xbb\xbf \t\r\n"), []byte("{")) && ended(body)
}

// counter counts what is read through it.
type counter struct {
	from io.Reader
	n    int64
}

func (c *counter) Read(p []byte) (int, error) {
	n, err := c.from.Read(p)
	c.n += int64(n)
	return n, err
}

// unpacker gives up a body that unpacks beyond all measure.
type unpacker struct {
	from   io.Reader
	packed *counter
	n      int64
}

func (u *unpacker) Read(p []byte) (int, error) {
	n, err := u.from.Read(p)
	u.n += int64(n)
	if u.n > largeBody && u.n > maxRatio*u.packed.n {
		return 0, errBomb
	}
	return n, err
}

// drain reads what little is left of a body, so that its connection can serve
// again. Where that cannot be had at once, the connection is given up, and
// nothing else is lost.
func drain(body io.ReadCloser) {
	late := time.AfterFunc(time.Second, func() { _ = body.Close() })
	_, _ = io.CopyN(io.Discard, body, 16<<10)
	late.Stop()
	_ = body.Close()
}
