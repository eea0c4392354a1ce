// SPDX-License-Identifier: GPL-3.0-or-later
//
// Select many: <form data-bulk> is the bar that acts on the ticked boxes of .row-select, which stand
// in it or belong to it by form="…". Its [data-bulk-bar] (or form.bulk itself) shows when there are
// some, with their number in [data-bulk-count]. Shift takes all between; [data-bulk-all] takes all.
import { once, type Root } from "./page";

function boxes(form: HTMLFormElement): HTMLInputElement[] {
  return [...form.elements].filter((element): element is HTMLInputElement => element instanceof HTMLInputElement && element.closest(".row-select") !== null);
}

function update(form: HTMLFormElement): void {
  const all = boxes(form);
  const ticked = all.filter((box) => box.checked).length;
  const bar = form.querySelector<HTMLElement>("[data-bulk-bar]") ?? (form.matches(".bulk") ? form : null);
  const count = form.querySelector<HTMLElement>("[data-bulk-count]");
  const every = form.querySelector<HTMLInputElement>("[data-bulk-all]");
  if (bar) bar.hidden = ticked === 0;
  if (count) count.textContent = String(ticked);
  if (every) {
    every.checked = ticked === all.length && ticked > 0;
    every.indeterminate = ticked > 0 && ticked < all.length;
  }
}

function tickBetween(all: HTMLInputElement[], from: HTMLInputElement, to: HTMLInputElement): void {
  const [low = 0, high = 0] = [all.indexOf(from), all.indexOf(to)].sort((a, b) => a - b);
  if (low >= 0) all.slice(low, high + 1).forEach((box) => (box.checked = to.checked));
}

export function start(root: Root): void {
  once<HTMLFormElement>(root, "form[data-bulk]", "bulk", (form) => {
    let last: HTMLInputElement | null = null;
    document.addEventListener("click", (event) => {
      const target = event.target;
      if (!(target instanceof HTMLInputElement) || target.form !== form || target.type !== "checkbox") return;
      if (target.hasAttribute("data-bulk-all")) {
        boxes(form).forEach((box) => (box.checked = target.checked));
      } else if (target.closest(".row-select")) {
        if (event.shiftKey && last) tickBetween(boxes(form), last, target);
        last = target;
      }
      update(form);
    });
    document.addEventListener("htmx:afterSettle", () => update(form));
    update(form);
  });
}
