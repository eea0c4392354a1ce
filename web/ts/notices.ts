// SPDX-License-Identifier: GPL-3.0-or-later
//
// Notices: <div class="notice" data-countdown="10"> counts down in its [data-seconds] and leaves;
// without seconds it stays until it is closed, or eight seconds when it asks for nothing.
import { once, type Root } from "./page";

const CALM_SECONDS = 8;

function countDown(notice: HTMLElement): void {
  const given = Number(notice.dataset["countdown"] ?? 0);
  const total = given > 0 ? given : CALM_SECONDS;
  const shown = notice.querySelector<HTMLElement>("[data-seconds]");
  const end = Date.now() + total * 1000;
  const tick = () => {
    const left = Math.ceil((end - Date.now()) / 1000);
    if (shown) shown.textContent = String(Math.max(left, 0));
    if (left > 0) window.setTimeout(tick, 250);
    else if (notice.matches(":hover, :focus-within") && given <= 0) window.setTimeout(tick, 1000);
    else notice.remove();
  };
  tick();
}

export function start(root: Root): void {
  once(root, ".notice[data-countdown]", "countdown", countDown);
}
