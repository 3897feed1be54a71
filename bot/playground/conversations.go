package playground

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"time"
)

// describe is a conversation as the Web API shows it.
func (w *Workspace) describe(c *conversation) object {
	if c.im {
		return object{"id": c.ID, "is_im": true, "user": c.with, "is_archived": false, "is_open": true}
	}
	return object{
		"id": c.ID, "name": c.Name, "name_normalized": c.Name, "is_channel": !c.Private, "is_group": c.Private,
		"is_private": c.Private, "is_archived": c.Archived, "is_member": c.Member, "is_im": false, "is_mpim": false,
		"locale": w.locale(),
	}
}

func (w *Workspace) locale() string {
	if w.opt.Language == "en" {
		return "en-GB"
	}
	return "de-DE"
}

// page cuts one page out of a list of n; cursors name the next index. A page
// holds a hundred unless asked for otherwise, and never more than most.
func page(a args, n, most int) (from, to int, next string, bad *Refusal) {
	limit := min(100, most)
	if s := a.str("limit"); s != "" && s != "0" {
		v, err := strconv.Atoi(s)
		if err != nil || v < 0 || v > 1000 {
			return 0, 0, "", &Refusal{Code: "invalid_limit"}
		}
		limit = min(v, most)
	}
	if s := a.str("cursor"); s != "" {
		raw, err := base64.StdEncoding.DecodeString(s)
		number, found := strings.CutPrefix(string(raw), "next:")
		v, err2 := strconv.Atoi(number)
		if err != nil || !found || err2 != nil || v < 0 || v > n {
			return 0, 0, "", &Refusal{Code: "invalid_cursor"}
		}
		from = v
	}
	to = min(n, from+limit)
	if to < n {
		next = base64.StdEncoding.EncodeToString([]byte("next:" + strconv.Itoa(to)))
	}
	return from, to, next, nil
}

func conversationsList(w *Workspace, a args, _ *call) (object, *Refusal) {
	kinds := strings.Split(a.str("types"), ",")
	if a.str("types") == "" {
		kinds = []string{"public_channel"}
	}
	for i, k := range kinds {
		kinds[i] = strings.TrimSpace(k)
		if !slices.Contains([]string{"public_channel", "private_channel", "im", "mpim"}, kinds[i]) {
			return nil, &Refusal{Code: "invalid_types"}
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []object
	for _, c := range w.channels {
		kind := "public_channel"
		if c.im {
			kind = "im"
		} else if c.Private {
			kind = "private_channel"
		}
		if !slices.Contains(kinds, kind) || (c.Private && !c.Member) || (c.Archived && a.flag("exclude_archived")) {
			continue
		}
		all = append(all, w.describe(c))
	}
	from, to, next, bad := page(a, len(all), 1000)
	if bad != nil {
		return nil, bad
	}
	return object{"channels": append([]object{}, all[from:to]...), "response_metadata": object{"next_cursor": next}}, nil
}

// visibleLocked finds a conversation that the bot may know of.
func (w *Workspace) visibleLocked(id string) (*conversation, *Refusal) {
	c := w.conversationLocked(id)
	if c == nil || (c.Private && !c.Member) {
		return nil, &Refusal{Code: "channel_not_found"}
	}
	return c, nil
}

func conversationsInfo(w *Workspace, a args, _ *call) (object, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, bad := w.visibleLocked(a.str("channel"))
	if bad != nil {
		return nil, bad
	}
	return object{"channel": w.describe(c)}, nil
}

// stampOf reads a timestamp argument as microseconds.
func stampOf(s string, standard int64) (int64, bool) {
	if s == "" || s == "now" {
		return standard, true
	}
	whole, fraction, _ := strings.Cut(s, ".")
	sec, err := strconv.ParseInt(whole, 10, 64)
	if err != nil || len(fraction) > 6 {
		return 0, false
	}
	us, err := strconv.ParseInt((fraction + "000000")[:6], 10, 64)
	return sec*1e6 + us, err == nil
}

func conversationsHistory(w *Workspace, a args, _ *call) (object, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	c, bad := w.visibleLocked(a.str("channel"))
	if bad != nil {
		return nil, bad
	}
	if !c.Member {
		return nil, &Refusal{Code: "not_in_channel"}
	}
	oldest, ok := stampOf(a.str("oldest"), 0)
	if !ok {
		return nil, &Refusal{Code: "invalid_ts_oldest"}
	}
	latest, ok := stampOf(a.str("latest"), 1<<62)
	if !ok {
		return nil, &Refusal{Code: "invalid_ts_latest"}
	}
	inclusive := a.flag("inclusive")
	var all []object
	for _, m := range slices.Backward(c.messages) {
		at, _ := stampOf(m.TS, 0)
		if m.For != "" || m.ThreadTS != "" || at < oldest || at > latest || (!inclusive && (at == oldest || at == latest)) {
			continue
		}
		all = append(all, w.wire(m, a.flag("include_all_metadata")))
	}
	from, to, next, bad := page(a, len(all), w.opt.HistoryPage)
	if bad != nil {
		return nil, bad
	}
	return object{
		"messages": append([]object{}, all[from:to]...), "has_more": next != "", "pin_count": 0,
		"response_metadata": object{"next_cursor": next},
	}, nil
}

func conversationsOpen(w *Workspace, a args, _ *call) (object, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	id := a.str("channel")
	if id == "" {
		users := a.str("users")
		if users == "" {
			return nil, &Refusal{Code: "users_list_not_supplied"}
		}
		if strings.Contains(users, ",") {
			return nil, &Refusal{Code: "not_enough_users"} // group messages are not part of this stand-in
		}
		c := w.directLocked(users)
		if c == nil {
			return nil, &Refusal{Code: "user_not_found"}
		}
		return object{"channel": w.describe(c)}, nil
	}
	c, bad := w.visibleLocked(id)
	if bad != nil {
		return nil, bad
	}
	return object{"channel": w.describe(c)}, nil
}

// describeUser is a user as the Web API shows it.
func (w *Workspace) describeUser(u User, locale bool) object {
	zone, err := time.LoadLocation(u.TZ)
	if err != nil {
		zone = time.UTC
	}
	_, offset := w.opt.Now().In(zone).Zone()
	o := object{
		"id": u.ID, "team_id": teamID, "name": u.Name, "real_name": u.RealName, "deleted": false, "is_bot": u.Bot,
		"tz": u.TZ, "tz_label": u.TZ, "tz_offset": offset,
		"profile": object{"real_name": u.RealName, "display_name": u.Name},
	}
	if locale {
		o["locale"] = u.Locale
	}
	return o
}

func usersInfo(w *Workspace, a args, _ *call) (object, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	u, ok := w.userLocked(a.str("user"))
	if !ok {
		return nil, &Refusal{Code: "user_not_found"}
	}
	return object{"user": w.describeUser(u, a.flag("include_locale"))}, nil
}

func usersList(w *Workspace, a args, _ *call) (object, *Refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	from, to, next, bad := page(a, len(w.users), 1000)
	if bad != nil {
		return nil, bad
	}
	members := []object{}
	for _, u := range w.users[from:to] {
		members = append(members, w.describeUser(u, a.flag("include_locale")))
	}
	return object{"members": members, "response_metadata": object{"next_cursor": next}}, nil
}
