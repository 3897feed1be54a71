package feeds

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"depesche/feeds/article"
)

const (
	pageWait     = 10 * time.Minute // that an item waits at most for its page before it is news without
	pageTries    = 3                // that begin to ask for one page
	pageRetry    = 30 * time.Second // after the first failure that may pass; four times as long after the second
	pageLease    = 2 * time.Minute  // after which a page that was taken and not saved is asked for again
	pageAge      = 24 * time.Hour   // after which a page is no longer wanted
	pageList     = 1000             // pages looked at a time,
	pageListMost = 64_000           // and at most, where the first ones are all of hosts that have to wait
	pagesAtOnce  = 8                // pages under way, no two of one host
	parsesAtOnce = 2                // pages being read; a large one is read alone
	largePage    = 256 << 10        // bytes
	roundPages   = 5 * time.Minute  // that Round takes for pages
	untakeTime   = 2 * time.Second  // to give pages back when all ends
)

// pagesBy gives until when the new items of a feed wait for their pages; zero:
// they do not.
func (p *Poller) pagesBy(f Feed, now time.Time) time.Time {
	if !f.FullText || p.opts.Pages == nil {
		return time.Time{}
	}
	return now.Add(pageWait)
}

// pager reads the pages that are due, host by host. A host that is slow keeps
// no other waiting.
type pager struct {
	poller *Poller
	slots  chan struct{}
	wg     sync.WaitGroup

	mu    sync.Mutex
	hosts map[string]bool // whose pages are being read
	err   error           // of the store, the first since it was asked
}

func (p *Poller) newPager() *pager {
	return &pager{poller: p, slots: make(chan struct{}, pagesAtOnce), hosts: map[string]bool{}}
}

// dispatch begins to read the pages that are due, and gives their number,
// those of busy and of held hosts not counted. However many pages one host
// keeps waiting, it looks behind them for those of others.
func (g *pager) dispatch(ctx context.Context) (int, error) {
	for limit := pageList; ; limit *= 8 {
		list, err := g.poller.opts.Pages.DuePages(ctx, g.poller.opts.Now().UTC(), limit)
		if err != nil {
			return 0, err
		}
		if begun := g.begin(ctx, list); begun > 0 || len(list) < limit || limit >= pageListMost {
			return begun, nil
		}
	}
}

// begin begins to read those of the pages whose hosts are free, and gives their
// number.
func (g *pager) begin(ctx context.Context, list []PageOrder) int {
	lanes := map[string][]PageOrder{}
	for _, o := range list {
		host := laneOf(o.URL)
		lanes[host] = append(lanes[host], o)
	}
	begun := 0
	for host, orders := range lanes {
		g.mu.Lock()
		busy := g.hosts[host] || g.poller.client.hosts.isHeld(host)
		if !busy {
			g.hosts[host] = true
		}
		g.mu.Unlock()
		if busy {
			continue
		}
		begun += len(orders)
		g.wg.Go(func() {
			g.lane(ctx, host, orders)
			g.mu.Lock()
			delete(g.hosts, host)
			g.mu.Unlock()
		})
	}
	return begun
}

// lane reads the pages of one host, one after the other, until the host asks
// to be left alone.
func (g *pager) lane(ctx context.Context, host string, orders []PageOrder) {
	for _, o := range orders {
		select {
		case g.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		err := g.poller.readPage(ctx, o)
		<-g.slots
		if err != nil && ctx.Err() == nil {
			g.mu.Lock()
			g.err = errors.Join(g.err, err)
			g.mu.Unlock()
			return
		}
		if ctx.Err() != nil || g.poller.client.hosts.isHeld(host) {
			return
		}
	}
}

// fault gives what the store failed with since it was last asked.
func (g *pager) fault() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	err := g.err
	g.err = nil
	return err
}

// runPages reads pages as they become due until ctx ends, then waits for what
// is under way.
func (p *Poller) runPages(ctx context.Context) {
	g := p.newPager()
	defer g.wg.Wait()
	tick := min(time.Second, p.opts.Min)
	for {
		_, err := p.opts.Pages.ReleasePages(ctx, p.opts.Now().UTC())
		if err == nil {
			_, err = g.dispatch(ctx)
		}
		if ctx.Err() != nil {
			return
		}
		pause := tick
		if err = errors.Join(err, g.fault()); err != nil {
			p.opts.Log.Error("reading article pages is held up", "error", err)
			pause = max(tick, 10*time.Second)
		}
		if sleep(ctx, pause) != nil {
			return
		}
	}
}

// finishPages reads the pages that are due, for at most roundPages, and leaves
// no item waiting: who polls once wants all that came to be news.
func (p *Poller) finishPages(ctx context.Context) error {
	if p.opts.Pages == nil {
		return ctx.Err()
	}
	bounded, cancel := context.WithTimeout(ctx, roundPages)
	defer cancel()
	g := p.newPager()
	for bounded.Err() == nil {
		n, err := g.dispatch(bounded)
		g.wg.Wait()
		if err = errors.Join(err, g.fault()); err != nil && bounded.Err() == nil {
			return fmt.Errorf("read article pages: %w", err)
		}
		if n == 0 {
			break
		}
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if _, err := p.opts.Pages.ReleasePages(ctx, p.opts.Now().UTC().Add(pageWait)); err != nil {
		return fmt.Errorf("read article pages: %w", err)
	}
	return nil
}

// readPage asks for one page and stores what came of it. Only the store's
// failures are errors.
func (p *Poller) readPage(ctx context.Context, o PageOrder) error {
	now := p.opts.Now().UTC()
	taken, err := p.opts.Pages.TakePage(ctx, o.Item, now, now.Add(pageLease))
	if err != nil || !taken {
		return err
	}
	began := time.Now()
	result := PageResult{Item: o.Item, State: PageRefused, Reason: sayPageLate.with()}
	if o.Tries < pageTries && now.Sub(o.Wanted) < pageAge { // else earlier tries ended nowhere
		result = p.askPage(ctx, o)
	}
	result.Item, result.At = o.Item, p.opts.Now().UTC()
	if ctx.Err() != nil {
		return p.untake(ctx, o)
	}
	if err := p.opts.Pages.SavePage(ctx, result); err != nil {
		if ctx.Err() != nil {
			return p.untake(ctx, o)
		}
		return err
	}
	p.logPage(ctx, o, result, time.Since(began))
	if p.opts.Saved != nil && result.State != PageWanted {
		p.opts.Saved(Saved{})
	}
	return nil
}

// untake gives a page back that the end of ctx left unread: it keeps its place.
func (p *Poller) untake(ctx context.Context, o PageOrder) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), untakeTime)
	defer cancel()
	return p.opts.Pages.SavePage(ctx, PageResult{Item: o.Item, At: p.opts.Now().UTC(), State: PageWanted, Again: o.Wanted, Untold: true})
}

