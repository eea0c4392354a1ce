// SPDX-License-Identifier: GPL-3.0-or-later
//
// node build.mjs OUT [DEPFILE]: style sheet, scripts and icons for the program to embed. Needs no
// network once node_modules is there; installs it from the lock when it is missing.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const out = resolve(process.argv[2] ?? join(here, "../build/web"));
const depfile = process.argv[3];

if (!existsSync(join(here, "node_modules/esbuild"))) {
  execFileSync("npm", ["ci", "--no-audit", "--no-fund", "--silent"], { cwd: here, stdio: "inherit" });
}
const esbuild = await import("esbuild");
mkdirSync(out, { recursive: true });

// Trix writes its default rules into a <style> element, which `style-src 'self'` refuses; a
// constructed style sheet is not subject to it. The build stops when Trix has changed there.
const trixUnderStrictCsp = {
  name: "trix-under-strict-csp",
  setup(build) {
    build.onLoad({ filter: /trix\.esm\.js$/ }, ({ path }) => {
      const before = readFileSync(path, "utf8");
      const after = before
        .replace("const styleElement = insertStyleElementForTagName(tagName);", "const sheet = new CSSStyleSheet();")
        .replace(
          "styleElement.textContent = defaultCSS.replace(/%t/g, tagName);",
          "sheet.replaceSync(defaultCSS.replace(/%t/g, tagName)); document.adoptedStyleSheets.push(sheet);",
        );
      if (after.split("sheet").length !== before.split("sheet").length + 3) {
        return { errors: [{ text: "Trix installs its style in a new way: look at build.mjs" }] };
      }
      return { contents: after, loader: "js" };
    });
  },
};

const result = await esbuild.build({
  absWorkingDir: here,
  entryPoints: ["ts/app.ts", "ts/composer.ts", "ts/worker.ts", "css/app.css"],
  outdir: out,
  entryNames: "[name]",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  legalComments: "none",
  logLevel: "warning",
  metafile: true,
  plugins: [trixUnderStrictCsp],
});

const symbols = readFileSync(join(here, "icons/icons.txt"), "utf8")
  .split("\n")
  .filter((line) => line.includes("|"))
  .filter((line) => !line.startsWith("#"))
  .map((line) => line.split("|").map((part) => part.trim()))
  .map(([name, drawing]) => `<symbol id="${name}" viewBox="0 0 24 24">${drawing}</symbol>`);
writeFileSync(join(out, "icons.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);
writeFileSync(join(out, "favicon.svg"), readFileSync(join(here, "icons/favicon.svg")));

if (depfile) {
  const inputs = Object.keys(result.metafile.inputs).map((path) => resolve(here, path.replace(/^.*?:(?=\/)/, "")));
  const all = [...inputs, "icons/icons.txt", "icons/favicon.svg", "build.mjs", "package-lock.json"];
  const paths = all.map((path) => resolve(here, path).replaceAll(" ", "\\ "));
  writeFileSync(depfile, `${join("web", "app.css")}: ${paths.join(" ")}\n`);
}
