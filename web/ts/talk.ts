// SPDX-License-Identifier: GPL-3.0-or-later
//
// A conversation opens at its end, where the news is, and stays there while news comes in; a link to
// one comment (#comment-7) is left alone. Rather than cut a comment off above, it leaves out what
// follows the last one below: small print of what was changed. Where no comment begins at such a
// place, room is made below.
import { once, type Root } from "./page";

const NEAR = 48;
const GAP = 12; // above a comment

interface End {
  top: number; // to scroll to
  room: number; // to make below, for that
}

function endOf(region: HTMLElement, madeRoom: number): End {
  const most = region.scrollHeight - region.clientHeight - madeRoom;
  const start = region.getBoundingClientRect().top - region.scrollTop;
  const comments = [...region.querySelectorAll(".comment")].map((comment) => comment.getBoundingClientRect());
  const last = comments[comments.length - 1];
  if (!last || most <= 0) return { top: most, room: 0 };
  const least = last.bottom - start - region.clientHeight; // here the last comment still shows its end
  const whole = comments.map((comment) => comment.top - start - GAP).filter((top) => top >= least);
  const fitting = whole.filter((top) => top <= most);
  if (fitting.length > 0) return { top: Math.max(...fitting), room: 0 };
  const next = whole[0];
  if (next === undefined) return { top: most, room: 0 }; // the last one alone is taller than the region
  return { top: next, room: Math.ceil(next - most) };
}

export function start(root: Root): void {
  once(root, "[data-end], [data-talk]", "end", (region) => {
    if (!region.hasAttribute("tabindex")) region.tabIndex = 0; // so that keys can scroll it
    let end: End = { top: 0, room: 0 };
    const toEnd = () => {
      end = endOf(region, end.room);
      region.style.setProperty("--talk-room", `${end.room}px`);
      region.scrollTo({ top: end.top });
    };
    if (location.hash === "") toEnd();
    let atEnd = true;
    region.addEventListener("scroll", () => {
      atEnd = region.scrollTop > endOf(region, end.room).top - NEAR;
    }, { passive: true });
    new ResizeObserver(() => {
      if (atEnd && location.hash === "") toEnd();
    }).observe(region);
    region.addEventListener("htmx:afterSettle", () => {
      if (atEnd) toEnd();
    });
  });
}
