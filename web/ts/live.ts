// SPDX-License-Identifier: GPL-3.0-or-later
//
// Live pages. Elements say what they show: data-live="ticket:42". One EventSource hears the topics
// of all of them. When one changes, what is within it and marked data-refresh="live" is fetched anew
// from the page's own address as a fragment with the same id, and morphed; an element with hx-get and
// hx-trigger="live" is told "live". So the server checks again who may see what.
import htmx from "htmx.org";
import { meta } from "./page";

const GATHER_MS = 120; // several changes within this time are one

let source: EventSource | null = null;
let listening = "";
const due = new Set<string>();
let timer = 0;

function topics(): string[] {
  const all = [...document.querySelectorAll<HTMLElement>("[data-live]")].flatMap((element) => (element.dataset["live"] ?? "").split(/\s+/));
  return [...new Set(all.filter((topic) => topic !== ""))].sort();
}

function fetchAnew(part: HTMLElement): void {
  const address = location.pathname + location.search;
  void htmx.ajax("get", address, { source: part, target: part, swap: "morph" });
}

function refresh(): void {
  const changed = new Set(due);
  due.clear();
  for (const element of document.querySelectorAll<HTMLElement>("[data-live]")) {
    const own = (element.dataset["live"] ?? "").split(/\s+/);
    if (!changed.has("*") && !own.some((topic) => changed.has(topic))) continue;
    for (const told of [element, ...element.querySelectorAll('[hx-trigger~="live"]')]) htmx.trigger(told, "live", {});
    const parts = element.dataset["refresh"] === "live" ? [element] : [...element.querySelectorAll<HTMLElement>('[data-refresh="live"]')];
    parts.forEach(fetchAnew);
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
  // What changed between the page's reading and now is told, too.
  source = new EventSource(`/live?topics=${encodeURIComponent(wanted)}&since=${encodeURIComponent(meta("live"))}`);
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
