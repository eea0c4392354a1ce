// SPDX-License-Identifier: GPL-3.0-or-later
//
// A half-written text is never lost: each pause in writing keeps it in this browser, and on the
// server where the form names a place (data-draft="/tickets/42/draft").
import { draftKey, noteSent } from "./drafts";
import { meta } from "./page";
import type { Writer } from "./rich";

const LOCAL_MS = 400;
const SERVER_MS = 2000;

const KEEPALIVE_MAX = 60_000; // browsers refuse larger bodies of requests that outlive their page

function isPublic(form: HTMLFormElement): string {
  return new FormData(form).get("public")?.toString() ?? "1";
}

function keepHere(form: HTMLFormElement, html: string): void {
  try {
    if (html === "") localStorage.removeItem(draftKey(form));
    else localStorage.setItem(draftKey(form), JSON.stringify({ html, public: isPublic(form) }));
  } catch {
    // Storage is full or forbidden: the server's copy has to do.
  }
}

async function keepThere(form: HTMLFormElement, html: string, signal: AbortSignal): Promise<boolean> {
  const place = form.dataset["draft"];
  if (!place) return false;
  const body = new URLSearchParams({ html_body: html, public: isPublic(form), csrf: meta("csrf-token") });
  try {
    const answer = await fetch(place, { method: "POST", body, signal, keepalive: html.length * 3 < KEEPALIVE_MAX });
    return answer.ok;
  } catch {
    return false;
  }
}

function bringBack(form: HTMLFormElement, writer: Writer): void {
  const kept = localStorage.getItem(draftKey(form));
  if (!kept || writer.read() !== "") return;
  try {
    const draft = JSON.parse(kept) as { html: string; public: string };
    writer.write(draft.html);
    const choice = form.querySelector<HTMLInputElement>(`input[name=public][value="${draft.public === "0" ? "0" : "1"}"]`);
    if (choice && !choice.disabled) choice.checked = true;
  } catch {
    localStorage.removeItem(draftKey(form));
  }
}

export function startDraft(form: HTMLFormElement, writer: Writer): void {
  const shown = form.querySelector<HTMLElement>(".composer-saved");
  let here = 0;
  let there = 0;
  let sent = false;
  let sending = new AbortController();
  const saveThere = async () => {
    const saved = await keepThere(form, writer.read(), sending.signal);
    if (shown && saved && !sent) shown.textContent = shown.dataset["text"] ?? "Draft saved";
  };
  const changed = () => {
    sent = false; // what was sent was refused, or the page came back
    if (sending.signal.aborted) sending = new AbortController();
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
    sending.abort();
    keepHere(form, writer.read());
    noteSent(form);
  });
  window.addEventListener("pagehide", () => {
    if (!sent) keepHere(form, writer.read());
  });
}
