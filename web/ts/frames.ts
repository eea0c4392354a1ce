// SPDX-License-Identifier: GPL-3.0-or-later
//
// <a data-remote="comment-7" href="…?images=1"> shows the pictures of that comment's mail in place.
// Frames with other people's mail grow to their content, where the sandbox lets us look
// (sandbox="allow-same-origin", without scripts); otherwise they scroll.
import { once, type Root } from "./page";

const TALLEST = 4000;

export function start(root: Root): void {
  once<HTMLAnchorElement>(root, "a[data-remote]", "remote", (link) => {
    link.addEventListener("click", (event) => {
      const frame = document.getElementById(link.dataset["remote"] ?? "")?.querySelector<HTMLIFrameElement>("iframe.mail-frame");
      if (!frame) return;
      event.preventDefault();
      frame.src = link.href;
      link.parentElement?.remove();
    });
  });
  once<HTMLIFrameElement>(root, "iframe.mail-frame", "frame", (frame) => {
    const fit = () => {
      const content = frame.contentDocument?.documentElement;
      if (content) frame.style.height = `${Math.min(content.scrollHeight + 4, TALLEST)}px`;
    };
    frame.addEventListener("load", fit);
    fit();
  });
}
