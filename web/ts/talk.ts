// SPDX-License-Identifier: GPL-3.0-or-later
//
// A conversation opens at its end, where the news is, and stays there while news comes in; a link to
// one comment (#comment-7) is left alone.
import { once, type Root } from "./page";

const NEAR = 48;

export function start(root: Root): void {
  once(root, "[data-end], [data-talk]", "end", (region) => {
    if (!region.hasAttribute("tabindex")) region.tabIndex = 0; // so that keys can scroll it
    const toEnd = () => region.scrollTo({ top: region.scrollHeight });
    if (location.hash === "") toEnd();
    let atEnd = true;
    region.addEventListener("scroll", () => {
      atEnd = region.scrollHeight - region.scrollTop - region.clientHeight < NEAR;
    }, { passive: true });
    new ResizeObserver(() => {
      if (atEnd && location.hash === "") toEnd();
    }).observe(region);
    region.addEventListener("htmx:afterSettle", () => {
      if (atEnd) toEnd();
    });
  });
}
