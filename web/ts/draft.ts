// SPDX-License-Identifier: GPL-3.0-or-later
//
// A half-written text is never lost: each pause in writing keeps it in this browser, and on the
// server where the form names a place (data-draft="/tickets/42/draft").
import { meta } from "./page";
import type { Writer } from "./rich";

const LOCAL_MS = 400;
const SERVER_MS = 2000;

function storageKey(): string {
  return `draft:${meta("user")}:${location.pathname}`;
}

function isPublic(form: HTMLFormElement): string {
  return new FormData(form).get("public")?.toString() ?? "1";
}

function keepHere(form: HTMLFormElement, html: string): void {
  try {
    if (html === "") localStorage.removeItem(storageKey());
    else localStorage.setItem(storageKey(), JSON.stringify({ html, public: isPublic(form) }));
  } catch {
    // Storage is full or forbidden: the server's copy has to do.
  }
}

async function keepThere(form: HTMLFormElement, html: string): Promise<boolean> {
  const place = form.dataset["draft"];
  if (!place) return false;
  const body = new URLSearchParams({ html_body: html, public: isPublic(form), csrf: meta("csrf-token") });
  try {
    const answer = await fetch(place, { method: "POST", body, headers: { "X-CSRF-Token": meta("csrf-token") }, keepalive: true });
    return answer.ok;
  } catch {
    return false;
  }
}

function bringBack(form: HTMLFormElement, writer: Writer): void {
  const kept = localStorage.getItem(storageKey());
  if (!kept || writer.read() !== "") return;
  try {
    const draft = JSON.parse(kept) as { html: string; public: string };
    writer.write(draft.html);
    const choice = form.querySelector<HTMLInputElement>(`input[name=public][value="${draft.public === "0" ? "0" : "1"}"]`);
    if (choice && !choice.disabled) choice.checked = true;
  } catch {
    localStorage.removeItem(storageKey());
  }
}

export function startDraft(form: HTMLFormElement, writer: Writer): void {
  const shown = form.querySelector<HTMLElement>(".composer-saved");
  let here = 0;
  let there = 0;
  let sent = false;
  const saveThere = async () => {
    const saved = await keepThere(form, writer.read());
    if (shown && saved && !sent) shown.textContent = shown.dataset["text"] ?? "Draft saved";
  };
  const changed = () => {
    if (sent) return;
    if (shown) shown.textContent = "";
    window.clearTimeout(here);
    window.clearTimeout(there);
    here = window.setTimeout(() => keepHere(form, writer.read()), LOCAL_MS);
    there = window.setTimeout(() => void saveThere(), SERVER_MS);
  };
  window.setTimeout(() => bringBack(form, writer), 0);
  writer.changed(changed);
  form.addEventListener("change", changed);
  form.addEventListener("submit", () => {
    sent = true;
    window.clearTimeout(here);
    window.clearTimeout(there);
    keepHere(form, "");
  });
  window.addEventListener("pagehide", () => {
    if (!sent) keepHere(form, writer.read());
  });
  form.addEventListener("htmx:responseError", () => {
    sent = false;
    changed();
  });
  form.addEventListener("htmx:sendError", () => {
    sent = false;
    changed();
  });
}
