package bot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/slack-go/slack"

	"depesche/digest"
)

var (
	_ digest.Renderer = (*Bot)(nil)
	_ digest.Poster   = (*Bot)(nil)
	_ digest.Finder   = (*Bot)(nil)
)

// metadataType is the event_type of the metadata that deliveries carry; its
// payload is {"key": Delivery.Key}.
const metadataType = "depesche_delivery"

// rawBlock is one block as it stands in the ledger. slack-go sends it on as it is.
type rawBlock struct {
	json.RawMessage
	kind string
}

// BlockType implements slack.Block.
func (r rawBlock) BlockType() slack.MessageBlockType { return slack.MessageBlockType(r.kind) }

// ID implements slack.Block.
func (r rawBlock) ID() string { return "" }

// rawBlocks reads a message's blocks for sending.
func rawBlocks(raw json.RawMessage) ([]slack.Block, error) {
	if len(raw) == 0 {
		return nil, nil
	}
	var list []json.RawMessage
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, err
	}
	out := make([]slack.Block, len(list))
	for i, item := range list {
		var head struct {
			Type string `json:"type"`
		}
		if err := json.Unmarshal(item, &head); err != nil {
			return nil, err
		}
		out[i] = rawBlock{RawMessage: item, kind: head.Type}
	}
	return out, nil
}

// Post sends one delivery with chat.postMessage. Where Slack refuses its
// blocks, it goes as plain text. Its error is a *digest.PostError.
func (b *Bot) Post(ctx context.Context, d digest.Delivery) (digest.Receipt, error) {
	blocks, err := rawBlocks(d.Message.Blocks)
	if err != nil {
		return digest.Receipt{}, &digest.PostError{Class: digest.ClassMessage, Code: "invalid_blocks", Err: fmt.Errorf("read blocks of %q: %w", d.Key, err)}
	}
	receipt, err := b.post(ctx, d, blocks)
	if fault := (*digest.PostError)(nil); errors.As(err, &fault) && fault.Class == digest.ClassMessage && len(blocks) > 0 && d.Message.Text != "" {
		b.o.Log.Warn("blocks refused, sending plain text", "delivery", d.Key, "error", err)
		return b.post(ctx, d, nil)
	}
	return receipt, err
}

func (b *Bot) post(ctx context.Context, d digest.Delivery, blocks []slack.Block) (digest.Receipt, error) {
	options := []slack.MsgOption{
		slack.MsgOptionText(d.Message.Text, false),
		slack.MsgOptionDisableLinkUnfurl(),
		slack.MsgOptionDisableMediaUnfurl(),
	}
	if len(blocks) > 0 {
		options = append(options, slack.MsgOptionBlocks(blocks...))
	}
	if d.Key != "" {
		options = append(options, slack.MsgOptionMetadata(slack.SlackMetadata{
			EventType: metadataType, EventPayload: map[string]any{"key": d.Key},
		}))
	}
	channel, ts, err := b.api.PostMessageContext(ctx, d.Target, options...)
	if err != nil {
		return digest.Receipt{}, postError(err)
	}
	return digest.Receipt{Channel: channel, TS: ts}, nil
}

// codeUnsaid stands for the error that an answer lacks.
const codeUnsaid = "not_ok"

// strict is a transport for slack-go, which takes an answer that is not "ok"
// for a success where it names no error.
type strict struct{ next http.RoundTripper }

// strictly is the client with that transport.
func strictly(c *http.Client) *http.Client {
	own := *c
	if own.Transport == nil {
		own.Transport = http.DefaultTransport
	}
	own.Transport = strict{own.Transport}
	return &own
}

