// Time as the person at the page reads it: in the zone that the workspace
// knows of them, as in Slack, and not in the browser's.

let zone; // undefined: the browser's

export function setZone(name) {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    zone = name;
  } catch {
    zone = undefined;
  }
}

// write writes a moment as Intl.DateTimeFormat's options say, with 24 hours.
export const write = (d, lang, options) => new Intl.DateTimeFormat(lang, { ...options, hourCycle: "h23", timeZone: zone }).format(d);

export const time = (d, lang) => write(d, lang, { hour: "2-digit", minute: "2-digit" });
export const full = (d, lang) => write(d, lang, { dateStyle: "full", timeStyle: "medium" });

// day is a moment's day in figures that sort, 2026-11-21, as Swedes write it.
export const day = (d) => write(d, "sv", { year: "numeric", month: "2-digit", day: "2-digit" });

// daysUntil is how many days a moment's day is after today; negative before.
export const daysUntil = (d) => Math.round((Date.parse(day(d)) - Date.parse(day(new Date()))) / 86400000);
