// SPDX-License-Identifier: GPL-3.0-or-later
//
// Dialogs: <button data-dialog="id"> opens <dialog id>; [data-close] closes the dialog or notice it
// stands in. Menus of <details> close when something else is pressed.
import { once, type Root } from "./page";

export function openDialog(title: string, content: HTMLElement): HTMLDialogElement {
  const dialog = document.createElement("dialog");
  const heading = document.createElement("h2");
  heading.textContent = title;
  heading.id = "dialog-title";
  dialog.setAttribute("aria-labelledby", heading.id);
  dialog.append(heading, content);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

function closeMenus(except: Node | null): void {
  for (const menu of document.querySelectorAll<HTMLDetailsElement>("details.menu[open]")) {
    if (!except || !menu.contains(except)) menu.open = false;
  }
}

let listening = false;

export function start(root: Root): void {
  once(root, "[data-dialog]", "dialog", (button) => {
    button.addEventListener("click", (event) => {
      const dialog = document.getElementById(button.dataset["dialog"] ?? "");
      if (dialog instanceof HTMLDialogElement) {
        event.preventDefault();
        dialog.showModal();
      }
    });
  });
  once(root, "[data-close]", "close", (button) => {
    button.addEventListener("click", () => {
      const dialog = button.closest("dialog");
      if (dialog) dialog.close();
      else button.closest(".notice")?.remove();
    });
  });
  if (listening) return;
  listening = true;
  document.addEventListener("click", (event) => closeMenus(event.target as Node));
  document.addEventListener("keydown", (event) => {
    const menu = document.querySelector<HTMLDetailsElement>("details.menu[open]");
    if (event.key === "Escape" && menu) {
      menu.open = false;
      menu.querySelector("summary")?.focus();
    }
  });
}
