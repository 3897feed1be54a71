package main

import (
	"context"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"depesche/digest"
	"depesche/feeds"
	"depesche/storage"
)

// metrics are what /metrics tells. They have their own registry, so that two
// services in one process do not meet.
type metrics struct {
	registry *prometheus.Registry
	polls    *prometheus.CounterVec
	pollTime prometheus.Histogram
	items    *prometheus.CounterVec
	pages    *prometheus.CounterVec
	pushes   *prometheus.CounterVec
	runs     *prometheus.CounterVec
	posts    *prometheus.CounterVec
	postTime prometheus.Histogram
	requests *prometheus.HistogramVec
}

func newMetrics() *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		polls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "depesche_polls_total", Help: "Polls of feeds by outcome: new, unchanged, failed, skipped."}, []string{"outcome"}),
		pollTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "depesche_poll_duration_seconds", Help: "How long a feed's server took to answer.", Buckets: prometheus.ExponentialBuckets(0.05, 2, 11)}),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "depesche_items_total", Help: "Items read from feeds: new, updated, known, held back in a flood."}, []string{"kind"}),
		pages: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "depesche_pages_total", Help: "Article pages asked for, by outcome: read, refused, wanted (to be tried again)."}, []string{"outcome"}),
		pushes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "depesche_pushes_total", Help: "What hubs pushed, by outcome: new, unchanged, repeated, polled (the feed is asked instead), refused, failed."}, []string{"outcome"}),
		runs: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "depesche_digest_runs_total", Help: "Runs of digests and lists by what they came to."}, []string{"kind", "result"}),
		posts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "depesche_posts_total", Help: "Attempts to post to Slack by the delivery's status afterwards."}, []string{"status"}),
		postTime: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "depesche_post_duration_seconds", Help: "How long Slack took to accept a message.", Buckets: prometheus.ExponentialBuckets(0.01, 2, 11)}),
		requests: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "depesche_command_duration_seconds", Help: "How long an answer to Slack took over HTTP, by endpoint and status code.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 13)}, []string{"endpoint", "code"}),
	}
	m.registry.MustRegister(m.polls, m.pollTime, m.items, m.pages, m.pushes, m.runs, m.posts, m.postTime, m.requests,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}), buildInfo())
	for _, o := range []feeds.Outcome{feeds.OutcomeNew, feeds.OutcomeUnchanged, feeds.OutcomeFailed, feeds.OutcomeSkipped} {
		m.polls.WithLabelValues(string(o))
	}
	for _, o := range feeds.PushOutcomes() {
		m.pushes.WithLabelValues(string(o))
	}
	for _, s := range []feeds.PageState{feeds.PageRead, feeds.PageRefused, feeds.PageWanted} {
		m.pages.WithLabelValues(string(s))
	}
	return m
}

func buildInfo() prometheus.Collector {
	b := thisBuild()
	g := prometheus.NewGauge(prometheus.GaugeOpts{Name: "depesche_build_info", Help: "Always 1; the labels say which build this is.",
		ConstLabels: prometheus.Labels{"version": b.Version, "commit": b.Commit, "go": b.Go}})
	g.Set(1)
	return g
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry, ErrorHandling: promhttp.ContinueOnError})
}

// polled counts one poll.
func (m *metrics) polled(r feeds.Report) {
	m.polls.WithLabelValues(string(r.Outcome)).Inc()
	if r.Outcome != feeds.OutcomeSkipped {
		m.pollTime.Observe(float64(r.Millis) / 1000)
	}
	m.items.WithLabelValues("new").Add(float64(r.New))
	m.items.WithLabelValues("updated").Add(float64(r.Updated))
	m.items.WithLabelValues("known").Add(float64(r.Known))
	m.items.WithLabelValues("held").Add(float64(r.Held))
}

// page counts one article page.
func (m *metrics) page(s feeds.PageState) { m.pages.WithLabelValues(string(s)).Inc() }

