package feeds_test

import (
	"testing"

	"depesche/storage/storagetest"
)

func TestMain(m *testing.M) { storagetest.Main(m) }
