package digest

import (
	"strings"
	"testing"
	"time"
)

func TestSubscriptionPlans(t *testing.T) {
	noon := moment(t, "2026-11-20 12:00 CET")
	lists := Lists{Daily: schedule(t, "0 8 * * *"), DailyCron: "0 8 * * *",
		Weekly: schedule(t, "0 8 * * 1"), WeeklyCron: "0 8 * * 1", Location: inBerlin(t)}
	sub := func(id int64, query string, c Cadence, target, lang string, after int64) Subscription {
		return Subscription{ID: id, Query: query, Cadence: c, Target: target, Language: lang, After: after,
			Created: noon.Add(time.Duration(id) * time.Minute)}
	}
	plans := SubscriptionPlans([]Subscription{
		sub(3, "Wallet", KindDaily, "C1", "en", 30),
		sub(1, "OZG", KindDaily, "C1", "de", 10),
		sub(2, "OZG", KindNow, "C1", "de", 20),
		sub(4, "KI", KindWeekly, "U1", "de", 40),
		sub(5, "KI", "hourly", "U1", "de", 50),
	}, lists)
	var got []string
	for _, p := range plans {
		text := p.Name + " " + string(p.Kind) + " " + p.Target + " " + p.Language + " " + p.Cron + ":"
		for _, r := range p.Rules {
			text += " " + r.Title + "=" + r.Query.String()
			if p.Label != "" || r.Topic != "" || r.All || r.After != 10*map[string]int64{"OZG": 1, "Wallet": 3, "KI": 4}[r.Title]+map[Kind]int64{KindNow: 10}[p.Kind] {
				t.Errorf("rule %+v of %s", r, p.Name)
			}
		}
		if p.Location != inBerlin(t) && p.Location.String() != "Europe/Berlin" {
			t.Errorf("%s is in %s", p.Name, p.Location)
		}
		if (p.Schedule == nil) != (p.Kind == KindNow) {
			t.Errorf("schedule of %s: %v", p.Name, p.Schedule)
		}
		got = append(got, text)
	}
	want := `daily:C1 daily C1 en 0 8 * * *: OZG=OZG Wallet=Wallet
now:C1 now C1 de : OZG=OZG
weekly:U1 weekly U1 de 0 8 * * 1: KI=KI`
	if strings.Join(got, "\n") != want {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), want)
	}
}

func TestASubscriptionThatCannotBeReadIsNamedAndSpoilsNoOther(t *testing.T) {
	subs := []Subscription{
		{ID: 1, Query: "OZG", Cadence: KindNow, Target: "C1"},
		{ID: 2, Query: "KI", Cadence: "hourly", Target: "C1"},
	}
	if plans := SubscriptionPlans(subs, Lists{}); len(plans) != 1 || len(plans[0].Rules) != 1 || plans[0].Location != time.UTC {
		t.Errorf("got %+v", plans)
	}
	if err := CheckSubscriptions(subs); err == nil || !strings.Contains(err.Error(), `subscription 2 of C1: unknown cadence "hourly"`) {
		t.Errorf("got %v", err)
	}
	if err := CheckSubscriptions(subs[:1]); err != nil {
		t.Error(err)
	}
}
