package feeds

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mmcdole/gofeed"
	"github.com/mmcdole/gofeed/atom"
	ext "github.com/mmcdole/gofeed/extensions"
	"github.com/mmcdole/gofeed/rss"
)

// document gives what gofeed read its meaning: text, links, dates, names. zone
// is what an earlier reading of other items of the feed said of its dates; what
// it is by all that is known now is returned, see ownZone.
func document(feed *gofeed.Feed, base *url.URL, zone string) (Document, string) {
	doc := Document{
		Title: plainTitle(feed.Title),
		Site:  itemURL(feed.Link, base),
		Self:  itemURL(feed.FeedLink, base),
		Hub:   itemURL(hubOf(feed), base),
		TTL:   ttlOf(feed),
	}
	doc.SkipHours, doc.SkipDays = skips(feed)
	if base == nil {
		if u, err := url.Parse(firstOf(doc.Self, doc.Site)); err == nil && u.Host != "" {
			base = u
		}
	}
	rssFeed, _ := feed.OriginalFeed().(*rss.Feed)
	atomFeed, _ := feed.OriginalFeed().(*atom.Feed)
	var published, updated []dated
	for i, it := range feed.Items {
		var links []string
		about := it.Categories
		switch {
		case rssFeed != nil && i < len(rssFeed.Items):
			links = rssLinks(rssFeed.Items[i])
		case atomFeed != nil && i < len(atomFeed.Entries):
			links, about = atomLinks(atomFeed.Entries[i]), atomSubjects(atomFeed.Entries[i])
		default:
			links = append([]string{it.Link}, it.Links...)
			links = append(links, permalink(it.GUID))
		}
		doc.Items = append(doc.Items, newItem(it, links, about, base))
		published = append(published, firstDate(it.Published, extension(it.Extensions, "dcterms", "issued"), extension(it.Extensions, "dcterms", "created")))
		updated = append(updated, firstDate(it.Updated, extension(it.Extensions, "dcterms", "modified")))
	}
	if all := slices.Concat(published, updated); !slices.ContainsFunc(all, func(d dated) bool { return d.bare }) {
		zone = firstOf(zone, noZone) // nobody asked
	} else if zone != noZone {
		zone = firstOf(ownZone(feed.Language, append(all, readDate(feed.Published), readDate(feed.Updated))), zone)
	} else {
		zone = ""
	}
	own := zoneNamed(zone)
	for i := range doc.Items {
		it := &doc.Items[i]
		it.Published, _ = published[i].in(own)
		if it.Updated, _ = updated[i].in(own); it.Published.IsZero() {
			it.Published = it.Updated
		}
	}
	return doc, zone
}

func newItem(it *gofeed.Item, links, about []string, base *url.URL) Item {
	out := Item{
		GUID:       cut(tidyText(it.GUID), maxGUID),
		Title:      plainTitle(firstOf(it.Title, extension(it.Extensions, "media", "title"))),
		Author:     authors(it),
		Categories: categories(subjects(about, it.Extensions)),
	}
	for _, l := range links {
		if strings.Contains(l, "<") {
			l = strings.TrimSpace(stripTags(l, false)) // markup that does not belong there
		}
		if out.URL = itemURL(l, base); out.URL != "" {
			break
		}
	}
	out.Summary, out.Content = teaserAndText(firstOf(it.Description, mediaText(it)), it.Content)
	return out
}

// firstDate reads the first of the given texts that is a date. gofeed's reading
// of them is left aside: it takes MEZ for UTC and knows no German month.
func firstDate(raw ...string) dated {
	for _, s := range raw {
		if d := readDate(s); !d.IsZero() {
			if _, ok := d.in(berlin); ok {
				return d
			}
		}
	}
	return dated{}
}

// rssLinks gives an RSS item's addresses, best first. A guid is an address
// unless it says otherwise (RSS 2.0, guid).
func rssLinks(it *rss.Item) []string {
	links := append(slices.Clone(it.Links), it.Link)
	if it.GUID != nil && !strings.EqualFold(strings.TrimSpace(it.GUID.IsPermalink), "false") {
		links = append(links, permalink(it.GUID.Value))
	}
	for _, prefix := range []string{"atom", "atom10", "atom03"} {
		for _, l := range it.Extensions[prefix]["link"] {
			if rel := l.Attrs["rel"]; rel == "" || rel == "alternate" {
				links = append(links, l.Attrs["href"])
			}
		}
	}
	return links
}

// permalink gives a guid that is an absolute web address, else nothing.
func permalink(guid string) string {
	guid = strings.TrimSpace(guid)
	if strings.HasPrefix(guid, "http://") || strings.HasPrefix(guid, "https://") {
		return guid
	}
	return ""
}

// atomLinks gives an entry's addresses, best first: alternate pages in HTML
// before other alternates (RFC 4287, 4.2.7.2), then content kept elsewhere.
func atomLinks(e *atom.Entry) []string {
	var pages, others []string
	for _, l := range e.Links {
		if l.Rel != "" && l.Rel != "alternate" && !strings.HasSuffix(l.Rel, "#alternate") {
			continue
		}
		if l.Type == "" || strings.Contains(l.Type, "html") {
			pages = append(pages, l.Href)
		} else {
			others = append(others, l.Href)
		}
	}
	links := append(pages, others...)
	if e.Content != nil {
		links = append(links, e.Content.Src)
	}
	return append(links, permalink(e.ID))
}

