// SPDX-License-Identifier: GPL-3.0-or-later
//
// Trix in place of the textarea: what is written is sent as `html_body`; the textarea's `body` goes
// away. The toolbar is ours: what a reply needs, as real buttons with names.
import Trix from "trix/dist/trix.esm.js";

export interface Writer {
  /** What stands there now, "" when nothing does. */
  read: () => string;
  write: (html: string) => void;
  changed: (listener: () => void) => void;
  element: HTMLElement;
  /** The line before the caret; "" while something is selected. */
  beforeCaret: () => string;
  /** Where the caret stands on the screen. */
  caret: () => DOMRect | undefined;
  /** Takes away this many characters before the caret. */
  cutBack: (length: number) => void;
  insert: (html: string) => void;
  insertText: (text: string) => void;
}

interface TrixEditor {
  loadHTML: (html: string) => void;
  getDocument: () => { toString: () => string };
  getSelectedRange: () => [number, number];
  setSelectedRange: (range: [number, number]) => void;
  getClientRectAtPosition: (position: number) => DOMRect | undefined;
  deleteInDirection: (direction: "backward") => void;
  insertHTML: (html: string) => void;
  insertString: (text: string) => void;
}

type EditorElement = HTMLElement & { editor?: TrixEditor; value: string };

const TOOLS: [attribute: string, icon: string, label: string, key: string][] = [
  ["bold", "bold", "Bold", "b"],
  ["italic", "italic", "Italic", "i"],
  ["bullet", "list", "List", ""],
  ["number", "numbers", "Numbered list", ""],
  ["quote", "quote", "Quotation", ""],
  ["code", "code", "Code", ""],
];

const SPRITE = document.querySelector("svg.icon use")?.getAttribute("href")?.split("#")[0] ?? "";

function svg(icon: string): string {
  return `<svg class="icon" aria-hidden="true"><use href="${SPRITE}#${icon}"/></svg>`;
}

function toolbarHTML(): string {
  const tools = TOOLS.map(
    ([attribute, icon, label, key]) =>
      `<button type="button" class="tool" data-trix-attribute="${attribute}"${key ? ` data-trix-key="${key}"` : ""} title="${label}" aria-label="${label}">${svg(icon)}</button>`,
  ).join("");
  const link = `<button type="button" class="tool" data-trix-attribute="href" data-trix-action="link" data-trix-key="k" title="Link" aria-label="Link">${svg("link")}</button>`;
  const dialog = `<div data-trix-dialogs><div data-trix-dialog="href" data-trix-dialog-attribute="href"><input type="url" name="href" aria-label="Address of the link" placeholder="https://" required data-trix-input><button type="button" class="button" data-trix-method="setAttribute">Link</button><button type="button" class="button-quiet" data-trix-method="removeAttribute">Unlink</button></div></div>`;
  return tools + link + dialog;
}

// A draft comes back as the markup that this editor made; a text typed without it is plain.
function isMarkup(text: string): boolean {
  return /^<(div|h1|blockquote|pre|ul|ol)[ >]/.test(text.trimStart());
}

function escapeText(text: string): string {
  const holder = document.createElement("div");
  holder.textContent = text;
  return holder.innerHTML.replace(/\n/g, "<br>");
}

let prepared = false;

function prepare(): void {
  if (prepared) return;
  prepared = true;
  (Trix.config.toolbar as { getDefaultHTML: () => string }).getDefaultHTML = toolbarHTML;
}

export function startRich(form: HTMLFormElement, text: HTMLTextAreaElement): Writer {
  prepare();
  const input = document.createElement("input");
  input.type = "hidden";
  input.name = "html_body";
  input.id = `${text.id || "body"}-html`;
  const toolbar = document.createElement("trix-toolbar");
  toolbar.id = `${input.id}-tools`;
  const editor = document.createElement("trix-editor") as EditorElement;
  editor.setAttribute("input", input.id);
  editor.setAttribute("toolbar", toolbar.id);
  editor.setAttribute("role", "textbox");
  editor.setAttribute("aria-multiline", "true");
  editor.setAttribute("aria-label", text.getAttribute("aria-label") ?? "Message");
  editor.setAttribute("placeholder", text.placeholder);
  editor.dataset["keep"] = "";
  input.value = isMarkup(text.value) ? text.value : escapeText(text.value);
  const foot = form.querySelector(".composer-foot");
  if (foot) foot.prepend(toolbar);
  else text.after(toolbar);
  text.before(input, editor);
  text.disabled = true;
  text.hidden = true;
  // Files are the form's own matter (files.ts), not pieces of the text.
  editor.addEventListener("trix-file-accept", (event) => event.preventDefault());
  if (text.autofocus || form.dataset["focus"] !== undefined) editor.focus();
  return {
    read: () => (editor.editor && editor.editor.getDocument().toString().trim() === "" ? "" : input.value),
    write: (html) => editor.editor?.loadHTML(html),
    changed: (listener) => editor.addEventListener("trix-change", listener),
    element: editor,
    beforeCaret: () => {
      const [from, to] = editor.editor?.getSelectedRange() ?? [0, 0];
      const text = editor.editor?.getDocument().toString() ?? "";
      const before = text.slice(0, to);
      return from === to ? before.slice(before.lastIndexOf("\n") + 1) : "";
    },
    caret: () => {
      const [, to] = editor.editor?.getSelectedRange() ?? [0, 0];
      return editor.editor?.getClientRectAtPosition(Math.max(0, to - 1));
    },
    cutBack: (length) => {
      const [, to] = editor.editor?.getSelectedRange() ?? [0, 0];
      editor.editor?.setSelectedRange([Math.max(0, to - length), to]);
      editor.editor?.deleteInDirection("backward");
    },
    insert: (html) => editor.editor?.insertHTML(html),
    insertText: (text) => editor.editor?.insertString(text),
  };
}
