//go:build race

package feeds

// raceFactor allows for the race detector's slowness.
const raceFactor = 10
