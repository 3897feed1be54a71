// The list of suggestions under the input: the combobox pattern of the ARIA
// Authoring Practices, list autocomplete with manual selection.
import { el } from "./mrkdwn.js";

export function combobox(input, list, source, past) {
  let shown = [];
  let active = -1;
  let back = 0; // how far ArrowUp went into what was typed before

  // candidates: those that begin as typed first, then those that contain it.
  function candidates() {
    const s = source();
    const typed = input.value;
    if (!s || !typed.startsWith("/")) return [];
    const lines = s.list.map((line) => {
      const [text, about] = line.split("\t");
      return { text: s.command + " " + text, about };
    });
    const low = typed.toLowerCase();
    const rest = low.startsWith(s.command) ? low.slice(s.command.length).trim() : s.command.startsWith(low) ? "" : null;
    if (rest === null) return [];
    const starts = lines.filter((l) => l.text.toLowerCase().startsWith(low));
    const others = rest ? lines.filter((l) => !starts.includes(l) && l.text.slice(s.command.length).toLowerCase().includes(rest)) : [];
    const found = [...starts, ...others].slice(0, 12);
    return found.length === 1 && found[0].text.trim() === typed.trim() ? [] : found;
  }

  function close() {
    shown = [];
    active = -1;
    list.hidden = true;
    list.replaceChildren();
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  }

  function mark(i) {
    active = i;
    [...list.children].forEach((n, k) => n.setAttribute("aria-selected", String(k === i)));
    if (i < 0) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", list.children[i].id);
    list.children[i].scrollIntoView({ block: "nearest" });
  }

  function open() {
    shown = candidates();
    if (!shown.length) return close();
    active = -1;
    list.replaceChildren(...shown.map((s, i) => {
      const node = el("li", { class: "suggestion", role: "option", id: "suggestion-" + i, "aria-selected": "false" }, el("code", {}, s.text));
      if (s.about) node.append(el("span", { class: "about" }, s.about));
      node.addEventListener("mousedown", (e) => e.preventDefault());
      node.addEventListener("click", () => take(i));
      return node;
    }));
    list.hidden = false;
    list.scrollTop = 0;
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
  }

  function take(i) {
    input.value = shown[i].text;
    close();
    input.focus();
    input.setSelectionRange(input.value.length, input.value.length);
  }

  input.addEventListener("input", () => {
    back = 0;
    open();
  });
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (e) => {
    if (e.isComposing) return;
    const up = e.key === "ArrowUp", down = e.key === "ArrowDown";
    if (list.hidden) {
      if (down && input.value.startsWith("/")) {
        e.preventDefault();
        open();
        if (shown.length) mark(0);
      } else if ((up && (input.value === "" || back)) || (down && back)) {
        e.preventDefault();
        back = Math.max(0, Math.min(past.length, back + (up ? 1 : -1)));
        input.value = back ? past[past.length - back] : "";
      }
      return;
    }
    if (up || down) {
      e.preventDefault();
      const n = shown.length;
      mark(active < 0 ? (down ? 0 : n - 1) : (active + (down ? 1 : n - 1)) % n);
    } else if (e.key === "Enter" && active >= 0) {
      e.preventDefault();
      take(active);
    } else if (e.key === "Tab" && !e.shiftKey) {
      e.preventDefault();
      take(Math.max(0, active));
    } else if (e.key === "Escape") {
      e.preventDefault();
      close();
    }
  });
  return { close };
}
