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

// What a person is typing into, and what scripts have built there, stays as it is.
function mayMorph(before: Node): boolean {
  if (!(before instanceof HTMLElement)) return true;
  return before !== document.activeElement && !before.hasAttribute("data-keep");
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
        callbacks: { beforeNodeMorphed: mayMorph },
      }) as Node[];
    },
  } as unknown as Parameters<typeof htmx.defineExtension>[1]);
  document.body.setAttribute("hx-ext", "morph");
  document.addEventListener("htmx:configRequest", (event) => {
    const { headers } = (event as CustomEvent<{ headers: Record<string, string> }>).detail;
    headers["X-CSRF-Token"] = meta("csrf-token");
  });
}
