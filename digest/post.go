package digest

import (
	"fmt"
	"time"
)

// Class says what to do about a failed post.
type Class string

// The classes of Slack's errors (chat.postMessage, "Errors").
const (
	ClassWait    Class = "wait"    // rate limit or passing fault: try again after RetryAfter
	ClassUnknown Class = "unknown" // it may have arrived: look before trying again
	ClassTarget  Class = "target"  // the channel cannot be posted to: mend the channel
	ClassAccess  Class = "access"  // the token is refused: stop the workspace
	ClassMessage Class = "message" // the message is refused: send it plain
)

// PostError is why a post failed.
type PostError struct {
	Class      Class
	Code       string        // Slack's, such as "channel_not_found"
	RetryAfter time.Duration // with ClassWait; zero: unknown
	Err        error
}

func (e *PostError) Error() string { return fmt.Sprintf("post: %s: %v", e.Code, e.Err) }

// Unwrap gives the cause.
func (e *PostError) Unwrap() error { return e.Err }
