package main

import (
	"os"
	"os/exec"
	"runtime"
)

// openBrowser shows the address where there is a desktop to show it on. That
// it cannot is no fault: the address is printed too.
func openBrowser(address string) {
	name, args := "xdg-open", []string{address}
	switch runtime.GOOS {
	case "darwin":
		name = "open"
	case "windows":
		name, args = "rundll32", []string{"url.dll,FileProtocolHandler", address}
	default:
		if os.Getenv("DISPLAY") == "" && os.Getenv("WAYLAND_DISPLAY") == "" {
			return
		}
	}
	cmd := exec.Command(name, args...) //nolint:gosec,noctx // one of three fixed programs, which outlives us
	if cmd.Start() == nil {
		go func() { _ = cmd.Wait() }() // it ends when it likes; only its remains are cleared away
	}
}
