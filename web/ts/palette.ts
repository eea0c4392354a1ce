// SPDX-License-Identifier: GPL-3.0-or-later
//
// The command palette, Ctrl or ⌘ K: everything on the page that has a key or is in its menus, and
// a search for what was typed.
import Combobox from "@github/combobox-nav";
import { labelOf } from "./keys";
import { isShown, type Root } from "./page";

interface Command {
  label: string;
  key: string;
  run: () => void;
}

function commandOf(element: HTMLElement): Command {
  const run = () => {
    if (element.matches("input, textarea, select")) element.focus();
    else element.click();
  };
  return { label: labelOf(element), key: element.dataset["hotkey"]?.split(",")[0] ?? "", run };
}

function commands(): Command[] {
  const places = document.querySelectorAll<HTMLElement>("[data-hotkey], .views a, .menu-items a, .menu-items button, [data-command]");
  const seen = new Map<string, Command>();
  for (const element of places) {
    const command = commandOf(element);
    const reachable = isShown(element) || element.closest(".menu-items") !== null;
    if (command.label !== "" && reachable && !seen.has(command.label)) seen.set(command.label, command);
  }
  return [...seen.values()];
}

function matches(command: Command, words: string[]): boolean {
  const label = command.label.toLowerCase();
  return words.every((word) => label.includes(word));
}

function search(text: string): Command[] {
  const number = /^#?(\d{1,18})$/.exec(text);
  const open: Command[] = number ? [{ label: `Open ticket #${number[1]}`, key: "", run: () => location.assign(`/tickets/${number[1]}`) }] : [];
  if (text === "") return open;
  return [...open, { label: `Search for “${text}”`, key: "", run: () => location.assign(`/search?q=${encodeURIComponent(text)}`) }];
}

function fill(list: HTMLElement, found: Command[], close: () => void): void {
  list.replaceChildren(
    ...found.slice(0, 40).map((command, index) => {
      const item = document.createElement("li");
      item.id = `palette-${index}`;
      item.setAttribute("role", "option");
      const label = document.createElement("span");
      label.textContent = command.label;
      item.append(label);
      if (command.key) {
        const key = document.createElement("kbd");
        key.textContent = command.key;
        item.append(key);
      }
      item.addEventListener("click", () => {
        close();
        command.run();
      });
      return item;
    }),
  );
}

function openPalette(): void {
  const all = commands();
  const dialog = document.createElement("dialog");
  dialog.className = "palette";
  const input = document.createElement("input");
  input.type = "text";
  input.placeholder = "What do you want to do?";
  input.setAttribute("aria-label", "Command");
  input.setAttribute("aria-controls", "palette-list");
  const list = document.createElement("ul");
  list.id = "palette-list";
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Commands");
  dialog.append(input, list);
  const combobox = new Combobox(input, list, { firstOptionSelectionMode: "active" });
  const update = () => {
    const text = input.value.trim();
    const words = text.toLowerCase().split(/\s+/);
    fill(list, [...all.filter((command) => matches(command, words)), ...search(text)], () => dialog.close());
    combobox.clearSelection();
    combobox.indicateDefaultOption();
  };
  // The combobox forgets what was selected at each input; so ours comes after it.
  combobox.start();
  input.addEventListener("input", update);
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener("close", () => {
    combobox.destroy();
    dialog.remove();
  });
  document.body.append(dialog);
  dialog.showModal();
  update();
}

let listening = false;

export function start(_root: Root): void {
  if (listening) return;
  listening = true;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && !document.querySelector("dialog[open]")) {
      event.preventDefault();
      openPalette();
    }
  });
}
