// SPDX-License-Identifier: GPL-3.0-or-later
//
// A message that comes in while somebody writes is said beside the text, and counts as read once it
// was to be seen for a moment. What was not seen the server asks about before the reply leaves (the
// form's "seen").
import type { Writer } from "./rich";

const SEEN_MS = 1500;

function newest(): number {
  return Math.max(0, ...[...document.querySelectorAll("#talk .comment")].map((comment) => Number(comment.id.replace("comment-", "")) || 0));
}

export function startCrossed(form: HTMLFormElement, writer: Writer): void {
  const seen = form.querySelector<HTMLInputElement>("input[name=seen]");
  const talk = document.getElementById("talk");
  if (!seen || !talk) return;
  const said = document.createElement("p");
  said.className = "composer-crossed";
  said.setAttribute("role", "status");
  form.querySelector(".composer-head")?.after(said);
  let timer = 0;

  const read = () => {
    seen.value = String(Math.max(Number(seen.value), newest()));
  };
  const look = () => {
    const last = newest();
    if (last <= Number(seen.value)) return;
    if (writer.read() === "") return read();
    const fresh = document.getElementById(`comment-${last}`);
    said.textContent = `${fresh?.querySelector("h2")?.textContent ?? "Somebody"} wrote while you were writing.`;
    window.clearTimeout(timer);
    if (document.visibilityState === "visible") timer = window.setTimeout(read, SEEN_MS);
  };
  document.addEventListener("htmx:afterSettle", look);
  document.addEventListener("visibilitychange", look);
  writer.changed(() => {
    if (writer.read() === "") said.textContent = "";
  });
}
