// Slack's mrkdwn, as DOM nodes. Text from bots is foreign: it only ever
// becomes text nodes, and addresses only links of known schemes.
import { daysUntil, full, time, write } from "./clock.js";

const emoji = {
  newspaper: "📰", mag: "🔍", warning: "⚠️", white_check_mark: "✅", heavy_check_mark: "✔️", x: "❌", bell: "🔔",
  no_bell: "🔕", rotating_light: "🚨", bulb: "💡", link: "🔗", information_source: "ℹ️", eyes: "👀", calendar: "📅",
  tada: "🎉", wave: "👋", bookmark: "🔖", pushpin: "📌", hourglass: "⌛", zzz: "💤", arrow_right: "➡️", star: "⭐",
  satellite_antenna: "📡", inbox_tray: "📥", mailbox: "📫", speech_balloon: "💬", red_circle: "🔴", large_green_circle: "🟢",
};

export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((c) => c !== null && c !== undefined));
  return node;
}

export const unescape = (s) => s.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

const faces = (s) => s.replace(/:([a-z0-9_+-]+):/g, (whole, name) => emoji[name] ?? whole);

// plain is a plain_text object's text.
export const plain = (s) => faces(unescape(String(s ?? "")));

// link makes a link, or plain text where the address is none that is safe.
export function link(address, label) {
  let url = null;
  try { url = new URL(address); } catch { /* not an address */ }
  if (!url || !["http:", "https:", "mailto:"].includes(url.protocol)) return document.createTextNode(label || address);
  return el("a", { href: url.href, target: "_blank", rel: "noopener noreferrer" }, label || address);
}

// date shows a moment in the zone of the person at the page.
export function date(seconds, format, fallback, lang) {
  const d = new Date(Number(seconds) * 1000);
  if (Number.isNaN(d.getTime())) return document.createTextNode(fallback);
  const f = (o) => write(d, lang, o);
  const names = new Intl.RelativeTimeFormat(lang, { numeric: "auto" });
  const near = daysUntil(d);
  const pretty = (long) => (Math.abs(near) <= 1 ? names.format(near, "day") : long);
  const minutes = Math.round((d - Date.now()) / 60000);
  const ago = () => (Math.abs(minutes) < 60 ? names.format(minutes, "minute")
    : Math.abs(minutes) < 1440 ? names.format(Math.round(minutes / 60), "hour") : names.format(Math.round(minutes / 1440), "day"));
  const value = {
    date_num: () => f({ year: "numeric", month: "2-digit", day: "2-digit" }),
    date: () => f({ year: "numeric", month: "long", day: "numeric" }),
    date_short: () => f({ year: "numeric", month: "short", day: "numeric" }),
    date_long: () => f({ weekday: "long", year: "numeric", month: "long", day: "numeric" }),
    date_pretty: () => pretty(value.date()),
    date_short_pretty: () => pretty(value.date_short()),
    date_long_pretty: () => pretty(value.date_long()),
    time: () => time(d, lang),
    time_secs: () => f({ hour: "2-digit", minute: "2-digit", second: "2-digit" }),
    ago,
  };
  const text = unescape(format).replace(/\{([a-z_]+)\}/g, (whole, key) => (value[key] ? value[key]() : whole));
  return el("time", { datetime: d.toISOString(), title: full(d, lang) }, text);
}

const wordy = (c) => c !== undefined && /[\p{L}\p{N}]/u.test(c);
const tags = { "*": "strong", _: "em", "~": "s" };

// close finds where the mark that opens at i ends, on the same line, outside
// of <...> and `...`.
function close(s, i) {
  const mark = s[i];
  if (wordy(s[i - 1]) || s[i + 1] === undefined || /\s/.test(s[i + 1]) || s[i + 1] === mark) return -1;
  for (let j = i + 1; j < s.length && s[j] !== "\n"; j++) {
    if (s[j] === "<" || s[j] === "`") {
      const end = s.indexOf(s[j] === "<" ? ">" : "`", j + 1);
      if (end > 0) j = end;
    } else if (s[j] === mark && !/\s/.test(s[j - 1]) && !wordy(s[j + 1])) return j;
  }
  return -1;
}

