package bot

import "regexp"

var (
	userID    = regexp.MustCompile(`^[UW][A-Z0-9]{1,30}$`)
	channelID = regexp.MustCompile(`^[CG][A-Z0-9]{1,30}$`)
)

// userMention names a person; empty where the id is not one.
func userMention(id string) string {
	if !userID.MatchString(id) {
		return ""
	}
	return "<@" + id + ">"
}

// channelMention names a channel. Slack shows its name only to those who may
// see the channel.
func channelMention(id string) string {
	if !channelID.MatchString(id) {
		return ""
	}
	return "<#" + id + ">"
}
