package playground_test

import (
	"fmt"
	"strings"
	"testing"

	"depesche/bot/playground"
)

func long(n int) string { return strings.Repeat("ü", n) }

func times(n int, piece string) string {
	return strings.TrimSuffix(strings.Repeat(piece+",", n), ",")
}

// numbered repeats a piece with "#" replaced by 0, 1, 2 ...
func numbered(n int, piece string) string {
	parts := make([]string, n)
	for i := range parts {
		parts[i] = strings.ReplaceAll(piece, "#", fmt.Sprint(i))
	}
	return strings.Join(parts, ",")
}

const (
	plainX  = `{"type":"plain_text","text":"x"}`
	button  = `{"type":"button","text":` + plainX + `}`
	option  = `{"text":` + plainX + `,"value":"v#"}`
	divider = `{"type":"divider"}`
)

func section(text string) string {
	return `{"type":"section","text":{"type":"mrkdwn","text":"` + text + `"}}`
}

func header(text string) string {
	return `{"type":"header","text":{"type":"plain_text","text":"` + text + `"}}`
}

func elementsIn(kind, list string) string { return `{"type":"` + kind + `","elements":[` + list + `]}` }

func inActions(list string) string { return elementsIn("actions", list) }

func rich(inline string) string {
	return elementsIn("rich_text", elementsIn("rich_text_section", inline))
}

