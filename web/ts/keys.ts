// SPDX-License-Identifier: GPL-3.0-or-later
//
// Keys. Any link, button or field with data-hotkey="r" or "g t" reacts to it (several by commas);
// j and k walk through [data-rows], Enter opens, x selects, ? shows all keys of the page.
import { install } from "@github/hotkey";
import { isShown, isTyping, once, type Root } from "./page";
import { openDialog } from "./dialogs";

export function labelOf(element: HTMLElement): string {
  const label = element instanceof HTMLInputElement || element instanceof HTMLSelectElement ? element.labels?.[0]?.textContent?.trim() : "";
  const text = [...element.childNodes].filter((node) => !(node instanceof Element && node.matches(".count, .avatar, kbd")));
  const shown = text.map((node) => node.textContent ?? "").join(" ").replace(/\s+/g, " ").trim();
  return element.dataset["label"] ?? element.getAttribute("aria-label") ?? (label || shown || element.title);
}

function rows(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("[data-rows] > *")].filter((row) => row.querySelector("a"));
}

function walk(step: number): void {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement) || row.classList.contains("row-active"));
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  all.forEach((row) => row.classList.toggle("row-active", row === next));
  next?.querySelector<HTMLElement>(".row-title, a")?.focus({ preventScroll: true });
  next?.scrollIntoView({ block: "nearest" });
}

function select(): void {
  const row = rows().find((row) => row.classList.contains("row-active") || row.contains(document.activeElement));
  row?.querySelector<HTMLInputElement>(".row-select input")?.click();
}

function showKeys(): void {
  const list = document.createElement("dl");
  list.className = "keys";
  const known = new Map<string, string>([
    ["j k", "Next, previous in the list"],
    ["Enter", "Open"],
    ["x", "Select"],
    ["Ctrl K", "All commands"],
    ["?", "These keys"],
  ]);
  for (const element of document.querySelectorAll<HTMLElement>("[data-hotkey]")) {
    const key = element.dataset["hotkey"];
    if (key && isShown(element)) known.set(key, labelOf(element));
  }
  for (const [keys, label] of known) {
    const term = document.createElement("dt");
    for (const key of keys.split(",")[0]?.split(" ") ?? []) {
      const box = document.createElement("kbd");
      box.textContent = key;
      term.append(box, " ");
    }
    const meaning = document.createElement("dd");
    meaning.textContent = label;
    list.append(term, meaning);
  }
  openDialog("Keys", list);
}

const PLAIN: Record<string, () => void> = { j: () => walk(1), k: () => walk(-1), x: select, "?": showKeys };

let listening = false;

export function start(root: Root): void {
  once(root, "[data-hotkey]", "hotkey", (element) => install(element, element.dataset["hotkey"] ?? ""));
  if (listening) return;
  listening = true;
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (isTyping(event.target) || document.querySelector("dialog[open]")) return;
    const action = PLAIN[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });
}
