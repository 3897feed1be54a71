// Package bot is Depesche's side of Slack: it renders digests to blocks, posts
// them, and answers what people type and press.
//
// Everything that a person types or presses arrives over one of two
// transports, signed HTTP (Handler) or Socket Mode (RunSocket), and ends in the
// same functions, which turn a question into a Reply. What is decided is pure:
// ParseCommand reads a command's text, Render lays out a digest, the escaping
// of foreign text is a function of that text. The rest asks the stores and
// talks to Slack.
//
// Whatever a feed says is hostile here: it passes through escape.go on its way
// into a message, and limits.go holds what Slack accepts. What the bot says
// itself is in locales/, in German and English.
//
// A Bot is safe for concurrent use. It works on so many questions at a time
// and lets the others wait; work that outlives its request is waited for by
// Close.
package bot