// Each refusal names the place and what is wrong there.
func TestBlocksThatSlackRefuses(t *testing.T) {
	_, base := desk(t, nil)
	cases := []struct{ name, blocks, pointer, says string }{
		{"51 blocks", times(51, divider), "/blocks", "no more than 50 items allowed"},
		{"not an object", `"x"`, "/blocks/0", "must be an object"},
		{"unknown type", `{"type":"marquee"}`, "/blocks/0/type", "unsupported type: marquee"},
		{"no type", `{}`, "/blocks/0/type", "unsupported type"},
		{"unknown property", `{"type":"divider","colour":"red"}`, "/blocks/0", "invalid additional property: colour"},
		{"two blocks of one id", `{"type":"divider","block_id":"a"},{"type":"divider","block_id":"a"}`, "/blocks/1/block_id", "already exists"},
		{"block id of 256", `{"type":"divider","block_id":"` + long(256) + `"}`, "/blocks/0/block_id", "less than 256"},
		{"section without text", `{"type":"section"}`, "/blocks/0", "text or fields"},
		{"section of 3001", section(long(3001)), "/blocks/0/text/text", "less than 3001"},
		{"section of nothing", section(""), "/blocks/0/text/text", "more than 0"},
		{"text that is a string", `{"type":"section","text":"x"}`, "/blocks/0/text", "missing required object"},
		{"text of a third type", `{"type":"section","text":{"type":"html","text":"x"}}`, "/blocks/0/text/type", "plain_text, mrkdwn"},
		{"mrkdwn with emoji", `{"type":"section","text":{"type":"mrkdwn","text":"x","emoji":true}}`, "/blocks/0/text", "emoji"},
		{"plain_text with verbatim", `{"type":"section","text":{"type":"plain_text","text":"x","verbatim":true}}`, "/blocks/0/text", "verbatim"},
		{"11 fields", `{"type":"section","fields":[` + times(11, plainX) + `]}`, "/blocks/0/fields", "no more than 10"},
		{"no fields", `{"type":"section","fields":[]}`, "/blocks/0/fields", "no less than 1"},
		{"field of 2001", `{"type":"section","fields":[{"type":"mrkdwn","text":"` + long(2001) + `"}]}`, "/blocks/0/fields/0/text", "less than 2001"},
		{"input as accessory", `{"type":"section","text":` + plainX + `,"accessory":{"type":"plain_text_input"}}`, "/blocks/0/accessory/type", "unsupported"},
		{"header of 151", header(long(151)), "/blocks/0/text/text", "less than 151"},
		{"header of mrkdwn", `{"type":"header","text":{"type":"mrkdwn","text":"x"}}`, "/blocks/0/text/type", "plain_text"},
		{"header without text", `{"type":"header"}`, "/blocks/0/text", "missing"},
		{"context without elements", elementsIn("context", ""), "/blocks/0/elements", "no less than 1"},
		{"11 in a context", elementsIn("context", times(11, plainX)), "/blocks/0/elements", "no more than 10"},
		{"button in a context", elementsIn("context", button), "/blocks/0/elements/0/type", "unsupported type: button"},
		{"actions without elements", `{"type":"actions"}`, "/blocks/0", "missing required field: elements"},
		{"26 buttons", inActions(times(26, button)), "/blocks/0/elements", "no more than 25"},
		{"two buttons of one id", inActions(times(2, `{"type":"button","action_id":"a","text":`+plainX+`}`)), "/blocks/0/elements/1/action_id", "already exists"},
		{"action id of 256", inActions(`{"type":"button","action_id":"` + long(256) + `","text":` + plainX + `}`), "/blocks/0/elements/0/action_id", "less than 256"},
		{"button without text", inActions(`{"type":"button","action_id":"a"}`), "/blocks/0/elements/0/text", "missing"},
		{"button text of 76", inActions(`{"type":"button","text":{"type":"plain_text","text":"` + long(76) + `"}}`), "/blocks/0/elements/0/text/text", "less than 76"},
		{"button of mrkdwn", inActions(`{"type":"button","text":{"type":"mrkdwn","text":"x"}}`), "/blocks/0/elements/0/text/type", "plain_text"},
		{"button value of 2001", inActions(`{"type":"button","text":` + plainX + `,"value":"` + long(2001) + `"}`), "/blocks/0/elements/0/value", "less than 2001"},
		{"button value that is a number", inActions(`{"type":"button","text":` + plainX + `,"value":7}`), "/blocks/0/elements/0/value", "must be a string"},
		{"button style", inActions(`{"type":"button","text":` + plainX + `,"style":"gold"}`), "/blocks/0/elements/0/style", "primary, danger"},
		{"button to javascript", inActions(`{"type":"button","text":` + plainX + `,"url":"javascript:alert(1)"}`), "/blocks/0/elements/0/url", "valid URL"},
		{"button to nowhere", inActions(`{"type":"button","text":` + plainX + `,"url":"//example.org"}`), "/blocks/0/elements/0/url", "valid URL"},
		{"button to no host", inActions(`{"type":"button","text":` + plainX + `,"url":"https:///news"}`), "/blocks/0/elements/0/url", "valid URL"},
		{"button url of 3001", inActions(`{"type":"button","text":` + plainX + `,"url":"https://example.org/` + long(3000) + `"}`), "/blocks/0/elements/0/url", "less than 3001"},
		{"accessibility label of 76", inActions(`{"type":"button","text":` + plainX + `,"accessibility_label":"` + long(76) + `"}`), "/blocks/0/elements/0/accessibility_label", "less than 76"},
		{"confirm without text", inActions(`{"type":"button","text":` + plainX + `,"confirm":{"title":` + plainX + `,"confirm":` + plainX + `,"deny":` + plainX + `}}`), "/blocks/0/elements/0/confirm/text", "missing"},
		{"overflow of six", inActions(`{"type":"overflow","options":[` + numbered(6, option) + `]}`), "/blocks/0/elements/0/options", "no more than 5"},
		{"overflow of none", inActions(`{"type":"overflow","options":[]}`), "/blocks/0/elements/0/options", "no less than 1"},
		{"select of 101", inActions(`{"type":"static_select","options":[` + numbered(101, option) + `]}`), "/blocks/0/elements/0/options", "no more than 100"},
		{"select without options", inActions(`{"type":"static_select"}`), "/blocks/0/elements/0", "exactly one of"},
		{"option without value", inActions(`{"type":"static_select","options":[{"text":` + plainX + `}]}`), "/blocks/0/elements/0/options/0", "missing required field: value"},
		{"option value of 151", inActions(`{"type":"static_select","options":[{"text":` + plainX + `,"value":"` + long(151) + `"}]}`), "/blocks/0/elements/0/options/0/value", "less than 151"},
		{"option url in a select", inActions(`{"type":"static_select","options":[{"text":` + plainX + `,"value":"v","url":"https://example.org"}]}`), "/blocks/0/elements/0/options/0", "url"},
		{"placeholder of 151", inActions(`{"type":"users_select","placeholder":{"type":"plain_text","text":"` + long(151) + `"}}`), "/blocks/0/elements/0/placeholder/text", "less than 151"},
		{"eleven checkboxes", inActions(`{"type":"checkboxes","options":[` + numbered(11, option) + `]}`), "/blocks/0/elements/0/options", "no more than 10"},
		{"image without description", `{"type":"image","image_url":"https://example.org/x.png"}`, "/blocks/0", "missing required field: alt_text"},
		{"image without address", `{"type":"image","alt_text":"x"}`, "/blocks/0", "exactly one of"},
		{"image from a file", `{"type":"image","image_url":"file:///etc/passwd","alt_text":"x"}`, "/blocks/0/image_url", "valid URL"},
		{"rich text of an unknown kind", rich(`{"type":"blink"}`), "/blocks/0/elements/0/elements/0/type", "unsupported"},
		{"rich text of nothing", rich(`{"type":"text","text":""}`), "/blocks/0/elements/0/elements/0/text", "more than 0"},
		{"rich link without address", rich(`{"type":"link","text":"x"}`), "/blocks/0/elements/0/elements/0", "url"},
		{"rich style of unknown name", rich(`{"type":"text","text":"x","style":{"blink":true}}`), "/blocks/0/elements/0/elements/0/style", "blink"},
		{"rich style that is no boolean", rich(`{"type":"text","text":"x","style":{"bold":1}}`), "/blocks/0/elements/0/elements/0/style/bold", "boolean"},
		{"rich list without style", elementsIn("rich_text", elementsIn("rich_text_list", elementsIn("rich_text_section", ""))), "/blocks/0/elements/0/style", "bullet, ordered"},
		{"rich list of text", elementsIn("rich_text", `{"type":"rich_text_list","style":"bullet","elements":[{"type":"text","text":"x"}]}`), "/blocks/0/elements/0/elements/0/type", "rich_text_section"},
		{"input without label", `{"type":"input","element":{"type":"plain_text_input"}}`, "/blocks/0/label", "missing"},
		{"input of a button", `{"type":"input","label":` + plainX + `,"element":` + button + `}`, "/blocks/0/element/type", "unsupported"},
		{"input longer than may be", `{"type":"input","label":` + plainX + `,"element":{"type":"plain_text_input","max_length":3001}}`, "/blocks/0/element/max_length", "1 to 3000"},
		{"markdown of 12,001 together", `{"type":"markdown","text":"` + long(6000) + `"},{"type":"markdown","text":"` + long(6001) + `"}`, "/blocks", "less than 12001"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got := api(t, base, "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x","blocks":[`+c.blocks+`]}`)
			if got["ok"] != false || got["error"] != "invalid_blocks" {
				t.Fatalf("accepted, or refused otherwise: %v", got)
			}
			said := fmt.Sprint(got["response_metadata"])
			if !strings.Contains(said, "[json-pointer:"+c.pointer+"]") || !strings.Contains(said, c.says) {
				t.Errorf("says %s, want %q at %s", said, c.says, c.pointer)
			}
		})
	}
}

// What is exactly at a limit is accepted: a stand-in that refuses more than
// Slack would teach the bot false fear.
func TestBlocksAtTheirLimits(t *testing.T) {
	_, base := desk(t, nil)
	for name, blocks := range map[string]string{
		"50 blocks":       times(50, divider),
		"section of 3000": section(long(3000)),
		"10 fields":       `{"type":"section","fields":[` + times(10, plainX) + `]}`,
		"header of 150":   header(long(150)),
		"10 in a context": elementsIn("context", times(10, plainX)),
		"25 buttons":      inActions(times(25, button)),
		"same action id in two blocks": inActions(`{"type":"button","action_id":"a","text":`+plainX+`}`) + "," +
			inActions(`{"type":"button","action_id":"a","text":`+plainX+`}`),
		"button text of 75": inActions(`{"type":"button","text":{"type":"plain_text","text":"` + long(75) + `","emoji":false}}`),
		"five in a menu":    inActions(`{"type":"overflow","options":[` + numbered(5, option) + `]}`),
		"100 in a select":   inActions(`{"type":"static_select","options":[` + numbered(100, option) + `]}`),
		"null fields":       `{"type":"section","text":` + plainX + `,"accessory":null,"fields":null,"block_id":null}`,
		"verbatim, expand":  `{"type":"section","expand":true,"text":{"type":"mrkdwn","text":"x","verbatim":true}}`,
		"rich text": rich(`{"type":"text","text":"x","style":{"bold":true}},{"type":"link","url":"https://example.org"},{"type":"emoji","name":"tada"},
			{"type":"user","user_id":"U1"},{"type":"channel","channel_id":"C1"},{"type":"broadcast","range":"here"},{"type":"date","timestamp":1,"format":"{date}"}`),
		"confirm":                    inActions(`{"type":"button","text":` + plainX + `,"confirm":{"title":` + plainX + `,"text":` + plainX + `,"confirm":` + plainX + `,"deny":` + plainX + `}}`),
		"together as long as may be": times(4, section(long(2675))),
		"images":                     `{"type":"image","image_url":"https://example.org/x.png","alt_text":"x"}`,
		"input":                      `{"type":"input","label":` + plainX + `,"element":{"type":"plain_text_input","max_length":3000}}`,
	} {
		t.Run(name, func(t *testing.T) {
			if got := api(t, base, "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x","blocks":[`+blocks+`]}`); got["ok"] != true {
				t.Errorf("refused: %v", got)
			}
		})
	}
}

