package bot

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"

	"depesche/digest"
	"depesche/feeds/keyword"
)

// interaction is what we read of an interaction payload (docs.slack.dev,
// "block_actions payload").
type interaction struct {
	Type        string `json:"type"`
	ResponseURL string `json:"response_url"`
	User        struct {
		ID string `json:"id"`
	} `json:"user"`
	Channel struct {
		ID   string `json:"id"`
		Name string `json:"name"`
	} `json:"channel"`
	Container struct {
		Type      string `json:"type"`
		MessageTS string `json:"message_ts"`
		Ephemeral bool   `json:"is_ephemeral"`
	} `json:"container"`
	Actions []struct {
		ActionID string `json:"action_id"`
		Value    string `json:"value"`
	} `json:"actions"`
}

// serveInteraction acknowledges at once; what a button does is answered over
// the response URL.
func (b *Bot) serveInteraction(w http.ResponseWriter, body []byte) {
	form, _ := url.ParseQuery(string(body)) // a field that cannot be read is missing
	if !b.interact([]byte(form.Get("payload"))) {
		http.Error(w, "busy or shutting down", http.StatusServiceUnavailable)
	}
}

// interact does what a button asks for, without waiting for it. It reports
// false where spawn does.
func (b *Bot) interact(raw []byte) bool {
	var in interaction
	if err := json.Unmarshal(raw, &in); err != nil {
		b.o.Log.Warn("interaction not understood", "error", err)
		return true
	}
	if in.Type != "block_actions" || len(in.Actions) == 0 {
		return true
	}
	return b.spawn(func(ctx context.Context) {
		r := b.careful(ctx, func(ctx context.Context) Reply { return b.press(ctx, in) })
		if in.ResponseURL != "" {
			b.respondLogged(ctx, in.ResponseURL, r)
		}
		if in.Container.Type == "view" {
			if err := b.publishHome(ctx, in.User.ID); err != nil {
				b.o.Log.Warn("home not published", "error", err)
			}
		}
	})
}

// press answers one button.
func (b *Bot) press(ctx context.Context, in interaction) Reply {
	a := asker{user: in.User.ID, channel: in.Channel.ID, private: mustInvite(in.Channel.Name), name: b.o.Command}
	action := in.Actions[0]
	var r Reply
	var err error
	switch action.ActionID {
	case actionMore, actionBack, actionShare:
		return b.turn(ctx, a, in, action.ActionID, action.Value)
	case actionEnd:
		r, err = b.pressEnd(ctx, a, action.Value)
	case actionUndo:
		r, err = b.pressUndo(ctx, a, action.Value)
	case actionAdd:
		r, err = b.pressAdd(ctx, a, action.Value)
	case actionRemove:
		r, err = b.pressRemove(ctx, a, action.Value)
	default:
		r = b.stale()
	}
	if err != nil {
		b.o.Log.Error("button failed", "action", action.ActionID, "error", err)
		return b.failed()
	}
	r.Replace = in.Container.Ephemeral && action.ActionID != actionAdd // the offer may hold others
	return r
}

// stale is the answer to a button that means nothing any more.
func (b *Bot) stale() Reply { return b.advice(b.voice.say("Stale", "Command", b.o.Command)) }

// turn shows another page of an answer, or the same to the whole channel. A
// page takes the place of the one before only where one person sees it.
func (b *Bot) turn(ctx context.Context, a asker, in interaction, action, value string) Reply {
	var at view
	if err := json.Unmarshal([]byte(value), &at); err != nil || at.Offset < 0 || at.Offset > 1_000_000 {
		return b.stale()
	}
	a.name = b.commandName(at.Name)
	a.shared = action == actionShare
	a.pressed = a.shared
	r, err := b.show(ctx, a, at)
	if err == nil && a.shared && !r.advice {
		var fresh bool
		if fresh, err = b.fresh(ctx, in, value); err == nil && !fresh {
			return b.sentence(b.voice.say("SharedAlready"))
		}
	}
	if err != nil {
		b.o.Log.Error("button failed", "action", action, "error", err)
		return b.failed()
	}
	r.InChannel = a.shared && !r.advice
	r.Replace = !a.shared && in.Container.Ephemeral
	return r
}

// fresh reports whether this message was not shared before, and takes note of
// it: ask when there is something to share.
func (b *Bot) fresh(ctx context.Context, in interaction, value string) (bool, error) {
	if in.Container.MessageTS == "" {
		return true, nil
	}
	sum := sha256.Sum256([]byte(value))
	key := "share/" + in.Channel.ID + "/" + in.Container.MessageTS + "/" + hex.EncodeToString(sum[:8])
	return b.o.Desk.Once(ctx, key, b.o.Now())
}

// show answers a view.
func (b *Bot) show(ctx context.Context, a asker, at view) (Reply, error) {
	switch at.Verb {
	case VerbSearch:
		return b.search(ctx, a, at, "")
	case VerbLatest:
		return b.latest(ctx, a, at)
	case VerbDigest:
		return b.digest(ctx, a, at)
	default:
		return b.stale(), nil
	}
}

// pressEnd ends a subscription, if it is the asker's to end.
func (b *Bot) pressEnd(ctx context.Context, a asker, value string) (Reply, error) {
	list, err := b.own(ctx, a)
	if err != nil {
		return Reply{}, err
	}
	for _, s := range list {
		if strconv.FormatInt(s.ID, 10) == value {
			return b.end(ctx, a, s)
		}
	}
	return b.noSubscription(a, short(value, 20)), nil
}

// pressUndo brings a subscription back that was just ended.
func (b *Bot) pressUndo(ctx context.Context, a asker, value string) (Reply, error) {
	f, ok := readFinished(value)
	if !ok || (f.Target != a.user && f.Target != a.target()) {
		return b.stale(), nil
	}
	return b.subscribe(ctx, a, Command{Verb: VerbSubscribe, Arg: f.Query, Cadence: f.Cadence, Me: f.Target == a.user})
}

// readFinished reads a button's value, which anybody may have made up.
func readFinished(value string) (f finished, ok bool) {
	if json.Unmarshal([]byte(value), &f) != nil {
		return f, false
	}
	switch f.Cadence {
	case digest.KindNow, digest.KindDaily, digest.KindWeekly:
	default:
		return f, false
	}
	_, err := keyword.Parse(f.Query)
	return f, err == nil && f.Query != ""
}
