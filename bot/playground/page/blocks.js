// Block Kit, as DOM nodes. Interactive elements carry data-action-id and
// data-block-id; app.js listens for them.
import { el, plain, mrkdwn, link, date } from "./mrkdwn.js";

function textObject(t, ctx) {
  if (!t) return document.createTextNode("");
  if (t.type === "mrkdwn") return mrkdwn(t.text, { ...ctx, verbatim: t.verbatim === true });
  const node = document.createDocumentFragment();
  plain(t.text).split("\n").forEach((line, i) => {
    if (i) node.append(el("br"));
    node.append(line);
  });
  return node;
}

export function renderBlocks(blocks, ctx) {
  const root = el("div", { class: "blocks" });
  for (const b of blocks ?? []) root.append(block(b, ctx));
  return root;
}

function block(b, ctx) {
  const id = { "data-block": b.type, "data-block-id": b.block_id };
  switch (b.type) {
    case "section": return section(b, id, ctx);
    case "header": return el("h3", { ...id, class: "b-header" }, textObject(b.text, ctx));
    case "divider": return el("hr", id);
    case "context": {
      const node = el("div", { ...id, class: "b-context" });
      for (const e of b.elements) node.append(e.type === "image" ? picture(e, ctx) : el("span", {}, textObject(e, ctx)));
      return node;
    }
    case "actions": {
      const node = el("div", { ...id, class: "b-actions" });
      for (const e of b.elements) node.append(element(e, b, ctx));
      return node;
    }
    case "image": {
      const node = el("figure", { ...id, class: "b-image" }, picture(b, ctx));
      if (b.title) node.append(el("figcaption", {}, textObject(b.title, ctx)));
      return node;
    }
    case "rich_text": {
      const node = el("div", { ...id, class: "b-rich" });
      for (const e of b.elements) node.append(rich(e, ctx));
      return node;
    }
    case "input": {
      const node = el("div", { ...id, class: "b-input" }, el("p", { class: "label" }, textObject(b.label, ctx)), element(b.element, b, ctx));
      if (b.hint) node.append(el("p", { class: "b-context" }, textObject(b.hint, ctx)));
      return node;
    }
    case "markdown": return el("div", { ...id, class: "b-markdown" }, b.text);
  }
  return el("p", { ...id, class: "b-context" }, `[${b.type}]`);
}

function section(b, id, ctx) {
  const body = el("div", { class: "body" });
  if (b.text) body.append(el("div", { class: "text" }, textObject(b.text, ctx)));
  if (b.fields) {
    const list = el("div", { class: "fields" });
    for (const f of b.fields) list.append(el("div", { class: "field-cell" }, textObject(f, ctx)));
    body.append(list);
  }
  const node = el("div", { ...id, class: "b-section" }, body);
  if (b.accessory) {
    node.append(el("div", { class: "accessory" }, b.accessory.type === "image" ? picture(b.accessory, ctx) : element(b.accessory, b, ctx)));
  }
  return node;
}

// picture shows an image's description; the page loads nothing from the network.
const picture = (e, ctx) => el("span", { class: "picture", role: "img", "aria-label": e.alt_text }, `${ctx.words.image}: ${e.alt_text}`);

