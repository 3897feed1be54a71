package bot

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"depesche/feeds"
)

// feedItems is how many items a topic's feed holds.
const feedItems = 50

// The RSS 2.0 document (rssboard.org/rss-specification).
type rss struct {
	XMLName xml.Name   `xml:"rss"`
	Version string     `xml:"version,attr"`
	Channel rssChannel `xml:"channel"`
}

type rssChannel struct {
	Title       string    `xml:"title"`
	Link        string    `xml:"link"`
	Description string    `xml:"description"`
	Language    string    `xml:"language"`
	Built       string    `xml:"lastBuildDate,omitempty"`
	Generator   string    `xml:"generator"`
	TTL         int       `xml:"ttl"` // minutes
	Items       []rssItem `xml:"item"`
}

type rssItem struct {
	Title       string   `xml:"title"`
	Link        string   `xml:"link,omitempty"`
	Description string   `xml:"description,omitempty"`
	Categories  []string `xml:"category"`
	GUID        rssGUID  `xml:"guid"`
	Published   string   `xml:"pubDate"`
}

type rssGUID struct {
	Permalink bool   `xml:"isPermaLink,attr"`
	Value     string `xml:",chardata"`
}

// TopicFeed serves GET /topics/NAME.xml: the newest items of a topic as an RSS
// feed, with a validator for conditional requests. An unknown topic is a 404
// that names those there are.
func (b *Bot) TopicFeed() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			w.Header().Set("Allow", "GET, HEAD")
			http.Error(w, "only GET and HEAD", http.StatusMethodNotAllowed)
			return
		}
		wanted, ok := strings.CutSuffix(strings.TrimPrefix(r.URL.Path, "/topics/"), ".xml")
		name, names, err := b.topic(r.Context(), wanted)
		if err != nil {
			b.feedFailed(w, err)
			return
		}
		if !ok || name == "" {
			http.Error(w, "There is no topic "+strconv.Quote(wanted)+". Topics: "+strings.Join(names, ", "), http.StatusNotFound)
			return
		}
		items, _, err := b.o.Archive.Latest(r.Context(), name, 0, feedItems)
		if err != nil {
			b.feedFailed(w, err)
			return
		}
		body, err := topicXML(name, b.voice.lang, self(r), items)
		if err != nil {
			b.feedFailed(w, err)
			return
		}
		sum := sha256.Sum256(body)
		w.Header().Set("Content-Type", "application/rss+xml; charset=utf-8")
		w.Header().Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
		w.Header().Set("Cache-Control", "max-age=300")
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	})
}

func (b *Bot) feedFailed(w http.ResponseWriter, err error) {
	b.o.Log.Error("topic feed failed", "error", err)
	http.Error(w, "The topic cannot be read just now.", http.StatusInternalServerError)
}

// self is the address that the request came to.
func self(r *http.Request) string {
	u := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path}
	if r.TLS != nil || strings.EqualFold(r.Header.Get("X-Forwarded-Proto"), "https") {
		u.Scheme = "https"
	}
	return u.String()
}

// rssDescription is an item's source and teaser. RSS says that it is HTML.
func rssDescription(it feeds.Item) string {
	var parts []string
	for _, s := range []string{it.Source, it.Summary} {
		if s = tidy(s); s != "" {
			parts = append(parts, html.EscapeString(s))
		}
	}
	return strings.Join(parts, ": ")
}

// topicXML writes the feed. Its guids are stable: an item keeps its own.
func topicXML(topic, lang, address string, items []feeds.Item) ([]byte, error) {
	c := rssChannel{Title: "Depesche: " + tidy(topic), Link: address, Description: speak(lang).say("FeedDescription", "Topic", tidy(topic)), Language: lang, Generator: "Depesche", TTL: 15}
	w := itemWriter{voice: speak(lang)}
	for _, it := range items {
		at := it.Dated
		if at.IsZero() {
			at = it.Seen
		}
		entry := rssItem{
			Title:       tidy(w.titleOf(it)),
			Description: rssDescription(it),
			GUID:        rssGUID{Value: "depesche:item:" + strconv.FormatInt(it.ID, 10)},
			Published:   at.UTC().Format(time.RFC1123Z),
		}
		if target, ok := safeURL(it.URL); ok {
			entry.Link = html.UnescapeString(target)
		}
		for _, m := range it.Matches {
			entry.Categories = append(entry.Categories, tidy(m.Topic))
		}
		c.Items = append(c.Items, entry)
	}
	if len(c.Items) > 0 {
		c.Built = c.Items[0].Published
	}
	body, err := xml.MarshalIndent(rss{Version: "2.0", Channel: c}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("write feed of topic %q: %w", topic, err)
	}
	return append([]byte(xml.Header), append(body, '\n')...), nil
}