// inline renders one stretch of mrkdwn into parent.
function inline(parent, s, ctx) {
  let text = "";
  const flush = () => {
    if (text) words(parent, text, ctx);
    text = "";
  };
  for (let i = 0; i < s.length; i++) {
    const c = s[i];
    if (c === "<") {
      const end = s.indexOf(">", i);
      if (end > i + 1) {
        flush();
        parent.append(special(s.slice(i + 1, end), ctx));
        i = end;
        continue;
      }
    } else if (c === "`") {
      const end = s.indexOf("`", i + 1);
      if (end > i + 1 && !s.slice(i, end).includes("\n")) {
        flush();
        parent.append(el("code", {}, unescape(s.slice(i + 1, end))));
        i = end;
        continue;
      }
    } else if (tags[c]) {
      const end = close(s, i);
      if (end > 0) {
        flush();
        const node = el(tags[c]);
        inline(node, s.slice(i + 1, end), ctx);
        parent.append(node);
        i = end;
        continue;
      }
    } else if (c === "\n") {
      flush();
      parent.append(el("br"));
      continue;
    }
    text += c;
  }
  flush();
}

// words renders text without marks; unless verbatim, bare addresses become
// links, and in text objects a bare @here notifies, as Slack does.
function words(parent, s, ctx) {
  if (ctx.verbatim) {
    parent.append(plain(s));
    return;
  }
  for (const part of s.split(/(https?:\/\/[^\s<>"]+|(?<![\p{L}\p{N}])@(?:here|channel|everyone)(?![\p{L}\p{N}]))/u)) {
    if (/^https?:/.test(part)) parent.append(link(unescape(part)));
    else if (ctx.names !== false && /^@(here|channel|everyone)$/.test(part)) parent.append(el("span", { class: "mention broadcast" }, part));
    else if (part) parent.append(plain(part));
  }
}

// special renders what stands between < and >.
function special(body, ctx) {
  const bar = body.indexOf("|");
  const head = bar < 0 ? body : body.slice(0, bar);
  const label = bar < 0 ? "" : plain(body.slice(bar + 1));
  if (head.startsWith("@")) {
    const user = ctx.users.get(head.slice(1));
    return el("span", { class: "mention" }, "@" + (user ? user.name : label || head.slice(1)));
  }
  if (head.startsWith("#")) {
    const channel = ctx.channels.get(head.slice(1));
    if (!channel) return el("span", { class: "mention" }, "#" + (label || head.slice(1)));
    return el("button", { type: "button", class: "mention", "data-go": channel.id }, "#" + channel.name);
  }
  if (head.startsWith("!date^")) {
    const [, seconds, format, address] = head.split("^");
    const node = date(seconds, format ?? "", label, ctx.lang);
    if (!address) return node;
    const a = link(unescape(address), "");
    if (!a.replaceChildren) return node;
    a.replaceChildren(node);
    return a;
  }
  if (head.startsWith("!")) {
    const name = head.slice(1).split("^")[0];
    if (["here", "channel", "everyone"].includes(name)) return el("span", { class: "mention broadcast" }, "@" + name);
    return el("span", { class: "mention" }, label || head);
  }
  return link(unescape(head), label);
}

// mrkdwn renders mrkdwn text: fences, quotes, then what is inside a line.
export function mrkdwn(s, ctx) {
  const root = document.createDocumentFragment();
  String(s ?? "").split(/```/).forEach((part, i, all) => {
    if (i % 2 === 1 && i < all.length - 1) {
      root.append(el("pre", {}, unescape(part.replace(/^\n|\n$/g, ""))));
      return;
    }
    if (i % 2 === 1) part = "```" + part;
    else if (i > 0) part = part.replace(/^\n/, ""); // a fence ends its line
    let quote = [], lines = [];
    const flush = () => {
      if (quote.length) {
        const node = el("blockquote");
        inline(node, quote.join("\n"), ctx);
        root.append(node);
      }
      if (lines.length) inline(root, lines.join("\n"), ctx);
      quote = [];
      lines = [];
    };
    for (const line of part.split("\n")) {
      const quoted = line.match(/^(?:&gt;|>) ?(.*)$/s);
      if (quoted ? lines.length : quote.length) flush();
      if (quoted) quote.push(quoted[1]);
      else lines.push(line);
    }
    flush();
  });
  return root;
}
