package bot

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"depesche/digest"
)

// buttonValue gives the value of the answer's button of that action.
func buttonValue(t *testing.T, r Reply, action string) string {
	t.Helper()
	var blocks []struct {
		Elements []struct {
			ID    string `json:"action_id"`
			Value string `json:"value"`
		} `json:"elements"`
	}
	if err := json.Unmarshal(r.Messages[len(r.Messages)-1].Blocks, &blocks); err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		for _, e := range b.Elements {
			if e.ID == action {
				return e.Value
			}
		}
	}
	t.Fatalf("no button %q in %s", action, r.Messages)
	return ""
}

// TestASharedDigestIsOfTheDayThatWasShown presses the button after midnight.
func TestASharedDigestIsOfTheDayThatWasShown(t *testing.T) {
	for _, configured := range []bool{true, false} {
		for _, day := range []string{"gestern", "heute", "22.11.", ""} {
			if configured && day == "" {
				continue // a preview is of no day
			}
			in := &inbox{}
			s := server(t, in)
			now := time.Date(2026, 11, 23, 23, 58, 0, 0, berlin)
			o := newOffice(t, func(o *Options) {
				o.APIURL = s.URL + "/api/"
				o.Now = func() time.Time { return now }
				if configured {
					o.Digests = &plansOf{plans: []digest.Plan{{Kind: digest.KindDigest, Label: "morgen", Location: berlin}}}
				}
			})
			shown := typed(t, o, "digest "+day)
			now = now.Add(5 * time.Minute)
			if !o.interact(pressed(t, s.URL+"/actions/x", true, actionShare, buttonValue(t, shown, actionShare))) {
				t.Fatal("not taken")
			}
			got := in.wait(t, o.Bot)
			title, _, _ := strings.Cut(shown.Messages[0].Text, "\n")
			if len(got) != 1 || !strings.HasPrefix(got[0].Text, title+"\n") || got[0].ResponseType != "in_channel" {
				t.Errorf("shown %q, shared %+v", title, got)
				continue
			}
			if !strings.Contains(readable(got[0].Blocks), "Geteilt von <@U1>") {
				t.Errorf("who shared it is missing: %s", got[0].Blocks)
			}
		}
	}
}

// TestWhatCouldNotBeSharedCanBeSharedLater: a fault is no reason to say that
// the answer is there already.
func TestWhatCouldNotBeSharedCanBeSharedLater(t *testing.T) {
	in := &inbox{}
	s := server(t, in)
	o := newOffice(t, func(o *Options) { o.APIURL = s.URL + "/api/" })
	for i, want := range []string{"ließ sich gerade nicht beantworten", "Neueste Meldungen", "steht schon im Kanal"} {
		o.archive.err = nil
		if i == 0 {
			o.archive.err = errors.New("disk is on fire")
		}
		press(t, o.Bot, s.URL+"/actions/x", true, actionShare, `{"v":"latest"}`)
		got := in.wait(t, o.Bot)
		if len(got) != i+1 || !strings.Contains(got[i].Text, want) || (got[i].ResponseType == "in_channel") != (i == 1) {
			t.Errorf("press %d: %+v", i+1, got)
		}
	}
}

// TestAdviceStaysWithTheAsker: the channel sees answers, not slips of the pen.
func TestAdviceStaysWithTheAsker(t *testing.T) {
	o := newOffice(t, nil)
	for text, shared := range map[string]bool{
		"neu teilen": true, "hilfe teilen": true, "quellen teilen": true, "digest gestern teilen": true,
		"neu Unfug teilen": false, "digest Unfug teilen": false, "digest 30.2. teilen": false, "digest 1.1.2099 teilen": false,
		"abbestellen 99 teilen": false, "suche teilen": false, "di* teilen": false, "warum Unfug teilen": false,
	} {
		if r := typed(t, o, text); r.InChannel != shared {
			t.Errorf("%s: for the channel %v, want %v: %s", text, r.InChannel, shared, r.Messages[0].Text)
		}
	}
}

func TestNearNames(t *testing.T) {
	names := []string{"OZG", "Blockchain", "Distributed Ledger", "R&D*", ""}
	for typed, want := range map[string]string{
		"Blokchain": "Blockchain", "block": "Blockchain", "OZG-Umsetzung": "OZG", "ozgs": "OZG", "R&D": "R&D*", "Ledger": "", "Unfug": "", "x": "", "": "",
		strings.Repeat("Blockchain", 100): "",
	} {
		if got := nearName(typed, names); got != want {
			t.Errorf("nearName(%.20q) = %q, want %q", typed, got, want)
		}
	}
}
