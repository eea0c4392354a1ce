// SPDX-License-Identifier: GPL-3.0-or-later
//
// Loads the editor where there is something to write, once it is near: most pages never need it.
import { once, type Root } from "./page";

interface Composer {
  enhance: (form: HTMLFormElement) => void;
}

function load(): Promise<Composer> {
  const script = document.querySelector<HTMLScriptElement>("script[data-composer-src]");
  return import(script?.dataset["composerSrc"] ?? "") as Promise<Composer>;
}

export function start(root: Root): void {
  once<HTMLFormElement>(root, "form[data-composer]", "composer", (form) => {
    const begin = () => void load().then((composer) => composer.enhance(form));
    if ("requestIdleCallback" in window) window.requestIdleCallback(begin, { timeout: 500 });
    else begin();
  });
}
