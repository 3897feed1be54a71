package main

import (
	"github.com/schollz/progressbar/v3"
)

// progress shows how far long work has come: a bar on a terminal, nothing
// elsewhere.
type progress struct{ bar *progressbar.ProgressBar }

func (c *call) progress(total int, what string) progress {
	if !isTerminal(c.stderr) || total == 0 {
		return progress{}
	}
	return progress{progressbar.NewOptions(total,
		progressbar.OptionSetWriter(c.stderr),
		progressbar.OptionSetDescription(what),
		progressbar.OptionShowCount(),
		progressbar.OptionClearOnFinish(),
	)}
}

// step counts one more as done. A bar that cannot be drawn is no reason to stop.
func (p progress) step() {
	if p.bar != nil {
		_ = p.bar.Add(1)
	}
}

// at says that so many are done.
func (p progress) at(done int) {
	if p.bar != nil {
		_ = p.bar.Set(done)
	}
}

// end takes the bar away.
func (p progress) end() {
	if p.bar != nil {
		_ = p.bar.Finish()
	}
}