func TestMessagesThatSlackRefuses(t *testing.T) {
	_, base := desk(t, nil)
	for _, c := range []struct{ name, token, method, args, code string }{
		{"no token", "", "chat.postMessage", `{"channel":"C1","text":"x"}`, "not_authed"},
		{"token in the JSON body", "", "chat.postMessage", `{"token":"xoxb-1","channel":"C1","text":"x"}`, "not_authed"},
		{"wrong token", "xoxb-2", "chat.postMessage", `{"channel":"C1","text":"x"}`, "invalid_auth"},
		{"app token", "xapp-1", "chat.postMessage", `{"channel":"C1","text":"x"}`, "not_allowed_token_type"},
		{"bot token for a connection", "xoxb-1", "apps.connections.open", ``, "not_allowed_token_type"},
		{"unknown method", "xoxb-1", "chat.shout", `{}`, "unknown_method"},
		{"broken JSON", "xoxb-1", "chat.postMessage", `{`, "invalid_json"},
		{"a list", "xoxb-1", "chat.postMessage", `[]`, "json_not_object"},
		{"no channel", "xoxb-1", "chat.postMessage", `{"text":"x"}`, "channel_not_found"},
		{"unknown channel", "xoxb-1", "chat.postMessage", `{"channel":"C9","text":"x"}`, "channel_not_found"},
		{"channel by name", "xoxb-1", "chat.postMessage", `{"channel":"#redaktion","text":"x"}`, "channel_not_found"},
		{"unknown person", "xoxb-1", "chat.postMessage", `{"channel":"U9","text":"x"}`, "channel_not_found"},
		{"archived", "xoxb-1", "chat.postMessage", `{"channel":"C4","text":"x"}`, "is_archived"},
		{"private, not a member", "xoxb-1", "chat.postMessage", `{"channel":"C3","text":"x"}`, "not_in_channel"},
		{"nothing to say", "xoxb-1", "chat.postMessage", `{"channel":"C1"}`, "no_text"},
		{"white space", "xoxb-1", "chat.postMessage", `{"channel":"C1","text":" \n"}`, "no_text"},
		{"empty blocks", "xoxb-1", "chat.postMessage", `{"channel":"C1","blocks":[]}`, "no_text"},
		{"text over 40,000", "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"` + long(40_001) + `"}`, "msg_too_long"},
		{"blocks are no list", "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x","blocks":{}}`, "invalid_blocks_format"},
		{"blocks are no JSON", "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x","blocks":"[{"}`, "invalid_blocks_format"},
		{"legal blocks, together too long", "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x","blocks":[` + times(3, section(long(2675))) + `,` + section(long(2676)) + `]}`, "msg_blocks_too_long"},
		{"101 attachments", "xoxb-1", "chat.postMessage", `{"channel":"C1","attachments":[` + times(101, "{}") + `]}`, "too_many_attachments"},
		{"metadata without payload", "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x","metadata":{"event_type":"run"}}`, "invalid_metadata_format"},
		{"metadata without type", "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x","metadata":{"event_type":"","event_payload":{}}}`, "invalid_metadata_format"},
		{"metadata that is no JSON", "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x","metadata":"run"}`, "invalid_metadata_format"},
		{"unknown thread", "xoxb-1", "chat.postMessage", `{"channel":"C1","text":"x","thread_ts":"1.000001"}`, "thread_not_found"},
		{"ephemeral to nobody", "xoxb-1", "chat.postEphemeral", `{"channel":"C1","text":"x"}`, "user_not_in_channel"},
		{"ephemeral over 4,000 bytes", "xoxb-1", "chat.postEphemeral", `{"channel":"C1","user":"U0ANNA","text":"` + long(2001) + `"}`, "msg_too_long"},
		{"update of nothing", "xoxb-1", "chat.update", `{"channel":"C1","ts":"1.000001","text":"x"}`, "message_not_found"},
		{"delete of nothing", "xoxb-1", "chat.delete", `{"channel":"C1","ts":"1.000001"}`, "message_not_found"},
		{"history of a channel not joined", "xoxb-1", "conversations.history", `{"channel":"C2"}`, "not_in_channel"},
		{"history of a hidden channel", "xoxb-1", "conversations.history", `{"channel":"C3"}`, "channel_not_found"},
		{"history with a bad cursor", "xoxb-1", "conversations.history", `{"channel":"C1","cursor":"x"}`, "invalid_cursor"},
		{"history since never", "xoxb-1", "conversations.history", `{"channel":"C1","oldest":"yesterday"}`, "invalid_ts_oldest"},
		{"list of unknown types", "xoxb-1", "conversations.list", `{"types":"secret"}`, "invalid_types"},
		{"unknown user", "xoxb-1", "users.info", `{"user":"U9"}`, "user_not_found"},
		{"no people to talk to", "xoxb-1", "conversations.open", `{}`, "users_list_not_supplied"},
		{"view without blocks", "xoxb-1", "views.publish", `{"user_id":"U0ANNA","view":{"type":"home","blocks":null}}`, "invalid_arguments"},
		{"101 blocks in a view", "xoxb-1", "views.publish", `{"user_id":"U0ANNA","view":{"type":"home","blocks":[` + times(101, divider) + `]}}`, "invalid_arguments"},
		{"modal as home", "xoxb-1", "views.publish", `{"user_id":"U0ANNA","view":{"type":"modal","title":` + plainX + `,"blocks":[]}}`, "invalid_arguments"},
		{"view over 250 kB", "xoxb-1", "views.publish", `{"user_id":"U0ANNA","view":{"type":"home","blocks":[],"private_metadata":"` + long(130_000) + `"}}`, "view_too_large"},
		{"view of an old hash", "xoxb-1", "views.publish", `{"user_id":"U0ANNA","hash":"1","view":{"type":"home","blocks":[]}}`, "hash_conflict"},
		{"modal with input, without submit", "xoxb-1", "views.open", `{"trigger_id":"1","view":{"type":"modal","title":` + plainX + `,"blocks":[{"type":"input","label":` + plainX + `,"element":{"type":"plain_text_input"}}]}}`, "invalid_arguments"},
		{"modal with a long title", "xoxb-1", "views.open", `{"trigger_id":"1","view":{"type":"modal","title":{"type":"plain_text","text":"` + long(25) + `"},"blocks":[]}}`, "invalid_arguments"},
		{"modal by a wrong trigger", "xoxb-1", "views.open", `{"trigger_id":"1","view":{"type":"modal","title":` + plainX + `,"blocks":[]}}`, "invalid_trigger"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := api(t, base, c.token, c.method, c.args); got["ok"] != false || got["error"] != c.code {
				t.Errorf("got %v, want %s", got, c.code)
			}
		})
	}
}

func TestMissingScopes(t *testing.T) {
	_, base := desk(t, func(o *playground.Options) { o.Scopes = []string{"chat:write"} })
	got := api(t, base, "xoxb-1", "users.info", `{"user":"U0ANNA"}`)
	if got["error"] != "missing_scope" || got["needed"] != "users:read" || got["provided"] != "chat:write" {
		t.Errorf("got %v", got)
	}
	if got := api(t, base, "xoxb-1", "chat.postMessage", `{"channel":"C2","text":"x"}`); got["error"] != "not_in_channel" {
		t.Errorf("without chat:write.public: %v", got)
	}
}
