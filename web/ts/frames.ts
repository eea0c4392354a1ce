// SPDX-License-Identifier: GPL-3.0-or-later
//
// Frames with other people's mail grow to their content, where the sandbox lets us look
// (sandbox="allow-same-origin", without scripts); otherwise they scroll.
import { once, type Root } from "./page";

const TALLEST = 4000;

export function start(root: Root): void {
  once<HTMLIFrameElement>(root, "iframe.mail-frame", "frame", (frame) => {
    const fit = () => {
      const content = frame.contentDocument?.documentElement;
      if (content) frame.style.height = `${Math.min(content.scrollHeight + 4, TALLEST)}px`;
    };
    frame.addEventListener("load", fit);
    fit();
  });
}
