// SPDX-License-Identifier: GPL-3.0-or-later
//
// <form data-push="KEY"> asks the browser for an address to which the desk may push news, and sends
// it. Where the browser knows no push the form stays hidden.
import { once, type Root } from "./page";

function decode(text: string): Uint8Array<ArrayBuffer> {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

async function subscribe(form: HTMLFormElement): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted") throw new Error("refused");
  await navigator.serviceWorker.register("/worker.js");
  const registration = await navigator.serviceWorker.ready;
  const before = await registration.pushManager.getSubscription();
  await before?.unsubscribe();
  const made = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: decode(form.dataset["push"] ?? "") });
  const keys = made.toJSON().keys ?? {};
  const values: Record<string, string | undefined> = { endpoint: made.endpoint, public_key: keys["p256dh"], auth: keys["auth"] };
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = value ?? "";
  }
}

export function start(root: Root): void {
  if (!("serviceWorker" in navigator) || !("PushManager" in window) || !("Notification" in window)) return;
  once<HTMLFormElement>(root, "form[data-push]", "push", (form) => {
    const problem = form.querySelector<HTMLElement>(".field-error");
    form.hidden = false;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (problem) problem.hidden = true;
      subscribe(form)
        .then(() => form.submit())
        .catch(() => {
          if (problem) problem.hidden = false;
        });
    });
  });
}
