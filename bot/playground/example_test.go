package playground_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"depesche/bot/playground"
)

// A test of a bot: type a command, read the answer.
func Example() {
	bot := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(rw, "You asked for "+r.PostFormValue("text"))
	}))
	defer bot.Close()
	w := playground.New(playground.Options{BotURL: bot.URL, Language: "en"})
	defer w.Close()
	reply, err := w.Command(context.Background(), "C0REDAKTION", w.Me(), "OZG")
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, a := range reply.Answers() {
		fmt.Println(a.ResponseType, a.Text)
	}
	// Output: ephemeral You asked for OZG
}
