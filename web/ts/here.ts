// SPDX-License-Identifier: GPL-3.0-or-later
//
// Who else is at this ticket: <span data-here="/tickets/42/here" data-live="here:42"> says it in words.
// While this page is looked at, it tells that address that it is here, and whether something is being
// written; it asks again when others come, write or go.
import { meta, once, type Root } from "./page";

const EVERY_MS = 20_000;
const TYPING_MS = 10_000;

interface Person {
  name: string;
  doing: string;
}

function sentence(people: Person[]): string {
  return people.map((person) => `${person.name} ${person.doing === "typing" ? "is writing" : "is looking"}`).join(", ");
}

async function tell(address: string, doing: string): Promise<Person[]> {
  const body = new URLSearchParams({ doing, csrf: meta("csrf-token") });
  const answer = await fetch(address, { method: "POST", body });
  return answer.ok ? ((await answer.json()) as Person[]) : [];
}

export function start(root: Root): void {
  once(root, "[data-here]", "here", (shown) => {
    const address = shown.dataset["here"] ?? "";
    let typedAt = 0;
    let timer = 0;
    const now = async () => {
      window.clearTimeout(timer);
      if (!shown.isConnected) return;
      if (document.visibilityState === "visible") {
        const doing = Date.now() - typedAt < TYPING_MS ? "typing" : "viewing";
        const people = await tell(address, doing).catch(() => []);
        shown.textContent = sentence(people);
        shown.classList.toggle("here-typing", people.some((person) => person.doing === "typing"));
        shown.hidden = people.length === 0;
      }
      timer = window.setTimeout(() => void now(), EVERY_MS);
    };
    document.addEventListener("input", (event) => {
      const starts = Date.now() - typedAt >= TYPING_MS;
      if (!(event.target instanceof HTMLElement) || !event.target.closest(".composer")) return;
      typedAt = Date.now();
      if (starts) void now();
    });
    shown.addEventListener("live", () => void now());
    document.addEventListener("visibilitychange", () => void now());
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) void now();
    });
    window.addEventListener("pagehide", () => {
      navigator.sendBeacon(address, new URLSearchParams({ doing: "leaving", csrf: meta("csrf-token") }));
    });
    void now();
  });
}
