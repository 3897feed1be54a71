package playground

import (
	"strings"
	"testing"
)

// Whatever a bot sends as blocks, checking, storing and pressing them gives an
// answer; and what was accepted keeps to the limits of a message.
func FuzzBlocks(f *testing.F) {
	for _, s := range []string{
		`[]`, `[null]`, `[{"type":"section","text":{"type":"mrkdwn","text":"x"},"accessory":{"type":"button","text":null}}]`,
		`[{"type":"actions","elements":[{"type":"overflow","action_id":7,"options":[{"text":{},"value":{}}]},null,[]]}]`,
		`[{"type":"input","element":{"type":"checkboxes","options":"x"}}]`, `[{"type":"rich_text","elements":[{"type":"rich_text_list","elements":[{}]}]}]`,
		`[{"type":"actions","elements":[{"type":"button","action_id":"a","text":{"type":"plain_text","text":"x"}}]}]`,
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		w := New(Options{})
		defer w.Close()
		k, bad := readContent(args{"text": "x", "blocks": s}, true)
		if bad != nil {
			return
		}
		if len(k.blocks) > maxMessageBlocks {
			t.Fatalf("%d blocks were accepted", len(k.blocks))
		}
		w.mu.Lock()
		raw, err := w.packLocked(k.blocks)
		w.mu.Unlock()
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range k.blocks {
			block := b.(object)
			if block["block_id"] == "" || block["block_id"] == nil {
				t.Fatalf("a block without an id: %v", block)
			}
			for _, e := range elementsOf(block) {
				id, _ := e["action_id"].(string)
				if kind, _ := e["type"].(string); !interactive[kind] {
					continue
				}
				value := "nothing"
				if _, err := chosen(raw, press{action: id, value: &value}); err != nil && !strings.Contains(err.Error(), "action_not_found") {
					t.Fatal(err)
				}
			}
		}
	})
}

// What a user types arrives without a bare < or > that the user did not mean
// as a mention or an address.
func FuzzEscape(f *testing.F) {
	for _, s := range []string{"<!channel>", "a <b> https://x.de/<c>", "@ben#redaktion", "https://", "x.de|y>", "&lt;"} {
		f.Add(s)
	}
	w := New(Options{})
	f.Cleanup(w.Close)
	f.Fuzz(func(t *testing.T, s string) {
		w.mu.Lock()
		got := w.escapeLocked(s)
		w.mu.Unlock()
		depth := 0
		for _, c := range got {
			switch c {
			case '<':
				depth++
			case '>':
				depth--
			}
			if depth < 0 || depth > 1 {
				t.Fatalf("%q arrives as %q", s, got)
			}
		}
		if strings.Contains(got, "<!") {
			t.Fatalf("%q arrives as %q, which notifies", s, got)
		}
	})
}
