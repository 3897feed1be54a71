package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/slack-go/slack"

	"depesche/digest"
)

// Reply is an answer to a command or to a button.
type Reply struct {
	Messages  []digest.Message
	InChannel bool // for the whole channel; else for the asker alone
	Replace   bool // takes the place of the message that the button stood in

	advice bool // tells the asker how to ask: nothing for the channel
}

// maxFollowUps is how many messages one response URL takes.
const maxFollowUps = 5

// payload is a message as a response URL, or the response to a command, takes
// it. slack-go's own types send empty metadata along and drop the unfurl flags.
type payload struct {
	ResponseType    string          `json:"response_type"`
	ReplaceOriginal bool            `json:"replace_original"`
	Text            string          `json:"text"`
	Blocks          json.RawMessage `json:"blocks,omitempty"`
	UnfurlLinks     bool            `json:"unfurl_links"`
	UnfurlMedia     bool            `json:"unfurl_media"`
}

// bare is the payload without its blocks.
func (p payload) bare() payload {
	p.Blocks = nil
	return p
}

// payloads gives what to send, in order.
func (r Reply) payloads() []payload {
	out := make([]payload, 0, len(r.Messages))
	for i, m := range r.Messages {
		if i == maxFollowUps {
			break
		}
		p := payload{ResponseType: "ephemeral", Text: m.Text, Blocks: m.Blocks, ReplaceOriginal: r.Replace && i == 0}
		if r.InChannel {
			p.ResponseType = "in_channel"
		}
		out = append(out, p)
	}
	return out
}

// errResponseURL is what a response URL that is not Slack's meets.
type errResponseURL struct{ host string }

func (e errResponseURL) Error() string {
	return fmt.Sprintf("response URL on %q is not Slack's", e.host)
}

// checkResponseURL allows Slack's own hosts over https and, where the Web API
// is somewhere else, that host; for a Web API on this machine, all its names.
func (b *Bot) checkResponseURL(raw string) error {
	u, err := url.Parse(raw)
	if err != nil || u.User != nil {
		return errResponseURL{}
	}
	host := strings.ToLower(u.Hostname())
	if u.Scheme == "https" && slackHost(host) && u.Port() == "" {
		return nil
	}
	api, err := url.Parse(b.o.APIURL)
	if err != nil || host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errResponseURL{host: host}
	}
	home := strings.ToLower(api.Hostname())
	if !slackHost(home) && (home == host || loopback(home) && loopback(host)) {
		return nil
	}
	return errResponseURL{host: host}
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func slackHost(host string) bool {
	for _, domain := range []string{"slack.com", "slack-gov.com"} {
		if host == domain || strings.HasSuffix(host, "."+domain) {
			return true
		}
	}
	return false
}

// respond posts a reply to a response URL.
func (b *Bot) respond(ctx context.Context, responseURL string, r Reply) error {
	if err := b.checkResponseURL(responseURL); err != nil {
		return err
	}
	for _, p := range r.payloads() {
		body, err := marshal(p)
		if err != nil {
			return fmt.Errorf("encode reply: %w", err)
		}
		if err := b.postJSON(ctx, responseURL, body); err != nil {
			return fmt.Errorf("post reply: %w", err)
		}
	}
	return nil
}

// postJSON posts to a response URL, which is a secret of its own and therefore
// kept out of errors.
func (b *Bot) postJSON(ctx context.Context, address string, body []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return errResponseURL{}
	}
	req.Header.Set("Content-Type", "application/json; charset=utf-8")
	res, err := b.o.HTTPClient.Do(req)
	if err != nil {
		return scrub(err)
	}
	defer res.Body.Close()
	if _, err := io.Copy(io.Discard, io.LimitReader(res.Body, 1<<16)); err != nil {
		return fmt.Errorf("read answer: %w", err)
	}
	if res.StatusCode/100 != 2 {
		return slack.StatusCodeError{Code: res.StatusCode, Status: res.Status}
	}
	return nil
}

// failed is the reply where something of ours broke.
func (b *Bot) failed() Reply {
	return b.sentence(b.voice.say("Failed"))
}

// sentence is a reply of one paragraph of mrkdwn of our own; the foreign parts
// of it are escaped already.
func (b *Bot) sentence(text string) Reply {
	return b.blocks(text, section(text))
}

// advice is a sentence that tells the asker what is wrong with the question
// and what to do: the channel does not see it, even where it would have seen
// the answer.
func (b *Bot) advice(text string) Reply {
	r := b.sentence(text)
	r.advice = true
	return r
}

// blocks is a reply of one message.
func (b *Bot) blocks(text string, blocks ...slack.Block) Reply {
	m, err := message(short(text, fillText), blocks)
	if err != nil {
		b.o.Log.Error("encode reply", "error", err)
		m = digest.Message{Text: b.voice.say("Failed")}
	}
	return Reply{Messages: []digest.Message{m}}
}