func (p *Poller) logPage(ctx context.Context, o PageOrder, r PageResult, took time.Duration) {
	if p.opts.ObservePage != nil {
		p.opts.ObservePage(r.State)
	}
	level, what := slog.LevelDebug, "page read"
	if r.State != PageRead {
		level, what = slog.LevelInfo, "page not read"
	}
	p.opts.Log.Log(ctx, level, what, "feed", o.Source, "item", o.Item, "page", SafeURL(o.URL), "reason", r.Reason,
		"bytes", len(r.Text.Text), "again", r.Again, "ms", took.Milliseconds())
}

// askPage asks for a page and reads it.
func (p *Poller) askPage(ctx context.Context, o PageOrder) PageResult {
	large := turn{places: p.large}
	defer large.end()
	resp, err := p.client.do(ctx, o.URL, order{accept: acceptPage, robots: true, large: large.take})
	if err != nil {
		return p.pageFault(o, err)
	}
	if leadsHome(o.URL, resp.FinalURL) {
		return PageResult{State: PageRefused, Reason: sayPageHome.with()}
	}
	weight := int64(1)
	if len(resp.Body) >= largePage {
		weight = parsesAtOnce
	}
	if p.parses.Acquire(ctx, weight) != nil {
		return PageResult{} // ctx has ended, and nothing is stored
	}
	defer p.parses.Release(weight)
	a, err := article.Extract(ctx, article.Page{Body: resp.Body, ContentType: resp.ContentType, URL: resp.FinalURL, Now: p.opts.Now()})
	if err != nil {
		return PageResult{State: PageRefused, Reason: reasonPage(err)}
	}
	text := PageText{Site: hostOf(resp.FinalURL), Text: a.Text, Keywords: a.Keywords, Author: a.Author, Lead: a.Lead, Lines: a.Lines}
	if !a.DateUncertain {
		text.Published = a.Published.UTC()
	}
	return PageResult{State: PageRead, Text: text}
}

// pageFault judges why a page was not to be had: a refusal is final, what may
// pass is tried again.
func (p *Poller) pageFault(o PageOrder, err error) PageResult {
	r := PageResult{State: PageRefused, Reason: Reason(err)}
	var (
		status  *StatusError
		held    *heldError
		address *addressError
		tooBig  *sizeError
	)
	wait, last := pageRetry<<(2*o.Tries), o.Tries+1 >= pageTries // o.Tries are those before this one
	switch {
	case errors.As(err, &held): // nobody was asked
		wait, last, r.Untold = held.left, false, true
	case errors.As(err, &address): // be it that of its robots.txt
		last, r.Reason = true, address.Error()
	case errors.As(err, new(*robotsUnread)):
		wait = robotsRetry
	case errors.As(err, &status):
		last = last || !status.mayPass()
		wait = max(wait, status.RetryAfter)
	case errors.As(err, &tooBig), slices.ContainsFunc(refusals, func(e error) bool { return errors.Is(err, e) }):
		last = true
	}
	if !last && wait < pageAge {
		r.State, r.Again = PageWanted, p.opts.Now().UTC().Add(wait)
	}
	return r
}

// refusals are faults of a page's address that no second try mends.
var refusals = []error{ErrRobots, errBadURL, errScheme, errRedirects, errRedirectLoop, errDowngrade, errNoLocation, errEncoding}

// mayPass says whether the same request may be answered better later on.
func (e *StatusError) mayPass() bool {
	switch e.Status {
	case http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests:
		return true
	}
	return e.Status >= 500
}

// leadsHome says whether an article's address led to the start page of a site:
// so do outlets that took an article down, and what stands there is not it.
func leadsHome(asked, final string) bool {
	a, errA := url.Parse(asked)
	f, errF := url.Parse(final)
	if errA != nil || errF != nil {
		return false
	}
	return strings.Trim(f.Path, "/") == "" && f.RawQuery == "" && (strings.Trim(a.Path, "/") != "" || a.RawQuery != "")
}

// reasonPage says why a page gave no text.
func reasonPage(err error) string {
	for _, r := range []struct {
		err error
		say sentence
	}{
		{article.ErrConsent, sayPageConsent}, {article.ErrPaywall, sayPagePaid}, {article.ErrNoText, sayPageEmpty},
		{article.ErrNotArticle, sayPageOther}, {article.ErrTooLarge, sayPageHuge}, {article.ErrTooComplex, sayPageHuge},
	} {
		if errors.Is(err, r.err) {
			return r.say.with()
		}
	}
	return sayPageBroken.with()
}
