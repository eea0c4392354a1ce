// SPDX-License-Identifier: GPL-3.0-or-later
//
// What the editor offers while one writes: "/" macros, "@" colleagues, ":" emoji. The list stands at
// the caret; arrows choose, Enter or Tab takes, Escape closes. What is taken replaces sign and words.
import { EMOJI } from "./emoji";
import type { Writer } from "./rich";

interface Choice {
  label: string;
  hint: string;
  take: () => void | Promise<void>;
}

interface Source {
  pattern: RegExp; // on what stands before the caret; its first group is what to look for
  find: (words: string) => Promise<Choice[]> | Choice[];
}

const PAUSE = 80; // ms without a key

async function fragment(address: string): Promise<DocumentFragment> {
  const answer = await fetch(address, { headers: { "HX-Request": "true" } });
  if (!answer.ok) throw new Error(`answer ${answer.status}`);
  const holder = document.createElement("template");
  holder.innerHTML = await answer.text();
  return holder.content;
}

function macroSource(form: HTMLFormElement, writer: Writer, place: string): Source {
  const take = async (id: string) => {
    const found = await fragment(`${place}/macros/${id}`);
    const text = found.querySelector<HTMLElement>("[data-macro-public]");
    const sets = form.querySelector<HTMLElement>("[data-sets]");
    const fresh = found.querySelector("fieldset");
    if (text && text.innerHTML.trim() !== "") {
      writer.insert(text.innerHTML);
      const choice = form.querySelector<HTMLInputElement>(`input[name=public][value="${text.dataset["macroPublic"]}"]`);
      if (choice && !choice.checked) choice.click();
    }
    if (sets && fresh) sets.replaceChildren(...mergeSets(sets, fresh));
  };
  return {
    pattern: /(?:^|\s)\/([\p{L}\p{N}][\p{L}\p{N} ._:-]{0,40}|)$/u,
    find: async (words) => {
      const found = await fragment(`${place}/macros?q=${encodeURIComponent(words)}`);
      return [...found.querySelectorAll<HTMLElement>("li")].map((item) => ({
        label: item.textContent?.trim() ?? "",
        hint: "",
        take: () => take(item.dataset["value"] ?? ""),
      }));
    },
  };
}

// A second macro adds to the first; where both set the same, the later one counts.
function mergeSets(before: HTMLElement, fresh: Element): Element[] {
  const keyOf = (box: HTMLInputElement) => box.value.split("=")[0] ?? "";
  const many = ["cc", "follower", "add_tags", "remove_tags"];
  const boxes = [...fresh.querySelectorAll<HTMLInputElement>("input")];
  for (const box of before.querySelectorAll<HTMLInputElement>("input")) {
    const replaced = boxes.some((one) => one.value === box.value || (keyOf(one) === keyOf(box) && !many.includes(keyOf(box))));
    if (!replaced && box.parentElement) fresh.append(box.parentElement);
  }
  return [fresh];
}

