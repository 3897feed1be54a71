package main

import (
	"context"
	"flag"
	"fmt"
	"net"
	"net/http"
	"time"
)

func healthCommand() command {
	return command{
		name: "health", brief: "ask a running serve whether it is alive (for containers)",
		setup: func(*flag.FlagSet) action {
			return func(ctx context.Context, c *call) error {
				listen := orElse(c.env("DEPESCHE_LISTEN"), ":8080")
				if err := checkAddress(listen); err != nil {
					return &configError{[]fault{{key: "DEPESCHE_LISTEN", text: err.Error()}}}
				}
				return checkHealth(ctx, listen)
			}
		},
	}
}

// checkHealth asks /healthz of the server that listens there.
func checkHealth(ctx context.Context, listen string) error {
	host, port, _ := net.SplitHostPort(listen)
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	ctx, cancel := context.WithTimeout(ctx, 4*time.Second)
	defer cancel()
	address := "http://" + net.JoinHostPort(host, port) + "/healthz"
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return err
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("health: nobody answers at %s (%w); is serve running, with the same DEPESCHE_LISTEN?", address, rootCause(err))
	}
	defer closeQuietly(resp.Body)
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("health: %s answers %s", address, resp.Status)
	}
	return nil
}