// RoundTrip implements http.RoundTripper.
func (s strict) RoundTrip(req *http.Request) (*http.Response, error) {
	res, err := s.next.RoundTrip(req)
	if err != nil || res.StatusCode != http.StatusOK {
		return res, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err = errors.Join(err, res.Body.Close()); err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	var head struct {
		OK    bool   `json:"ok"`
		Error string `json:"error"`
	}
	if json.Unmarshal(body, &head) == nil && !head.OK && head.Error == "" {
		body = []byte(`{"ok":false,"error":"` + codeUnsaid + `"}`)
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	return res, nil
}

// maxAnswer bounds an answer of the Web API: a page of conversations.list may
// have a megabyte.
const maxAnswer = 16 << 20

// codes are Slack's error codes by what to do about them (chat.postMessage,
// "Errors"). A code that is not here is a fault of the message.
var codes = map[digest.Class]string{
	digest.ClassTarget: "channel_not_found is_archived not_in_channel no_permission restricted_action " +
		"restricted_action_read_only_channel restricted_action_thread_only_channel restricted_action_non_threadable_channel " +
		"restricted_action_thread_locked messages_tab_disabled ekm_access_denied cannot_reply_to_message user_not_found cannot_dm_bot",
	digest.ClassAccess: "token_revoked account_inactive invalid_auth not_authed token_expired missing_scope " +
		"not_allowed_token_type team_access_not_granted accesslimited enterprise_is_restricted access_denied two_factor_setup_required",
	digest.ClassWait:    "ratelimited rate_limited service_unavailable team_added_to_org org_login_required message_limit_exceeded",
	digest.ClassUnknown: "internal_error fatal_error request_timeout " + codeUnsaid,
}

func classOf(code string) digest.Class {
	for class, list := range codes {
		if slices.Contains(strings.Fields(list), code) {
			return class
		}
	}
	return digest.ClassMessage
}

// postError says what to do about an error of slack-go's.
func postError(err error) *digest.PostError {
	out := &digest.PostError{Class: digest.ClassUnknown, Code: "connection", Err: scrub(err)}
	var (
		limited *slack.RateLimitedError
		status  slack.StatusCodeError
		refused slack.SlackErrorResponse
	)
	switch {
	case errors.As(err, &limited):
		out.Class, out.Code, out.RetryAfter = digest.ClassWait, "ratelimited", limited.RetryAfter
	case errors.As(err, &status):
		out.Code = fmt.Sprintf("http_%d", status.Code)
		switch {
		case status.Code == 429:
			out.Class, out.Code = digest.ClassWait, "ratelimited"
		case status.Code == 503:
			out.Class = digest.ClassWait
		case status.Code < 500:
			out.Class = digest.ClassAccess
		}
	case errors.As(err, &refused):
		out.Code = refused.Err
		out.Class = classOf(refused.Err)
		out.Err = refusal(refused)
	case notSent(err):
		out.Class = digest.ClassWait
	}
	return out
}

// callError is a call of the Web API that failed. It wraps the *digest.PostError
// that says what to do about it.
type callError struct {
	op    string
	fault *digest.PostError
}

func (e *callError) Error() string { return e.op + ": " + e.fault.Err.Error() }

// Unwrap gives the cause.
func (e *callError) Unwrap() error { return e.fault }

// refusal is Slack's refusal with all it said about it.
func refusal(r slack.SlackErrorResponse) error {
	parts := []string{r.Err}
	if r.Needed != "" {
		parts = append(parts, fmt.Sprintf("needs the scope %s, has %s", r.Needed, r.Provided))
	}
	parts = append(parts, r.ResponseMetadata.Messages...)
	return errors.New(strings.Join(parts, "; "))
}

// notSent reports whether the request never left: no address, no connection.
func notSent(err error) bool {
	var dial *net.OpError
	var name *net.DNSError
	return errors.As(err, &dial) && dial.Op == "dial" || errors.As(err, &name)
}

// scrub takes the address out of an HTTP client's error: response URLs and
// Socket Mode tickets are secrets. What it wraps stays.
func scrub(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return fmt.Errorf("%s: %w", strings.ToLower(u.Op), u.Err)
	}
	return err
}
