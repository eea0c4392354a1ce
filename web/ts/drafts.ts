// SPDX-License-Identifier: GPL-3.0-or-later
//
// What became of a text that was sent. It stays in this browser until a page shows that it arrived:
// the answer to the form leads elsewhere, or to the new comment. A connection that breaks between
// loses nothing.
import { meta } from "./page";

const SENT = "draft-sent";

export function draftKey(form: HTMLFormElement): string {
  return `draft:${meta("user")}:${form.getAttribute("action") ?? ""}`;
}

export function noteSent(form: HTMLFormElement): void {
  sessionStorage.setItem(SENT, draftKey(form));
}

/** Once per page, before drafts are brought back. */
export function forgetArrived(): void {
  const key = sessionStorage.getItem(SENT);
  if (key === null) return;
  sessionStorage.removeItem(SENT);
  const refused = document.querySelector('.alert[role="alert"]') !== null;
  const forms = [...document.querySelectorAll<HTMLFormElement>("form[data-composer]")];
  const elsewhere = !forms.some((form) => draftKey(form) === key);
  if (!refused && (elsewhere || location.hash.startsWith("#comment-"))) localStorage.removeItem(key);
}
