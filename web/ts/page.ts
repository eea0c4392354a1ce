// SPDX-License-Identifier: GPL-3.0-or-later
//
// Small things that several modules need.
export type Root = Document | HTMLElement;

export function meta(name: string): string {
  return document.querySelector<HTMLMetaElement>(`meta[name="${name}"]`)?.content ?? "";
}

/** All matching elements below `root` and `root` itself, each given to `each` once in its life. */
export function once<E extends HTMLElement>(root: Root, selector: string, mark: string, each: (element: E) => void): void {
  const found = [...root.querySelectorAll<E>(selector)];
  if (root instanceof HTMLElement && root.matches(selector)) found.unshift(root as E);
  for (const element of found) {
    const seen = (element as unknown as { stewardMarks?: Set<string> }).stewardMarks ?? new Set<string>();
    if (seen.has(mark)) continue;
    seen.add(mark);
    (element as unknown as { stewardMarks?: Set<string> }).stewardMarks = seen;
    each(element);
  }
}

export function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input:not([type=checkbox],[type=radio]), textarea, select"));
}

export function isShown(element: HTMLElement): boolean {
  return element.checkVisibility?.() ?? element.offsetParent !== null;
}
