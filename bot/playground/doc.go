// Package playground is a local stand-in for a Slack workspace: the Web API,
// response URLs, Socket Mode, signed requests to the bot, and a web page with
// channels, an input and buttons that work. The demo runs on it, and so do the
// end-to-end tests.
//
// It stands for the other side. It therefore shares no code with the bot, and
// it refuses what Slack refuses: blocks beyond their limits, messages to
// archived channels, wrong tokens, response URLs that are worn out, and, where
// asked to, messages that come too fast. What it cannot know of Slack it
// refuses rather than accepts.
//
//	w := playground.New(playground.Options{
//		BotToken:      "xoxb-local",
//		SigningSecret: "secret",
//		BotURL:        "http://127.0.0.1:8080",
//	})
//	defer w.Close()
//	http.ListenAndServe("127.0.0.1:8090", w.Handler())
//
// The bot's Web API address is then http://127.0.0.1:8090/api/.
//
// With an empty BotURL, requests go to whoever connected by Socket Mode.
//
// A Workspace is safe for concurrent use. It keeps everything in memory.
//
// The rules were taken from Slack's documentation (docs.slack.dev): the
// reference of each Web API method, "Block Kit reference", "Handling user
// interaction", "Verifying requests from Slack" and "Using Socket Mode".
package playground