function colleagueSource(writer: Writer, place: string): Source {
  return {
    pattern: /(?:^|\s)@([\p{L}\p{N}][\p{L}\p{N} .'-]{0,40}|)$/u,
    find: async (words) => {
      const found = await fragment(`${place}/colleagues?q=${encodeURIComponent(words)}`);
      return [...found.querySelectorAll<HTMLElement>("li")].map((item) => ({
        label: item.dataset["value"] ?? "",
        hint: item.querySelector(".soft")?.textContent ?? "",
        take: () => writer.insertText(`@${item.dataset["value"]} `),
      }));
    },
  };
}

function emojiSource(writer: Writer): Source {
  return {
    pattern: /(?:^|\s):([a-z]{2,16})$/,
    find: (words) =>
      EMOJI.filter(([, names]) => names.split(" ").some((name) => name.startsWith(words)))
        .slice(0, 8)
        .map(([sign, names]) => ({ label: sign, hint: names, take: () => writer.insertText(`${sign} `) })),
  };
}

class Menu {
  readonly list = document.createElement("ul");
  private choices: Choice[] = [];
  private at = 0;

  constructor(private readonly editor: HTMLElement) {
    this.list.className = "suggest";
    this.list.id = `${editor.id || "editor"}-suggest`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Suggestions");
    this.list.hidden = true;
    editor.after(this.list);
  }

  get open(): boolean {
    return !this.list.hidden;
  }

  show(choices: Choice[], caret: DOMRect | undefined, chosen: (choice: Choice) => void): void {
    if (choices.length === 0) return this.close();
    this.choices = choices;
    this.list.replaceChildren(...choices.map((choice, index) => this.item(choice, index, chosen)));
    this.list.hidden = false;
    this.editor.setAttribute("aria-controls", this.list.id);
    this.choose(0);
    this.place(caret);
  }

  close(): void {
    if (!this.open) return;
    this.list.hidden = true;
    this.list.replaceChildren();
    this.editor.removeAttribute("aria-activedescendant");
    this.editor.removeAttribute("aria-controls");
  }

  choose(index: number): void {
    this.at = (index + this.choices.length) % this.choices.length;
    [...this.list.children].forEach((item, i) => item.setAttribute("aria-selected", String(i === this.at)));
    const item = this.list.children[this.at];
    item?.scrollIntoView({ block: "nearest" });
    if (item) this.editor.setAttribute("aria-activedescendant", item.id);
  }

  move(step: number): void {
    this.choose(this.at + step);
  }

  chosen(): Choice | undefined {
    return this.choices[this.at];
  }

  private item(choice: Choice, index: number, chosen: (choice: Choice) => void): HTMLElement {
    const item = document.createElement("li");
    item.id = `${this.list.id}-${index}`;
    item.setAttribute("role", "option");
    item.append(choice.label);
    if (choice.hint) {
      const hint = document.createElement("span");
      hint.className = "soft";
      hint.textContent = choice.hint;
      item.append(" ", hint);
    }
    item.addEventListener("mousedown", (event) => {
      event.preventDefault(); // the caret stays in the editor
      chosen(choice);
    });
    return item;
  }

  // Above the caret, since the composer stands at the foot of the page; within the window.
  private place(caret: DOMRect | undefined): void {
    const box = this.editor.getBoundingClientRect();
    const left = Math.min(caret?.left ?? box.left, window.innerWidth - this.list.offsetWidth - 8);
    this.list.style.setProperty("left", `${Math.max(8, left)}px`);
    this.list.style.setProperty("bottom", `${window.innerHeight - (caret?.top ?? box.top) + 4}px`);
  }
}

export function startSuggest(form: HTMLFormElement, writer: Writer): void {
  const ticket = form.dataset["ticket"];
  const place = `/tickets/${ticket ?? ""}`;
  const sources = [...(ticket ? [macroSource(form, writer, place), colleagueSource(writer, place)] : []), emojiSource(writer)];
  const menu = new Menu(writer.element);
  let asked = 0;
  let timer = 0;
  let length = 0; // of what is replaced, sign and words

  const take = (choice: Choice) => {
    menu.close();
    writer.cutBack(length);
    void Promise.resolve(choice.take()).catch(() => undefined);
  };
  const look = async () => {
    const before = writer.beforeCaret();
    const turn = ++asked;
    for (const source of sources) {
      const match = source.pattern.exec(before);
      if (!match) continue;
      const words = match[1] ?? "";
      const found = await source.find(words.trim());
      if (turn !== asked) return;
      length = words.length + 1;
      return menu.show(found, writer.caret(), take);
    }
    menu.close();
  };
  const later = () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void look().catch(() => menu.close()), PAUSE);
  };
  writer.changed(later);
  writer.element.addEventListener("blur", () => menu.close());
  // Before the editor makes a new line of it.
  form.addEventListener("keydown", (event) => {
    if (!menu.open || event.target !== writer.element) return;
    const keys: Record<string, () => void> = {
      ArrowDown: () => menu.move(1),
      ArrowUp: () => menu.move(-1),
      Enter: () => take(menu.chosen() as Choice),
      Tab: () => take(menu.chosen() as Choice),
      Escape: () => menu.close(),
    };
    const action = event.ctrlKey || event.metaKey || event.altKey ? undefined : keys[event.key];
    if (!action) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    action();
  }, true);
  // The button does what the sign does.
  form.querySelector<HTMLElement>("[data-macros]")?.addEventListener("click", (event) => {
    event.preventDefault();
    writer.element.focus();
    const before = writer.beforeCaret();
    writer.insertText(before === "" || /\s$/.test(before) ? "/" : " /");
  });
}
