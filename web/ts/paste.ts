// SPDX-License-Identifier: GPL-3.0-or-later
//
// Markdown that is pasted becomes what it means; the server reads it (POST /compose/markdown). Text
// that comes with its own markup, or that only might be Markdown, is left to the editor.
import { meta } from "./page";
import type { Writer } from "./rich";

const SIGNS = [
  /^#{1,6} \S/m,
  /^\s*[-*+] \S[^\n]*\n\s*[-*+] \S/m,
  /^\s*1[.)] \S[^\n]*\n\s*2[.)] \S/m,
  /^```/m,
  /\*\*[^\s*][^*\n]*\*\*/,
  /\[[^\]\n]+\]\(https?:\/\/[^)\s]+\)/,
];
const MOST = 100_000; // characters

export function looksLikeMarkdown(text: string): boolean {
  return text.length < MOST && SIGNS.some((sign) => sign.test(text));
}

export function startPaste(form: HTMLFormElement, writer: Writer): void {
  form.addEventListener("paste", (event) => {
    const data = event.clipboardData;
    const text = data?.getData("text/plain") ?? "";
    const plain = data !== null && !data.types.includes("text/html") && !data.types.includes("Files");
    if (event.target instanceof Node && !writer.element.contains(event.target)) return;
    if (!plain || !looksLikeMarkdown(text)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    const body = new URLSearchParams({ text, csrf: meta("csrf-token") });
    fetch("/compose/markdown", { method: "POST", body, headers: { "HX-Request": "true" } })
      .then(async (answer) => (answer.ok ? writer.insert(await answer.text()) : writer.insertText(text)))
      .catch(() => writer.insertText(text));
  }, true);
}
