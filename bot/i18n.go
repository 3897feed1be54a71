package bot

import (
	"embed"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
)

//go:embed locales/*.toml
var locales embed.FS

// languages are those that the bot speaks; the first is the default.
var languages = []string{"de", "en"}

// bundle holds what the bot says. The files are compiled in; a test reads them
// and compares them, so that loading cannot fail later.
var bundle = sync.OnceValues(func() (*i18n.Bundle, error) {
	b := i18n.NewBundle(language.German)
	b.RegisterUnmarshalFunc("toml", toml.Unmarshal)
	for _, lang := range languages {
		if _, err := b.LoadMessageFileFS(locales, "locales/active."+lang+".toml"); err != nil {
			return b, err
		}
	}
	return b, nil
})

// voice says things in one language.
type voice struct {
	lang string
	loc  *i18n.Localizer
}

// speak gives the voice of a language; of German, where it is not one of ours.
func speak(lang string) voice {
	if lang != "en" {
		lang = "de"
	}
	b, _ := bundle() // see bundle: a test proves that it loads
	return voice{lang: lang, loc: i18n.NewLocalizer(b, lang)}
}

// say gives the message of that id. The pairs are names and values for its
// template; values go into mrkdwn as they are, so escape what is foreign.
func (v voice) say(id string, pairs ...any) string {
	return v.localize(id, nil, pairs)
}

// count is say with the plural form for n, which the template knows as Count.
func (v voice) count(id string, n int, pairs ...any) string {
	return v.localize(id, n, append(pairs, "Count", n))
}

func (v voice) localize(id string, n any, pairs []any) string {
	data := make(map[string]any, len(pairs)/2)
	for i := 0; i+1 < len(pairs); i += 2 {
		if name, ok := pairs[i].(string); ok {
			data[name] = pairs[i+1]
		}
	}
	text, err := v.loc.Localize(&i18n.LocalizeConfig{MessageID: id, TemplateData: data, PluralCount: n})
	if err != nil {
		return id
	}
	return text
}
