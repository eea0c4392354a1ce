// SPDX-License-Identifier: GPL-3.0-or-later
//
// <form data-board>: cards ([data-card="42"]) move between columns ([data-column="open"]; those with
// [data-target] take some) by dragging, and by Shift and the arrow keys. Both press the button of the
// card's own menu, so that the form is the same as without scripts.
import { once, type Root } from "./page";

function move(form: HTMLFormElement, ticket: string, column: HTMLElement | null): void {
  const status = column?.dataset["column"];
  const button = [...form.querySelectorAll<HTMLButtonElement>("button[name=move]")].find((one) => one.value === `${ticket}:${status ?? ""}`);
  if (button) form.requestSubmit(button);
}

function columnBeside(card: HTMLElement, step: number): HTMLElement | null {
  const columns = [...(card.closest("form")?.querySelectorAll<HTMLElement>("[data-column]") ?? [])];
  for (let at = columns.findIndex((one) => one.contains(card)) + step; at >= 0 && at < columns.length; at += step) {
    if (columns[at]?.hasAttribute("data-target")) return columns[at] ?? null;
  }
  return null;
}

function cardOf(target: EventTarget | null): HTMLElement | null {
  return target instanceof Element ? target.closest<HTMLElement>("[data-card]") : null;
}

function drag(form: HTMLFormElement): void {
  let dragged = "";
  form.addEventListener("dragstart", (event) => {
    const card = cardOf(event.target);
    dragged = card?.dataset["card"] ?? "";
    event.dataTransfer?.setData("text/plain", `#${dragged}`);
  });
  form.addEventListener("dragover", (event) => {
    const column = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-target]") : null;
    form.querySelectorAll(".board-over").forEach((one) => one.classList.toggle("board-over", one === column));
    column?.classList.add("board-over");
    if (column && dragged) event.preventDefault();
  });
  form.addEventListener("dragend", () => form.querySelectorAll(".board-over").forEach((one) => one.classList.remove("board-over")));
  form.addEventListener("drop", (event) => {
    const column = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-target]") : null;
    if (!column || !dragged) return;
    event.preventDefault();
    move(form, dragged, column);
  });
}

export function start(root: Root): void {
  document.querySelectorAll<HTMLElement>("[data-board] [data-card]").forEach((card) => {
    card.draggable = card.querySelector("button[name=move]") !== null;
  });
  once<HTMLFormElement>(root, "form[data-board]", "board", (form) => {
    drag(form);
    form.addEventListener("keydown", (event) => {
      const card = cardOf(event.target);
      const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
      if (!card || !event.shiftKey || !["ArrowLeft", "ArrowRight"].includes(event.key)) return;
      event.preventDefault();
      move(form, card.dataset["card"] ?? "", columnBeside(card, event.key === forward ? 1 : -1));
    });
  });
}
