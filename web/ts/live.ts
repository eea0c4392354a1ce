// SPDX-License-Identifier: GPL-3.0-or-later
//
// Live pages. Elements say what they show: <div data-live="ticket:42" hx-get="…"
// hx-trigger="live" hx-swap="morph">. One EventSource hears the topics of all of them; when one
// changes, its elements fetch themselves anew, so the server checks again who may see what.
import htmx from "htmx.org";

const GATHER_MS = 120; // several changes within this time are one

let source: EventSource | null = null;
let listening = "";
const due = new Set<string>();
let timer = 0;

function topics(): string[] {
  const all = [...document.querySelectorAll<HTMLElement>("[data-live]")].flatMap((element) => (element.dataset["live"] ?? "").split(/\s+/));
  return [...new Set(all.filter((topic) => topic !== ""))].sort();
}

function refresh(): void {
  const changed = new Set(due);
  due.clear();
  for (const element of document.querySelectorAll<HTMLElement>("[data-live]")) {
    const own = (element.dataset["live"] ?? "").split(/\s+/);
    if (changed.has("*") || own.some((topic) => changed.has(topic))) htmx.trigger(element, "live", {});
  }
}

function heard(topic: string): void {
  due.add(topic);
  window.clearTimeout(timer);
  timer = window.setTimeout(refresh, GATHER_MS);
}

function connect(): void {
  const wanted = topics().join(",");
  if (wanted === listening && source?.readyState !== EventSource.CLOSED) return;
  source?.close();
  source = null;
  listening = wanted;
  if (wanted === "") return;
  source = new EventSource(`/live?topics=${encodeURIComponent(wanted)}`);
  source.addEventListener("change", (event) => heard((event as MessageEvent<string>).data));
  source.addEventListener("refresh", () => heard("*"));
}

export function start(): void {
  connect();
  document.addEventListener("htmx:afterSettle", connect);
  // A page in the background gives its connection back, and catches up when it is looked at.
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") {
      source?.close();
      source = null;
      listening = "";
    } else {
      connect();
      heard("*");
    }
  });
}
