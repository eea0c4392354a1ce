// SPDX-License-Identifier: GPL-3.0-or-later
//
// htmx, with swaps that change only what differs, and with the token for forms on each request.
import htmx from "htmx.org";
import { Idiomorph } from "idiomorph";
import { meta } from "./page";

type Style = "outerHTML" | "innerHTML";

function styleOf(swap: string): Style | null {
  if (swap === "morph" || swap === "morph:outerHTML") return "outerHTML";
  return swap === "morph:innerHTML" ? "innerHTML" : null;
}

// What a person is typing into, has ticked or unfolded, and what scripts have built, stays.
function mayMorph(before: Node): boolean {
  if (!(before instanceof HTMLElement)) return true;
  return before !== document.activeElement && !before.matches("[data-keep], .row-select input");
}

function mayChange(attribute: string, element: Element): boolean {
  return attribute !== "style" && !(attribute === "open" && element instanceof HTMLDetailsElement);
}

const callbacks = { beforeNodeMorphed: mayMorph, beforeAttributeUpdated: mayChange };

/** Makes `target` what `next` is, changing only what differs. */
export function morph(target: Element, next: Element): void {
  Idiomorph.morph(target, next, { morphStyle: "outerHTML", callbacks });
  htmx.process(document.body);
}

export function start(): void {
  htmx.config.includeIndicatorStyles = false;
  htmx.config.allowEval = false;
  htmx.config.selfRequestsOnly = true;
  htmx.config.historyCacheSize = 0;
  htmx.config.refreshOnHistoryMiss = true;
  htmx.defineExtension("morph", {
    isInlineSwap: (swap: string) => styleOf(swap) === "outerHTML",
    handleSwap: (swap: string, target: Node, fragment: Node) => {
      const style = styleOf(swap);
      if (style === null) return false;
      return Idiomorph.morph(target as Element, (fragment as DocumentFragment).children, {
        morphStyle: style,
        callbacks,
      }) as Node[];
    },
  } as unknown as Parameters<typeof htmx.defineExtension>[1]);
  document.body.setAttribute("hx-ext", "morph");
  document.addEventListener("htmx:configRequest", (event) => {
    const { headers } = (event as CustomEvent<{ headers: Record<string, string> }>).detail;
    headers["X-CSRF-Token"] = meta("csrf-token");
  });
}
