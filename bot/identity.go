package bot

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"github.com/slack-go/slack"

	"depesche/digest"
	"depesche/feeds"
)

// Identity is who the bot is in Slack.
type Identity struct {
	Team   string
	TeamID string
	User   string // the bot's name
	UserID string
	BotID  string
	Scopes []string // that the token has; nil where Slack did not say
}

// selfState remembers the bot's own user id.
type selfState struct {
	mu   sync.Mutex
	user string
}

func (s *selfState) set(user string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.user = user
}

func (s *selfState) get() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.user
}

func (s *selfState) id(ctx context.Context, b *Bot) (string, error) {
	if user := s.get(); user != "" {
		return user, nil
	}
	who, err := b.Authenticate(ctx)
	return who.UserID, err
}

// Authenticate asks Slack whose token this is (auth.test). Its error is a
// sentence for the operator and never holds the token.
func (b *Bot) Authenticate(ctx context.Context) (Identity, error) {
	res, err := b.api.AuthTestContext(ctx)
	if err != nil {
		fault := postError(err)
		if fault.Class == digest.ClassAccess {
			return Identity{}, &callError{"slack refuses SLACK_BOT_TOKEN; it must be the app's Bot User OAuth Token, which begins with xoxb-", fault}
		}
		return Identity{}, &callError{"ask slack at " + b.o.APIURL + " whose token this is", fault}
	}
	b.self.set(res.UserID)
	who := Identity{Team: res.Team, TeamID: res.TeamID, User: res.User, UserID: res.UserID, BotID: res.BotID}
	for scope := range strings.SplitSeq(res.Header.Get("X-OAuth-Scopes"), ",") {
		if scope = strings.TrimSpace(scope); scope != "" {
			who.Scopes = append(who.Scopes, scope)
		}
	}
	return who, nil
}

// Missing lists what of Scopes the token lacks; nil where Slack did not say
// which it has.
func (i Identity) Missing() []string {
	if i.Scopes == nil {
		return nil
	}
	has := map[string]bool{}
	for _, s := range i.Scopes {
		has[s] = true
	}
	var out []string
	for _, s := range Scopes() {
		if !has[s] {
			out = append(out, s)
		}
	}
	return out
}

// ChannelInfo is what matters of a channel for posting to it.
type ChannelInfo struct {
	ID       string
	Name     string
	Private  bool
	Archived bool
	Member   bool // the bot is in it
}

// Channel looks a channel up by its id (conversations.info).
func (b *Bot) Channel(ctx context.Context, id string) (ChannelInfo, error) {
	c, err := b.api.GetConversationInfoContext(ctx, &slack.GetConversationInfoInput{ChannelID: id})
	if err != nil {
		return ChannelInfo{}, &callError{fmt.Sprintf("look up channel %q", id), postError(err)}
	}
	return ChannelInfo{ID: c.ID, Name: c.Name, Private: c.IsPrivate, Archived: c.IsArchived, Member: c.IsMember}, nil
}

// ResolveChannel gives the id of a channel named "#name" (conversations.list);
// an id is given back as it is. A name that the bot cannot see is an error
// that wraps feeds.ErrNotFound.
func (b *Bot) ResolveChannel(ctx context.Context, name string) (string, error) {
	plain, named := strings.CutPrefix(name, "#")
	if !named {
		return name, nil
	}
	params := &slack.GetConversationsParameters{ExcludeArchived: true, Limit: 200, Types: []string{"public_channel", "private_channel"}}
	for {
		list, cursor, err := b.api.GetConversationsContext(ctx, params)
		if refused := (slack.SlackErrorResponse{}); errors.As(err, &refused) && refused.Err == "missing_scope" && len(params.Types) > 1 {
			params.Types, params.Cursor = params.Types[:1], ""
			continue
		}
		if err != nil {
			return "", &callError{fmt.Sprintf("look for channel %q", name), postError(err)}
		}
		for _, c := range list {
			if strings.EqualFold(c.Name, plain) {
				return c.ID, nil
			}
		}
		if cursor == "" {
			return "", fmt.Errorf("channel %q: %w among those that the bot can see; give its id (C...), or invite the bot there", name, feeds.ErrNotFound)
		}
		params.Cursor = cursor
	}
}
