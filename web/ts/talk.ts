// SPDX-License-Identifier: GPL-3.0-or-later
//
// A conversation opens at its end, where the news is, and stays there while news comes in; a link to
// one comment (#comment-7) is left alone. Rather than cut a comment off above, it leaves out what
// follows the last one below: small print of what was changed.
import { once, type Root } from "./page";

const NEAR = 48;
const GAP = 12; // above a comment

function endOf(region: HTMLElement): number {
  const most = region.scrollHeight - region.clientHeight;
  const start = region.getBoundingClientRect().top - region.scrollTop;
  const comments = [...region.querySelectorAll(".comment")].map((comment) => comment.getBoundingClientRect());
  const last = comments[comments.length - 1];
  if (!last) return most;
  const least = last.bottom - start - region.clientHeight; // here the last comment still shows its end
  const whole = comments.map((comment) => comment.top - start - GAP).filter((top) => top >= least && top <= most);
  return Math.max(...whole, -1) >= 0 ? Math.max(...whole) : most;
}

export function start(root: Root): void {
  once(root, "[data-end], [data-talk]", "end", (region) => {
    if (!region.hasAttribute("tabindex")) region.tabIndex = 0; // so that keys can scroll it
    const toEnd = () => region.scrollTo({ top: endOf(region) });
    if (location.hash === "") toEnd();
    let atEnd = true;
    region.addEventListener("scroll", () => {
      atEnd = region.scrollTop > endOf(region) - NEAR;
    }, { passive: true });
    new ResizeObserver(() => {
      if (atEnd && location.hash === "") toEnd();
    }).observe(region);
    region.addEventListener("htmx:afterSettle", () => {
      if (atEnd) toEnd();
    });
  });
}
