// SPDX-License-Identifier: GPL-3.0-or-later
//
// [data-print] prints the page. [data-take-from="A"][data-take-into="B"] writes what is selected in
// the text A on a line of its own into B. Both are hidden without scripts.
import { once, type Root } from "./page";

function take(from: HTMLTextAreaElement, into: HTMLTextAreaElement): void {
  const words = from.value.slice(from.selectionStart, from.selectionEnd).trim();
  if (!words) return from.focus();
  into.value = [...into.value.split("\n"), ...words.split("\n")].map((line) => line.trim()).filter(Boolean).join("\n");
  into.focus();
}

export function start(root: Root): void {
  once<HTMLButtonElement>(root, "[data-print]", "print", (button) => {
    button.hidden = false;
    button.addEventListener("click", () => window.print());
  });
  once<HTMLButtonElement>(root, "[data-take-from]", "take", (button) => {
    const from = document.getElementById(button.dataset["takeFrom"] ?? "");
    const into = document.getElementById(button.dataset["takeInto"] ?? "");
    if (!(from instanceof HTMLTextAreaElement) || !(into instanceof HTMLTextAreaElement)) return;
    button.hidden = false;
    button.addEventListener("click", () => take(from, into));
  });
}
