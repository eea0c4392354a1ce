// SPDX-License-Identifier: GPL-3.0-or-later
//
// The customer lens beside a public reply: what is written is read after each pause, and once more
// before it leaves. What it finds is shown below the text; a reply with findings leaves when its
// author changes the words or says that it may.
import type { Writer } from "./rich";

const PAUSE = 700; // ms without a key

export function startLens(form: HTMLFormElement, writer: Writer): void {
  const panel = form.querySelector<HTMLElement>("[data-lens-panel]");
  const address = form.dataset["lens"];
  if (!panel || !address) return;
  const isPublic = () => form.querySelector<HTMLInputElement>("input[name=public]:checked")?.value === "1";
  const says = () => panel.querySelector<HTMLInputElement>("input[name=lens]");
  let read: string | null = null; // the text that the panel is about
  let timer = 0;
  let passed = false; // this sending was read already

  const ask = async (): Promise<void> => {
    const text = writer.read();
    if (text === read || !isPublic()) return;
    const anyway = says()?.checked ?? false;
    const body = new URLSearchParams({ html_body: text, csrf: form.querySelector<HTMLInputElement>("input[name=csrf]")?.value ?? "" });
    const answer = text === "" ? null : await fetch(address, { method: "POST", body, headers: { "HX-Request": "true" } });
    if (answer && !answer.ok) return;
    const before = phrases();
    panel.innerHTML = answer ? await answer.text() : "";
    read = text;
    // The same findings stay allowed while other words change.
    const box = says();
    if (box && anyway && phrases() === before) box.checked = true;
  };
  const phrases = () => [...panel.querySelectorAll("[data-lens-phrase]")].map((phrase) => phrase.textContent).join("\n");

  writer.changed(() => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void ask().catch(() => undefined), PAUSE);
  });
  const held = () => {
    const box = says();
    if (!box || box.checked) return false;
    panel.scrollIntoView({ block: "nearest" });
    box.focus();
    return true;
  };
  form.addEventListener("submit", (event) => {
    const unread = isPublic() && writer.read() !== read && !passed;
    passed = false;
    if (!unread && !(isPublic() && held())) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (!unread) return;
    const submitter = event.submitter;
    window.clearTimeout(timer);
    const go = () => {
      if (held()) return;
      passed = true; // also when it could not be read: the server reads it again
      form.requestSubmit(submitter);
    };
    // Not from within this event: a form does not take a second one before the first is over.
    ask().catch(() => undefined).finally(() => window.setTimeout(go, 0));
  }, true);
}
