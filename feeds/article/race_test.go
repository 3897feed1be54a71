//go:build race

package article_test

// raceDetector says that everything takes ten times as long.
const raceDetector = true
