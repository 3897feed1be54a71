package bot

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"depesche/digest"
)

const (
	findPage  = 15 // messages a page: what Slack grants every app
	findPages = 20 // and how far to look
)

// Find looks for a delivery in its channel's history by the key in its
// metadata. Where the history cannot be read it says so: with
// errors.ErrUnsupported for a person, with a *digest.PostError otherwise.
func (b *Bot) Find(ctx context.Context, d digest.Delivery) (digest.Receipt, bool, error) {
	channel := cmp.Or(d.Channel, d.Target)
	if userID.MatchString(channel) {
		return digest.Receipt{}, false, fmt.Errorf("look for %q in the direct messages of %s: %w", d.Key, channel, errors.ErrUnsupported)
	}
	params := &slack.GetConversationHistoryParameters{ChannelID: channel, Limit: findPage, IncludeAllMetadata: true}
	if !d.Created.IsZero() {
		params.Oldest = strconv.FormatInt(d.Created.Add(-time.Minute).Unix(), 10) + ".000000"
	}
	for range findPages {
		page, err := b.api.GetConversationHistoryContext(ctx, params)
		if err != nil {
			fault := postError(err)
			if fault.Class == digest.ClassMessage { // no such method, or not these arguments: never will be
				return digest.Receipt{}, false, fmt.Errorf("look for %q in %s: %w: %w", d.Key, channel, errors.ErrUnsupported, fault)
			}
			return digest.Receipt{}, false, fault
		}
		for _, m := range page.Messages {
			if m.Metadata.EventType == metadataType && m.Metadata.EventPayload["key"] == d.Key {
				return digest.Receipt{Channel: channel, TS: m.Timestamp}, true, nil
			}
		}
		params.Cursor = page.ResponseMetaData.NextCursor
		if !page.HasMore || params.Cursor == "" {
			return digest.Receipt{}, false, nil
		}
	}
	return digest.Receipt{}, false, nil
}
