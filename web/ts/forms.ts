// SPDX-License-Identifier: GPL-3.0-or-later
//
// <form data-autosubmit> is sent at each change, and what the answering page shows elsewhere (head,
// conversation, right column) is morphed in, so that a half-written reply stays where it is. Its own
// button is for browsers without scripts.
//
// <form data-send-now> is what a link in a mail asks for: it is sent once somebody looks at the page,
// which programs that fetch links ahead do not.
import { morph } from "./morph";
import { once, type Root } from "./page";

const PARTS = ["main > .head", ".talk", ".side"];

async function send(form: HTMLFormElement): Promise<void> {
  const body = new FormData(form);
  const answer = await fetch(form.action, { method: "POST", body: new URLSearchParams([...body].map(([name, value]) => [name, value.toString()])) });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!page.querySelector("main")) throw new Error(`answer ${answer.status}`);
  const problem = page.querySelector(".composer .alert, main > .alert");
  if (!answer.ok && problem) form.prepend(document.importNode(problem, true));
  for (const part of PARTS) {
    const before = document.querySelector(part);
    const after = page.querySelector(part);
    if (before && after && answer.ok) morph(before, document.importNode(after, true));
  }
}

function sendNow(form: HTMLFormElement): void {
  const seen = () => {
    if (document.visibilityState === "visible") form.submit();
    else document.addEventListener("visibilitychange", seen, { once: true });
  };
  if ((document as Document & { prerendering?: boolean }).prerendering) document.addEventListener("prerenderingchange", seen, { once: true });
  else seen();
}

export function start(root: Root): void {
  once<HTMLFormElement>(root, "form[data-send-now]", "send-now", sendNow);
  once<HTMLFormElement>(root, "form[data-autosubmit]", "autosubmit", (form) => {
    form.querySelectorAll<HTMLElement>(".form-actions").forEach((actions) => (actions.hidden = true));
    form.addEventListener("change", () => {
      form.querySelectorAll(".alert").forEach((alert) => alert.remove());
      send(form).catch(() => form.submit());
    });
  });
}