// push counts what a hub sent.
func (m *metrics) push(o feeds.PushOutcome) { m.pushes.WithLabelValues(string(o)).Inc() }

// observer counts runs and posts.
func (m *metrics) observer() digest.Observer {
	return digest.Observer{
		Ran: func(p digest.Plan, result digest.Result, err error, _ time.Duration) {
			what := string(result.Reason)
			if err != nil {
				what = "error"
			}
			m.runs.WithLabelValues(string(p.Kind), what).Inc()
		},
		Posted: func(d digest.Delivery, _ error, took time.Duration) {
			m.posts.WithLabelValues(string(d.Status)).Inc()
			m.postTime.Observe(took.Seconds())
		},
	}
}

// endpoints are the addresses that Slack asks; any other is counted as one.
var endpoints = map[string]string{
	"/slack/commands": "commands", "/slack/interactions": "interactions", "/slack/events": "events",
}

// timed measures what a handler takes to answer.
func (m *metrics) timed(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		observer := m.requests.MustCurryWith(prometheus.Labels{"endpoint": orElse(endpoints[r.URL.Path], "other")})
		promhttp.InstrumentHandlerDuration(observer, h).ServeHTTP(w, r)
	})
}

// watch adds the figures that stand in the database.
func (m *metrics) watch(store *storage.Store) { m.registry.MustRegister(databaseFigures{store}) }

// databaseFigures reads the database whenever somebody looks.
type databaseFigures struct{ store *storage.Store }

var (
	descUp            = figure("database_up", "Whether the database answers: 1 or 0.")
	descFeeds         = figure("feeds", "Feeds on the list by state.", "state")
	descItems         = figure("items", "Items in the archive.")
	descLastItem      = figure("last_item_timestamp_seconds", "When the newest item was seen; 0: there is none.")
	descTopics        = figure("topics", "Topics that items are classified by.")
	descSubscriptions = figure("subscriptions", "Subscriptions of all channels and people.")
	descDeliveries    = figure("deliveries", "Messages in the ledger by status.", "status")
	descHubs          = figure("hub_subscriptions", "Subscriptions to feeds at their hubs (WebSub) by state.", "state")
	descWaiting       = figure("oldest_pending_timestamp_seconds", "When the oldest message that is not delivered yet was written; 0: there is none.")
)

func figure(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("depesche_"+name, help, labels, nil)
}

// Describe implements prometheus.Collector.
func (databaseFigures) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{descUp, descFeeds, descItems, descLastItem, descTopics, descSubscriptions, descDeliveries, descHubs, descWaiting} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (f databaseFigures) Collect(out chan<- prometheus.Metric) {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
	defer cancel()
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	stats, err := f.store.Stats(ctx)
	if err != nil {
		gauge(descUp, 0)
		return
	}
	gauge(descUp, 1)
	for _, s := range []feeds.State{feeds.StateNew, feeds.StateOK, feeds.StateSlow, feeds.StateFailing, feeds.StateSilent, feeds.StateMoved, feeds.StateGone} {
		gauge(descFeeds, float64(stats.Feeds[s]), string(s))
	}
	for _, s := range []digest.Status{digest.StatusPending, digest.StatusSent, digest.StatusFailed} {
		gauge(descDeliveries, float64(stats.Deliveries[s]), string(s))
	}
	for _, s := range []feeds.WebSubState{feeds.WebSubAsking, feeds.WebSubActive, feeds.WebSubDenied, feeds.WebSubEnding} {
		gauge(descHubs, float64(stats.Hubs[s]), string(s))
	}
	gauge(descItems, float64(stats.Items))
	gauge(descTopics, float64(stats.Topics))
	gauge(descSubscriptions, float64(stats.Subscriptions))
	gauge(descLastItem, unix(stats.LastSeen))
	gauge(descWaiting, unix(stats.Waiting))
}

func unix(t time.Time) float64 {
	if t.IsZero() {
		return 0
	}
	return float64(t.Unix())
}