// authors names the people, or where there is no name their addresses.
func authors(it *gofeed.Item) string {
	var names []string
	for _, p := range it.Authors {
		if p == nil {
			continue
		}
		name := plainTitle(firstOf(strings.TrimSpace(p.Name), p.Email))
		if name != "" && !slices.Contains(names, name) && len(names) < 10 {
			names = append(names, cut(name, 200))
		}
	}
	return strings.Join(names, ", ")
}

// categories gives distinct categories in their order, bounded.
func categories(list []string) []string {
	var out []string
	for _, c := range list {
		c = cut(plainTitle(c), 200)
		if c != "" && !slices.Contains(out, c) && len(out) < 50 {
			out = append(out, c)
		}
	}
	return out
}

// atomSubjects gives an entry's categories by their terms and, where they
// differ, their labels (RFC 4287, 4.2.2).
func atomSubjects(e *atom.Entry) []string {
	var list []string
	for _, c := range e.Categories {
		// A label that only spells the term better replaces it, and so does
		// any label where the term is an address, for machines.
		if c.Label == "" || !strings.EqualFold(c.Label, c.Term) && permalink(c.Term) == "" {
			list = append(list, c.Term)
		}
		list = append(list, c.Label)
	}
	return list
}

// subjects adds what extensions say an item is about.
func subjects(list []string, e ext.Extensions) []string {
	list = slices.Clone(list)
	for _, c := range e["dc"]["subject"] {
		list = append(list, c.Value)
	}
	for _, c := range e["media"]["category"] {
		list = append(list, firstOf(c.Attrs["label"], c.Value))
	}
	for _, c := range e["itunes"]["category"] {
		list = append(list, c.Attrs["text"])
		for _, inner := range c.Children["category"] {
			list = append(list, inner.Attrs["text"])
		}
	}
	return list
}

// mediaText gives the description of an item's video or picture (Media RSS).
func mediaText(it *gofeed.Item) string {
	if s := extension(it.Extensions, "media", "description"); s != "" {
		return s
	}
	for _, group := range it.Extensions["media"]["group"] {
		for _, e := range group.Children["description"] {
			return e.Value
		}
	}
	return ""
}

func extension(e ext.Extensions, prefix, name string) string {
	if list := e[prefix][name]; len(list) > 0 {
		return list[0].Value
	}
	return ""
}

// hubOf finds <link rel="hub"> (WebSub, 4.1).
func hubOf(feed *gofeed.Feed) string {
	if a, ok := feed.OriginalFeed().(*atom.Feed); ok {
		for _, l := range a.Links {
			if l.Rel == "hub" {
				return l.Href
			}
		}
	}
	for _, prefix := range []string{"atom", "atom10"} {
		for _, l := range feed.Extensions[prefix]["link"] {
			if l.Attrs["rel"] == "hub" {
				return l.Attrs["href"]
			}
		}
	}
	return ""
}

// ttlOf reads how rarely a feed asks to be read: ttl in minutes (RSS 2.0), or
// updatePeriod and updateFrequency (RSS 1.0 syndication module), at most a day.
// updateBase, from when the periods count, is left aside: a feed may be asked
// at any time, only not too often.
func ttlOf(feed *gofeed.Feed) time.Duration {
	var ttl time.Duration
	if r, ok := feed.OriginalFeed().(*rss.Feed); ok {
		if n, err := strconv.Atoi(strings.TrimSpace(r.TTL)); err == nil && n > 0 {
			ttl = time.Duration(min(n, 24*60)) * time.Minute
		}
	}
	periods := map[string]time.Duration{"hourly": time.Hour, "daily": 24 * time.Hour, "weekly": 24 * time.Hour, "monthly": 24 * time.Hour, "yearly": 24 * time.Hour}
	if period := periods[strings.ToLower(strings.TrimSpace(extension(feed.Extensions, "sy", "updatePeriod")))]; period > 0 {
		n, err := strconv.Atoi(strings.TrimSpace(extension(feed.Extensions, "sy", "updateFrequency")))
		if err != nil || n < 1 {
			n = 1
		}
		ttl = max(ttl, period/time.Duration(n))
	}
	return ttl
}

// skips reads when a feed asks not to be read (RSS 2.0, skipHours and
// skipDays), in UTC. Hour 24, which some write, is midnight. A feed that is
// never to be read asks for what it cannot mean, and for nothing.
func skips(feed *gofeed.Feed) (hours uint32, days uint8) {
	r, ok := feed.OriginalFeed().(*rss.Feed)
	if !ok {
		return 0, 0
	}
	for _, s := range r.SkipHours {
		if n, err := strconv.Atoi(strings.TrimSpace(s)); err == nil && n >= 0 && n <= 24 {
			hours |= 1 << (n % 24)
		}
	}
	for _, s := range r.SkipDays {
		for day := time.Sunday; day <= time.Saturday; day++ {
			if strings.EqualFold(strings.TrimSpace(s), day.String()) {
				days |= 1 << day
			}
		}
	}
	if hours == 1<<24-1 {
		hours = 0
	}
	if days == 1<<7-1 {
		days = 0
	}
	return hours, days
}
