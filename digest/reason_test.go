package digest

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestSayReason(t *testing.T) {
	cases := []struct{ name, reason, german string }{
		{"a code and its sentence", "is_archived: the channel is archived; bring it back, or name another channel",
			"is_archived: der Kanal ist archiviert; bitte wiederherstellen oder einen anderen Kanal angeben"},
		{"a code that has no sentence of its own", "ekm_access_denied: the channel cannot be posted to",
			"ekm_access_denied: in den Kanal lässt sich nicht schreiben"},
		{"under way", "outcome unknown: it was being sent", "Ausgang unbekannt: die Nachricht war unterwegs"},
		{"no code", "it is tried again", "es wird noch einmal versucht"},
		{"nothing to say", "", ""},
		{"somebody else's words", "is_archived: the moon is full", "is_archived: the moon is full"},
		{"somebody else's words, outcome unknown", "outcome unknown: the moon is full", "outcome unknown: the moon is full"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := SayReason(c.reason, "de"); got != c.german {
				t.Errorf("got %q, want %q", got, c.german)
			}
			if got := SayReason(c.reason, "en"); got != c.reason {
				t.Errorf("in English: got %q, want %q", got, c.reason)
			}
		})
	}
}

// Whatever a post can end with is said in German, and tells as much as in English.
func TestEveryReasonIsSaidInGerman(t *testing.T) {
	classes := []Class{ClassWait, ClassUnknown, ClassTarget, ClassAccess, ClassMessage, "some new class"}
	codes := append(slices.Sorted(maps.Keys(cures)), "", "some_new_code")
	said := map[string]string{}
	check := func(reason string) {
		german := SayReason(reason, "de")
		if german == reason || strings.Contains(german, " the ") || strings.Contains(german, unsure) {
			t.Errorf("%q is said as %q", reason, german)
		}
		if other, ok := said[german]; ok && other != reason {
			t.Errorf("%q and %q are both said as %q", reason, other, german)
		}
		said[german] = reason
	}
	for _, class := range classes {
		for _, code := range codes {
			d := Delivery{Status: StatusPending}
			check(Settle(d, Receipt{}, &PostError{Class: class, Code: code, Err: errors.New("x")}, time.Time{}).Reason)
		}
	}
	check(Settle(Delivery{Status: StatusPending}, Receipt{}, errors.New("EOF"), time.Time{}).Reason)
	check(attempted(Delivery{}, time.Time{}).Reason)
	for _, s := range slices.Concat(slices.Collect(maps.Values(cures)), slices.Collect(maps.Values(classCures)), []sentence{beingSent}) {
		if s.de == "" || strings.Contains(s.en+s.de, ":") {
			t.Errorf("%q: %q is not told apart from what stands before it, or is empty", s.en, s.de)
		}
	}
}
