// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files by choosing, dropping and pasting. They all end in the form's own <input type="file">, so
// the form sends them as it would without scripts; while it does, a bar shows how far it is.

function sizeText(bytes: number): string {
  const units = ["bytes", "kB", "MB", "GB"];
  let unit = 0;
  let size = bytes;
  while (size >= 1000 && unit + 1 < units.length) {
    size /= 1000;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${units[unit]}`;
}

function fileItem(file: File, remove: () => void): HTMLElement {
  const item = document.createElement("li");
  item.className = "file";
  const name = document.createElement("span");
  name.textContent = file.name;
  const size = document.createElement("span");
  size.className = "fine";
  size.textContent = sizeText(file.size);
  const button = document.createElement("button");
  button.type = "button";
  button.className = "button-quiet";
  button.textContent = "×";
  button.setAttribute("aria-label", `Remove ${file.name}`);
  button.addEventListener("click", remove);
  item.append(name, size, button);
  return item;
}

function showProgress(form: HTMLFormElement): void {
  const bar = document.createElement("progress");
  bar.max = 1;
  form.addEventListener("htmx:xhr:progress", (event) => {
    const { loaded, total } = (event as CustomEvent<{ loaded: number; total: number }>).detail;
    if (total > 200_000) {
      bar.value = loaded / total;
      if (!bar.isConnected) form.append(bar);
    }
  });
  form.addEventListener("htmx:afterRequest", () => bar.remove());
}

export function startFiles(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>("input[type=file]");
  if (!input) return;
  const list = form.querySelector<HTMLElement>(".composer-files") ?? document.createElement("ul");
  list.className = "composer-files";
  if (!list.isConnected) input.after(list);
  let files: File[] = [];
  const show = () => {
    const all = new DataTransfer();
    files.forEach((file) => all.items.add(file));
    input.files = all.files;
    list.replaceChildren(...files.map((file) => fileItem(file, () => {
      files = files.filter((other) => other !== file);
      show();
    })));
  };
  const add = (more: Iterable<File>) => {
    files = [...files, ...more];
    show();
  };
  input.addEventListener("change", () => add([...(input.files ?? [])].filter((file) => !files.includes(file))));
  form.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) {
      event.preventDefault();
      add(event.clipboardData.files);
    }
  }, true);
  form.addEventListener("dragover", (event) => {
    if (event.dataTransfer?.types.includes("Files")) {
      event.preventDefault();
      form.classList.add("composer-dropping");
    }
  });
  form.addEventListener("dragleave", () => form.classList.remove("composer-dropping"));
  form.addEventListener("drop", (event) => {
    form.classList.remove("composer-dropping");
    if (event.dataTransfer?.files.length) {
      event.preventDefault();
      event.stopPropagation();
      add(event.dataTransfer.files);
    }
  }, true);
  showProgress(form);
}
