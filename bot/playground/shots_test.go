package playground_test

import (
	"testing"
)

func shoot(t *testing.T, folder, file string, width, height int, dark bool) {}
