package playground

import (
	"encoding/json"
	"strconv"
)

const maxView = 250_000 // bytes of a view's JSON

// view is a Home tab or an open modal.
type view struct {
	ID     string
	Hash   string
	User   string
	Body   object
	Blocks json.RawMessage
}

// Home is what the bot published as that user's Home tab: its blocks; nil:
// nothing yet.
func (w *Workspace) Home(user string) json.RawMessage {
	w.mu.Lock()
	defer w.mu.Unlock()
	if v := w.homes[user]; v != nil {
		return v.Blocks
	}
	return nil
}

// readView reads and checks the argument view.
func readView(a args, kind string) (object, *Refusal) {
	v, err := a.value("view")
	body, ok := v.(object)
	if err != nil || !ok {
		return nil, &Refusal{Code: "invalid_arguments", Messages: []string{"missing required field: view"}}
	}
	raw, err := json.Marshal(body)
	if err != nil || len(raw) > maxView {
		return nil, &Refusal{Code: "view_too_large"}
	}
	c := &checker{blocks: map[string]bool{}}
	c.viewObject(body)
	if body["type"] != kind && len(c.faults) == 0 {
		c.fail("/view/type", "must be one of: %s", kind)
	}
	if len(c.faults) > 0 {
		return nil, &Refusal{Code: "invalid_arguments", Messages: c.faults}
	}
	return body, nil
}

// keepLocked gives a view its ids.
func (w *Workspace) keepLocked(user string, body object) (*view, *Refusal) {
	blocks, _ := body["blocks"].([]any)
	raw, err := w.packLocked(blocks)
	if err != nil {
		return nil, &Refusal{Code: "internal_error"}
	}
	w.serial++
	return &view{ID: "V0" + strconv.Itoa(w.serial), Hash: w.stampLocked(), User: user, Body: body, Blocks: raw}, nil
}

// wire is the view as the Web API and the bot see it.
func (v *view) wire() object {
	o := object{
		"id": v.ID, "hash": v.Hash, "team_id": teamID, "app_id": appID, "bot_id": botID,
		"state": object{"values": object{}}, "root_view_id": v.ID,
	}
	for key, value := range v.Body {
		o[key] = value
	}
	return o
}

func viewsPublish(w *Workspace, a args, _ *call) (object, *Refusal) {
	body, bad := readView(a, "home")
	if bad != nil {
		return nil, bad
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	u, ok := w.userLocked(a.str("user_id"))
	if !ok || u.Bot {
		return nil, &Refusal{Code: "invalid_arguments", Messages: []string{"user not found [json-pointer:/user_id]"}}
	}
	old := w.homes[u.ID]
	if hash := a.str("hash"); hash != "" && (old == nil || old.Hash != hash) {
		return nil, &Refusal{Code: "hash_conflict"}
	}
	v, bad := w.keepLocked(u.ID, body)
	if bad != nil {
		return nil, bad
	}
	if old != nil {
		v.ID = old.ID
	}
	w.homes[u.ID] = v
	w.showLocked(frame{Kind: "home", User: u.ID, Blocks: v.Blocks})
	return object{"view": v.wire()}, nil
}

// viewsOpen accepts a modal. The page does not show modals; tests read them
// with Modals.
func viewsOpen(w *Workspace, a args, _ *call) (object, *Refusal) {
	body, bad := readView(a, "modal")
	if bad != nil {
		return nil, bad
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	user, bad := w.exchangeLocked(a.str("trigger_id"))
	if bad != nil {
		return nil, bad
	}
	v, bad := w.keepLocked(user, body)
	if bad != nil {
		return nil, bad
	}
	w.views = append(w.views, v)
	return object{"view": v.wire()}, nil
}

// Modals lists the modals that the bot opened, oldest first, as it sent them.
func (w *Workspace) Modals() []map[string]any {
	w.mu.Lock()
	defer w.mu.Unlock()
	var out []map[string]any
	for _, v := range w.views {
		out = append(out, v.wire())
	}
	return out
}
