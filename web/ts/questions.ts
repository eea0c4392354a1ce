// SPDX-License-Identifier: GPL-3.0-or-later
//
// Questions of a service's form that depend on another answer are hidden until that answer is
// given. Without this they are all there, with the words that say when they count.
import { once, type Root } from "./page";

type Answer = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

function said(field: HTMLElement | null): string {
  const answer = field?.querySelector<Answer>("input, select, textarea");
  if (!field || field.hidden || !answer) return "";
  return answer instanceof HTMLInputElement && answer.type === "checkbox" && !answer.checked ? "" : answer.value.trim();
}

export function start(root: Root): void {
  once<HTMLFormElement>(root, "form[data-form-fields]", "questions", (form) => {
    const fields = [...form.querySelectorAll<HTMLElement>("[data-mark]")];
    // A question depends only on one before it, so one pass from the top is enough.
    const look = () => {
      for (const field of fields) {
        const mark = field.dataset["when"] ?? "0";
        if (mark === "0") continue;
        field.hidden = said(form.querySelector<HTMLElement>(`[data-mark="${mark}"]`)) !== field.dataset["whenValue"];
      }
    };
    form.querySelectorAll<HTMLElement>("[data-when-words]").forEach((words) => { words.hidden = true; });
    form.addEventListener("input", look);
    look();
  });
}