function element(e, b, ctx) {
  const data = { "data-action-id": e.action_id, "data-block-id": b.block_id, "data-confirm": e.confirm && JSON.stringify(e.confirm) };
  switch (e.type) {
    case "button": {
      const style = { class: "action " + (["primary", "danger"].includes(e.style) ? e.style : "") };
      const common = { ...data, ...style, "aria-label": e.accessibility_label, "data-value": e.value };
      if (e.url) {
        const a = link(e.url, plain(e.text.text));
        if (a.setAttribute) {
          for (const [k, v] of Object.entries(common)) if (v) a.setAttribute(k, v);
          return a;
        }
      }
      return el("button", { type: "button", ...common }, plain(e.text.text));
    }
    case "overflow": return menu(e, data, "⋯", ctx.words.more);
    case "static_select": return menu(e, data, e.placeholder ? plain(e.placeholder.text) : ctx.words.options);
    case "users_select":
      return choices(data, e, ctx, [...ctx.users.values()].filter((u) => !u.bot).map((u) => [u.id, u.name]));
    case "channels_select":
    case "conversations_select":
      return choices(data, e, ctx, [...ctx.channels.values()].filter((c) => !c.im).map((c) => [c.id, "#" + c.name]));
    case "checkboxes":
    case "radio_buttons": {
      const set = el("div", { class: "set", role: "group" });
      const on = [...(e.initial_options ?? []), ...(e.initial_option ? [e.initial_option] : [])].map((o) => o.value);
      for (const o of e.options) {
        const box = el("input", { ...data, type: e.type === "checkboxes" ? "checkbox" : "radio", name: data["data-block-id"] + e.action_id, value: o.value, checked: on.includes(o.value) });
        set.append(el("label", {}, box, el("span", {}, textObject(o.text, ctx))));
      }
      return set;
    }
    case "datepicker": return el("input", { ...data, type: "date", value: e.initial_date, "aria-label": ctx.words.options });
    case "timepicker": return el("input", { ...data, type: "time", value: e.initial_time, "aria-label": ctx.words.options });
    case "plain_text_input": return el(e.multiline ? "textarea" : "input", { "aria-label": ctx.words.options });
  }
  return el("span", { class: "picture" }, `[${e.type}]`);
}

function menu(e, data, first, label) {
  const select = el("select", { ...data, class: e.type, "aria-label": label ?? first });
  select.append(el("option", { value: "", disabled: true, selected: !e.initial_option }, first));
  const add = (parent, options) => {
    for (const o of options ?? []) {
      parent.append(el("option", { value: o.value, selected: e.initial_option?.value === o.value }, plain(o.text.text)));
    }
  };
  add(select, e.options);
  for (const g of e.option_groups ?? []) {
    const group = el("optgroup", { label: plain(g.label.text) });
    add(group, g.options);
    select.append(group);
  }
  return select;
}

function choices(data, e, ctx, list) {
  const first = e.placeholder ? plain(e.placeholder.text) : ctx.words.options;
  const given = e.initial_user ?? e.initial_channel ?? e.initial_conversation;
  const select = el("select", { ...data, "aria-label": first }, el("option", { value: "", disabled: true, selected: !given }, first));
  for (const [value, name] of list) select.append(el("option", { value, selected: value === given }, name));
  return select;
}

function rich(e, ctx) {
  const pieces = (parent) => {
    for (const p of e.elements) parent.append(piece(p, ctx));
    return parent;
  };
  switch (e.type) {
    case "rich_text_quote": return pieces(el("blockquote"));
    case "rich_text_preformatted": return pieces(el("pre"));
    case "rich_text_list": {
      const list = el(e.style === "ordered" ? "ol" : "ul", { start: e.offset ? Number(e.offset) + 1 : null, class: "indent-" + Math.min(8, Number(e.indent) || 0) });
      for (const item of e.elements) {
        const node = el("li");
        for (const p of item.elements) node.append(piece(p, ctx));
        list.append(node);
      }
      return list;
    }
  }
  return pieces(el("div", { class: "text" }));
}

// piece is a stretch of rich text. Its text is literal: nothing in it is mrkdwn.
function piece(p, ctx) {
  let node;
  switch (p.type) {
    case "text":
      node = document.createDocumentFragment();
      String(p.text).split("\n").forEach((line, i) => node.append(...(i ? [el("br"), line] : [line])));
      break;
    case "link": node = link(p.url, p.text); break;
    case "emoji": node = document.createTextNode(plain(`:${p.name}:`)); break;
    case "user": node = el("span", { class: "mention" }, "@" + (ctx.users.get(p.user_id)?.name ?? p.user_id)); break;
    case "channel": node = el("span", { class: "mention" }, "#" + (ctx.channels.get(p.channel_id)?.name ?? p.channel_id)); break;
    case "usergroup": node = el("span", { class: "mention" }, "@" + p.usergroup_id); break;
    case "broadcast": node = el("span", { class: "mention broadcast" }, "@" + p.range); break;
    case "date": node = date(p.timestamp, p.format, p.fallback ?? "", ctx.lang); break;
    default: node = document.createTextNode("");
  }
  const style = p.style ?? {};
  for (const [key, tag] of [["code", "code"], ["bold", "strong"], ["italic", "em"], ["strike", "s"]]) {
    if (style[key]) node = el(tag, {}, node);
  }
  return node;
}
