package digest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"depesche/feeds/keyword"
)

// Lists says when the daily and weekly lists of subscriptions are sent.
type Lists struct {
	Daily, Weekly         Schedule
	DailyCron, WeeklyCron string // as configured, for people
	Location              *time.Location
}

// SubscriptionPlans turns subscriptions into plans: one for each target and
// cadence, named "now:TARGET", "daily:TARGET" or "weekly:TARGET", with one rule
// for each subscription, oldest first. The plan speaks the language of its
// newest subscription. A subscription whose query no longer parses is left
// out; CheckSubscriptions names it. The plans are in order of their names.
func SubscriptionPlans(subs []Subscription, l Lists) []Plan {
	sorted := slices.SortedFunc(slices.Values(subs), func(a, b Subscription) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.ID, b.ID))
	})
	byName := map[string]*Plan{}
	for _, s := range sorted {
		rule, err := s.rule()
		if err != nil {
			continue
		}
		name := string(s.Cadence) + ":" + s.Target
		p := byName[name]
		if p == nil {
			p = l.plan(name, s)
			byName[name] = p
		}
		p.Rules = append(p.Rules, rule)
		p.Language = s.Language
	}
	plans := make([]Plan, 0, len(byName))
	for _, p := range byName {
		plans = append(plans, *p)
	}
	slices.SortFunc(plans, func(a, b Plan) int { return strings.Compare(a.Name, b.Name) })
	return plans
}

// CheckSubscriptions names the subscriptions that deliver nothing because they
// cannot be read; nil where there are none.
func CheckSubscriptions(subs []Subscription) error {
	var errs []error
	for _, s := range subs {
		if _, err := s.rule(); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// rule is what the subscription asks for.
func (s Subscription) rule() (Rule, error) {
	switch s.Cadence {
	case KindNow, KindDaily, KindWeekly:
	default:
		return Rule{}, fmt.Errorf("subscription %d of %s: unknown cadence %q", s.ID, s.Target, s.Cadence)
	}
	q, err := keyword.Parse(s.Query)
	if err != nil {
		return Rule{}, fmt.Errorf("subscription %d of %s: query %q: %w", s.ID, s.Target, s.Query, err)
	}
	return Rule{Title: s.Query, Query: q, After: s.After}, nil
}

// plan is the empty plan that the subscription belongs to.
func (l Lists) plan(name string, s Subscription) *Plan {
	p := &Plan{Name: name, Kind: s.Cadence, Target: s.Target, Location: l.Location}
	switch s.Cadence {
	case KindDaily:
		p.Schedule, p.Cron = l.Daily, l.DailyCron
	case KindWeekly:
		p.Schedule, p.Cron = l.Weekly, l.WeeklyCron
	}
	if p.Location == nil {
		p.Location = time.UTC
	}
	return p
}
