package main

import (
	"context"
	"log/slog"
	"net/http"
	"time"
)

// newServer bounds what a client may take its time for.
func newServer(h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}

// routes are all addresses that the service answers.
func (a *App) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/slack/", a.metrics.timed(a.bot.Handler()))
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = w.Write([]byte("ok\n")) // the client is gone
	})
	mux.HandleFunc("GET /readyz", a.serveReady)
	mux.Handle("GET /metrics", a.metrics.handler())
	mux.Handle("GET /topics/", a.bot.TopicFeed())
	mux.Handle("/websub/", a.hubs)
	return mux
}

// readiness is what /readyz says: each part "ok", or why it is not.
type readiness struct {
	Ready    bool   `json:"ready"`
	Database string `json:"database"`
	Slack    string `json:"slack"`
	Socket   string `json:"socket,omitempty"` // with Socket Mode only
}

func (a *App) ready(ctx context.Context) readiness {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	r := readiness{Ready: true, Database: "ok", Slack: "ok"}
	if err := a.store.Ready(ctx); err != nil {
		r.Ready, r.Database = false, err.Error()
	}
	if err := a.slack.get(); err != nil {
		r.Ready, r.Slack = false, err.Error()
	}
	if a.cfg.AppToken != "" {
		r.Socket = "ok"
		if state := a.bot.Connection(); !state.Connected {
			r.Ready, r.Socket = false, "not connected"
			if state.Err != nil {
				r.Socket += ": " + state.Err.Error()
			}
		}
	}
	return r
}

func (a *App) serveReady(w http.ResponseWriter, r *http.Request) {
	state := a.ready(r.Context())
	w.Header().Set("Content-Type", "application/json")
	if !state.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_ = printJSON(w, state) // the client is gone
}
