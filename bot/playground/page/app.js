// The page: keeps what the server told, and shows one place of it.
import { words as all } from "./words.js";
import { day, daysUntil, full, setZone, time, write } from "./clock.js";
import { el, mrkdwn } from "./mrkdwn.js";
import { renderBlocks } from "./blocks.js";
import { combobox } from "./suggest.js";

const $ = (id) => document.getElementById(id);
const lang = document.documentElement.lang;
const words = all[lang] ?? all.de;
const HOME = "home";

let state = null;
let place = null; // a channel's id, or HOME
const unread = new Map();
const ctx = { users: new Map(), channels: new Map(), words, lang };

for (const n of document.querySelectorAll("[data-text]")) n.textContent = words[n.dataset.text];
for (const n of document.querySelectorAll("[data-label]")) n.setAttribute("aria-label", words[n.dataset.label]);

async function post(path, body) {
  try {
    const r = await fetch("/page/" + path, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    if (!r.ok) throw new Error(await r.text());
    return await r.json();
  } catch (e) {
    return { ok: false, error: e instanceof TypeError ? words.lost : e.message };
  }
}

let fading = 0;
function toast(text, bad) {
  clearTimeout(fading);
  $("toast").textContent = text;
  $("toast").classList.toggle("bad", !!bad);
  if (text) fading = setTimeout(() => { $("toast").textContent = ""; }, bad ? 12000 : 6000);
}

// --- what the server tells -------------------------------------------------

async function load() {
  const told = await (await fetch("/page/state")).json();
  const first = !state;
  state = told;
  setZone(state.zone);
  ctx.users = new Map(state.users.map((u) => [u.id, u]));
  ctx.channels = new Map(state.channels.map((c) => [c.id, c]));
  if (first) {
    const wanted = decodeURIComponent(location.hash.slice(1));
    place = ctx.channels.has(wanted) || wanted === HOME ? wanted : state.channels[0]?.id;
    for (const m of state.messages) if (m.channel !== place && fresh(m)) count(m.channel);
    side();
    actions();
    open(place);
  } else {
    side();
    show();
  }
  document.body.dataset.ready = "true";
}

function listen() {
  const source = new EventSource("/events");
  let lost = false;
  source.addEventListener("hello", () => {
    if (lost) toast("");
    lost = false;
    load().catch(() => toast(words.lost, true));
  });
  source.addEventListener("error", () => {
    lost = true;
    toast(words.lost, true);
  });
  source.addEventListener("state", () => load());
  source.addEventListener("message", (e) => e.data && upsert(JSON.parse(e.data)));
  source.addEventListener("changed", (e) => upsert(JSON.parse(e.data)));
  source.addEventListener("deleted", (e) => remove(JSON.parse(e.data)));
  source.addEventListener("home", (e) => {
    if (!state) return;
    state.home = JSON.parse(e.data);
    if (place === HOME) show();
  });
}

function upsert(m) {
  if (!state) return;
  if (!ctx.channels.has(m.channel)) return void load();
  const i = state.messages.findIndex((o) => o.ts === m.ts);
  if (i >= 0) state.messages[i] = m;
  else state.messages.push(m);
  if (m.channel !== place) {
    if (i < 0 && fresh(m)) {
      count(m.channel);
      side();
    }
    return;
  }
  read(place);
  if (i < 0) append(m);
  else {
    const old = document.querySelector(`[data-ts="${CSS.escape(m.ts)}"]`);
    if (!old) return;
    const focused = old.contains(document.activeElement);
    const node = message(m);
    old.replaceWith(node);
    if (focused) (node.querySelector("button, a, select, input") ?? $("composer")).focus();
  }
}

function remove(m) {
  if (!state) return;
  state.messages = state.messages.filter((o) => o.ts !== m.ts);
  const old = document.querySelector(`[data-ts="${CSS.escape(m.ts)}"]`);
  if (old?.contains(document.activeElement)) $("composer").focus();
  old?.remove();
}

// --- the frame around ------------------------------------------------------

function entry(id, sign, name, more) {
  const n = unread.get(id) ?? 0;
  const b = el("button", { type: "button", class: "place", "data-channel": id, "aria-current": id === place ? "page" : null },
    el("span", { class: "sign", "aria-hidden": "true" }, sign), el("span", { class: "name" }, name));
  if (more) b.append(el("span", { class: "more" }, more));
  if (n) b.append(el("span", { class: "badge", "aria-label": words.unread(n) }, String(n)));
  b.classList.toggle("unread", n > 0);
  b.addEventListener("click", () => { open(id); if (id !== HOME) $("composer").focus(); });
  return el("li", {}, b);
}

function side() {
  const kept = document.activeElement?.dataset?.channel;
  $("apps").replaceChildren(entry(HOME, "⌂", words.home), ...state.channels.filter((c) => c.im).map((c) => entry(c.id, "✉", words.direct)));
  $("channels").replaceChildren(...state.channels.filter((c) => !c.im).map((c) =>
    entry(c.id, c.private ? "◆" : "#", c.name, c.archived ? words.archived : "")));
  if (kept) document.querySelector(`.place[data-channel="${CSS.escape(kept)}"]`)?.focus();
}

function actions() {
  for (const a of state.actions) {
    const b = el("button", { type: "button", "data-action": a.id }, a.label);
    b.addEventListener("click", async () => {
      if (b.getAttribute("aria-busy")) return;
      b.setAttribute("aria-busy", "true");
      const r = await post("action", { id: a.id });
      b.removeAttribute("aria-busy");
      toast(r.ok ? r.note : r.error, !r.ok);
    });
    $("actions").append(b);
  }
}

// What was read is remembered for as long as this tab is open.
const seen = JSON.parse(sessionStorage.getItem("seen") ?? "{}");
const fresh = (m) => !m.typed && m.user !== state.me && !(m.ts <= (seen[m.channel] ?? ""));
const count = (id) => unread.set(id, (unread.get(id) ?? 0) + 1);

function read(id) {
  unread.delete(id);
  const last = state.messages.filter((m) => m.channel === id).pop();
  if (!last) return;
  seen[id] = last.ts;
  sessionStorage.setItem("seen", JSON.stringify(seen));
}

// open goes to a place.
function open(id) {
  place = id;
  const first = state.messages.find((m) => m.channel === id && fresh(m));
  read(id);
  history.replaceState(null, "", "#" + encodeURIComponent(id));
  side();
  show();
  from(first);
  if (id === HOME) post("home", {}).then((r) => r.ok || toast(r.error, true));
}

function about(c) {
  if (c.archived) return words.aboutArchived;
  if (c.private) return c.member ? words.private : words.aboutPrivate;
  return c.im ? words.aboutDirect : words.aboutChannel;
}

function show() {
  const c = ctx.channels.get(place);
  const name = place === HOME ? words.home : c.im ? words.direct : "#" + c.name;
  $("title").textContent = place === HOME ? `${words.app} · ${words.home}` : name;
  $("about").textContent = place === HOME ? words.aboutHome : about(c);
  $("form").hidden = place === HOME || c.archived;
  $("composer-label").textContent = words.say(name);
  $("composer").placeholder = words.hintText(state.command);
  if (place === HOME) $("messages").removeAttribute("role");
  else $("messages").setAttribute("role", "log");
  $("messages").replaceChildren();
  last = null;
  if (place === HOME) {
    const box = el("article", { class: "homeview" });
    box.append(state.home ? renderBlocks(state.home, ctx) : el("p", { class: "empty" }, words.noHome));
    $("messages").append(box);
    $("scroll").scrollTop = 0;
    return;
  }
  const here = state.messages.filter((m) => m.channel === place);
  if (!here.length) $("messages").append(el("p", { class: "empty" }, words.empty(state.command)));
  for (const m of here) append(m);
  toEnd($("messages").lastElementChild);
}

// from goes back to the first message that was not read yet, so that a digest
// is met at its head.
function from(m) {
  const node = m && document.querySelector(`[data-ts="${CSS.escape(m.ts)}"]`);
  const box = $("scroll");
  if (node && node.getBoundingClientRect().top < box.getBoundingClientRect().top) toHead(node);
}

// toHead scrolls the messages, and nothing else, to where a message begins.
function toHead(node) {
  const box = $("scroll");
  box.scrollTop += node.getBoundingClientRect().top - box.getBoundingClientRect().top - 8;
}

// toEnd shows the newest message: its end, or the head of one that is taller
// than the window, such as a long digest.
function toEnd(node) {
  const box = $("scroll");
  if (node && node.offsetHeight > box.clientHeight) toHead(node);
  else box.scrollTop = box.scrollHeight;
}

// --- messages --------------------------------------------------------------

let last = null; // the message above, to know where a day begins

const clock = (ts) => new Date(Number(ts.split(".")[0]) * 1000);

function append(m) {
  $("messages").querySelector(".empty")?.remove();
  const box = $("scroll");
  const atEnd = box.scrollHeight - box.scrollTop - box.clientHeight < 120;
  const then = clock(m.ts);
  if (!m.thread && (!last || day(clock(last.ts)) !== day(then))) {
    const label = daysUntil(then) === 0 ? words.today : write(then, lang, { weekday: "long", day: "numeric", month: "long" });
    $("messages").append(el("div", { class: "day" }, el("span", {}, label)));
  }
  const node = message(m);
  const replies = m.thread && [...document.querySelectorAll(`[data-thread="${CSS.escape(m.thread)}"]`)].pop();
  const parent = m.thread && document.querySelector(`[data-ts="${CSS.escape(m.thread)}"]`);
  if (replies ?? parent) (replies ?? parent).after(node);
  else $("messages").append(node);
  if (!m.thread) last = m;
  if (atEnd) toEnd(node);
}

function message(m) {
  const d = clock(m.ts);
  const data = { "data-ts": m.ts, "data-thread": m.thread || null };
  const when = el("time", { datetime: d.toISOString(), title: full(d, lang) }, time(d, lang));
  if (m.typed) {
    return el("div", { ...data, class: "typed" }, el("span", { class: "prompt", "aria-hidden": "true" }, "›"),
      el("span", { class: "sr" }, `${words.you} (${words.typed}): `), el("code", {}, m.text), when);
  }
  const user = ctx.users.get(m.user);
  const bot = user?.bot;
  const head = el("p", { class: "who" }, el("span", { class: "author" }, user?.name ?? m.user));
  if (bot) head.append(el("span", { class: "tag" }, words.bot));
  head.append(when);
  if (m.edited) head.append(el("span", { class: "edited" }, `(${words.edited})`));
  const body = el("div", { class: "content" });
  if (m.ephemeral) body.append(el("p", { class: "only" }, el("span", { class: "eye", "aria-hidden": "true" }), words.only));
  if (m.thread) body.append(el("p", { class: "only" }, words.thread));
  body.append(head);
  if (m.blocks) body.append(renderBlocks(m.blocks, ctx));
  else body.append(el("div", { class: "text" }, mrkdwn(m.text, { ...ctx, names: false })));
  const kind = ["message", bot ? "bot" : "person", m.ephemeral && "ephemeral", m.thread && "reply"].filter(Boolean).join(" ");
  const face = el("span", { class: "face", "aria-hidden": "true" }, bot ? "" : (user?.name ?? "?").slice(0, 1));
  return el("article", { ...data, class: kind }, face, body);
}

// --- buttons and menus in messages -----------------------------------------

function ask(given) {
  const c = JSON.parse(given);
  $("confirm-title").textContent = c.title.text;
  $("confirm-text").replaceChildren(c.text.type === "mrkdwn" ? mrkdwn(c.text.text, ctx) : c.text.text);
  $("confirm-yes").textContent = c.confirm?.text ?? words.yes;
  $("confirm-no").textContent = c.deny?.text ?? words.no;
  $("confirm-yes").classList.toggle("danger", c.style === "danger");
  return new Promise((done) => {
    const end = (v) => { $("confirm").close(); done(v); };
    $("confirm-yes").onclick = () => end(true);
    $("confirm-no").onclick = () => end(false);
    $("confirm").oncancel = () => done(false);
    $("confirm").showModal();
    $("confirm-no").focus();
  });
}

async function press(node, value) {
  if (node.getAttribute("aria-busy")) return;
  if (node.dataset.confirm && !(await ask(node.dataset.confirm))) {
    if (node.tagName === "SELECT") node.selectedIndex = 0;
    return;
  }
  const owner = node.closest("[data-ts]");
  node.setAttribute("aria-busy", "true");
  const r = await post("press", {
    channel: owner ? place : "", ts: owner?.dataset.ts ?? "", block: node.dataset.blockId, action: node.dataset.actionId, value,
  });
  setTimeout(() => node.removeAttribute("aria-busy"), 250);
  if (node.tagName === "SELECT" && node.classList.contains("overflow")) node.selectedIndex = 0;
  if (!r.ok) toast(r.error, true);
}

$("messages").addEventListener("click", (e) => {
  const go = e.target.closest("[data-go]");
  if (go) return open(go.dataset.go);
  const node = e.target.closest("button[data-action-id], a[data-action-id]");
  if (!node) return;
  press(node, node.dataset.value ?? null);
});

$("messages").addEventListener("change", (e) => {
  const node = e.target.closest("select[data-action-id], input[data-action-id]");
  if (node && node.value) press(node, node.value);
});

// --- the input -------------------------------------------------------------

const past = [];
const box = combobox($("composer"), $("suggestions"), () => state && { command: state.command, list: state.suggestions }, past);

$("form").addEventListener("submit", async (e) => {
  e.preventDefault();
  const text = $("composer").value.trim();
  if (!text) return;
  past.push(text);
  $("composer").value = "";
  box.close();
  $("send").setAttribute("aria-busy", "true");
  toEnd();
  const r = await post("send", { channel: place, text });
  $("send").removeAttribute("aria-busy");
  if (!r.ok) toast(r.error, true);
});

listen();
