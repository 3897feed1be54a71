package main

import (
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// LogConfig says how to log.
type LogConfig struct {
	JSON  bool
	Level slog.Level
}

// parseLog reads DEPESCHE_LOG: a format, a level or both, joined by a comma.
func parseLog(s string) (LogConfig, error) {
	var l LogConfig
	for word := range strings.SplitSeq(s, ",") {
		switch word = strings.ToLower(strings.TrimSpace(word)); word {
		case "text", "":
			l.JSON = false
		case "json":
			l.JSON = true
		case "debug":
			l.Level = slog.LevelDebug
		case "info":
			l.Level = slog.LevelInfo
		case "warn":
			l.Level = slog.LevelWarn
		case "error":
			l.Level = slog.LevelError
		default:
			return LogConfig{}, fmt.Errorf("%q is neither a format nor a level; write text or json and debug, info, warn or error, such as json,debug", word)
		}
	}
	return l, nil
}

// newLogger gives the logger of the whole program.
func newLogger(w io.Writer, l LogConfig) *slog.Logger {
	options := &slog.HandlerOptions{Level: l.Level}
	if l.JSON {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}
