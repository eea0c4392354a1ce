// SPDX-License-Identifier: GPL-3.0-or-later
//
// The editor for replies and notes. Takes a plain form with a <textarea name="body"> that works
// without it (web/README.md) and gives it rich text, drafts that survive a closed tab, and files by
// drop and paste.
import { startCrossed } from "./crossed";
import { startDraft } from "./draft";
import { startFiles } from "./files";
import { startLens } from "./lens";
import { startPaste } from "./paste";
import { startRich } from "./rich";
import { startSuggest } from "./suggest";

export function enhance(form: HTMLFormElement): void {
  const text = form.querySelector<HTMLTextAreaElement>("textarea[name=body]");
  if (!text) return;
  const writer = startRich(form, text);
  startLens(form, writer);
  startDraft(form, writer);
  startFiles(form);
  startSuggest(form, writer);
  startCrossed(form, writer);
  startPaste(form, writer);
  // Choosing who reads it is the first half of writing, unless it is done by arrows within the group.
  let arrows = false;
  form.addEventListener("keydown", (event) => (arrows = event.key.startsWith("Arrow")));
  form.addEventListener("keyup", () => (arrows = false));
  for (const choice of form.querySelectorAll<HTMLInputElement>("input[name=public]")) {
    choice.addEventListener("click", () => {
      if (arrows) return;
      window.setTimeout(() => form.querySelector<HTMLElement>("trix-editor")?.focus(), 0);
    });
  }
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector<HTMLButtonElement>(".composer-send > .button-primary"));
    }
  });
}
