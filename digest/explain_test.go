package digest

import (
	"testing"
	"time"

	"depesche/feeds"
)

func TestWhy(t *testing.T) {
	now := moment(t, "2026-11-20 12:00 CET")
	p := morgen(t, "C1", "OZG")
	alerts := Plan{Name: "now:U1", Kind: KindNow, Target: "U1", Rules: []Rule{{Title: "OZG", Topic: "OZG", After: 7}}}
	item := func(news int64, topics ...string) feeds.Item {
		it := newItem("eins", now, topics...)
		it.ID, it.News = 1, news
		return it
	}
	ran := Progress{Plan: p.Name, Upto: 5, Scheduled: now.Add(-4 * time.Hour), At: now.Add(-4 * time.Hour)}
	created := Progress{Plan: p.Name, Upto: 5, At: now.Add(-4 * time.Hour)}
	sent := Delivery{Status: StatusSent, Channel: "C1", TS: "1.1", Sent: now.Add(-time.Hour)}
	cases := []struct {
		name       string
		plan       Plan
		item       feeds.Item
		progress   Progress
		deliveries []Delivery
		want       Verdict
	}{
		{"delivered", p, item(4, "OZG"), ran, []Delivery{sent, sent},
			Verdict{Reason: ReasonDelivered, Section: "OZG", Channel: "C1", TS: "1.1", At: sent.Sent}},
		{"one part is on its way", p, item(4, "OZG"), ran, []Delivery{sent, {Status: StatusPending, Reason: "ratelimited", NotBefore: now.Add(time.Second)}},
			Verdict{Reason: ReasonPending, Section: "OZG", Channel: "C1", TS: "1.1", Detail: "ratelimited", At: now.Add(time.Second)}},
		{"failed", p, item(4, "OZG"), ran, []Delivery{{Status: StatusFailed, Reason: "is_archived"}},
			Verdict{Reason: ReasonFailed, Section: "OZG", Detail: "is_archived"}},
		{"delivered under a topic that is gone since", p, item(4), ran, []Delivery{sent},
			Verdict{Reason: ReasonDelivered, Channel: "C1", TS: "1.1", At: sent.Sent}},
		{"Friday noon's item waits for Monday", p, item(6, "OZG"), ran, nil,
			Verdict{Reason: ReasonWaiting, Section: "OZG", At: moment(t, "2026-11-23 08:00 CET")}},
		{"an alert waits for no hour", alerts, item(8, "OZG"), Progress{}, nil,
			Verdict{Reason: ReasonWaiting, Section: "OZG"}},
		{"no topic of the digest", p, item(6, "Wallet"), ran, nil,
			Verdict{Reason: ReasonNoRule}},
		{"archive", p, item(0, "OZG"), ran, nil,
			Verdict{Reason: ReasonArchive}},
		{"seen before the plan began", p, item(5, "OZG"), created, nil,
			Verdict{Reason: ReasonBeforePlan, Section: "OZG"}},
		{"considered before its topic was there", p, item(5, "OZG"), ran, nil,
			Verdict{Reason: ReasonPassed, Section: "OZG"}},
		{"seen before the subscription", alerts, item(7, "OZG"), Progress{}, nil,
			Verdict{Reason: ReasonBeforeSubscription, Section: "OZG"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var outcomes []Outcome
			if c.deliveries != nil {
				outcomes = []Outcome{{Plan: c.plan.Name, Scheduled: now, Deliveries: c.deliveries}}
			}
			got := Why(c.item, []Plan{c.plan}, map[string]Progress{c.plan.Name: c.progress}, outcomes, now)
			if len(got) != 1 || got[0].Plan.Name != c.plan.Name {
				t.Fatalf("%d verdicts", len(got))
			}
			v := got[0]
			v.At, c.want.At = v.At.UTC(), c.want.At.UTC()
			v.Plan = Plan{}
			if !sameVerdict(v, c.want) {
				t.Errorf("got  %+v\nwant %+v", v, c.want)
			}
		})
	}
}

func sameVerdict(a, b Verdict) bool {
	return a.Reason == b.Reason && a.Section == b.Section && a.At.Equal(b.At) &&
		a.Channel == b.Channel && a.TS == b.TS && a.Detail == b.Detail
}

func TestWhyNamesPlansThatAreGone(t *testing.T) {
	outcomes := []Outcome{{Plan: "digest:abend", Deliveries: []Delivery{{Status: StatusSent, Channel: "C9"}}}}
	got := Why(newItem("eins", time.Now()), nil, nil, outcomes, time.Now())
	if len(got) != 1 || got[0].Plan.Name != "digest:abend" || got[0].Reason != ReasonDelivered || got[0].Channel != "C9" {
		t.Errorf("got %+v", got)
	}
}
