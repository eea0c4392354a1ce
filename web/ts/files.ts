// SPDX-License-Identifier: GPL-3.0-or-later
//
// Files by choosing, dropping and pasting. They all end in the form's own <input type="file">, so
// the form sends them as it would without scripts; large ones with a bar that shows how far it is.
import { draftKey } from "./drafts";

const LARGE = 500_000; // bytes; below, sending takes no time worth a bar

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

function complain(form: HTMLFormElement, alert: Element): void {
  form.querySelectorAll(":scope > .alert").forEach((old) => old.remove());
  form.prepend(alert);
  alert.scrollIntoView({ block: "nearest" });
}

function brokenAlert(): Element {
  const alert = document.createElement("div");
  alert.className = "alert";
  alert.setAttribute("role", "alert");
  alert.textContent = "The connection broke before all was sent. Nothing is lost; please send again.";
  return alert;
}

// Where the answer says why it was refused, that is shown above what was written; otherwise the page
// goes where the answer leads.
function arrived(form: HTMLFormElement, request: XMLHttpRequest): void {
  const page = new DOMParser().parseFromString(request.responseText, "text/html");
  const alert = page.querySelector('.alert[role="alert"], main h1 + p');
  if (request.status < 400) {
    localStorage.removeItem(draftKey(form));
    location.assign(request.responseURL);
  } else {
    complain(form, alert ? document.importNode(alert, true) : brokenAlert());
  }
}

// Large files take a while: they are sent beside the page, so that it can show how far it is.
function sendWithProgress(form: HTMLFormElement, submitter: HTMLElement | null): void {
  const bar = document.createElement("progress");
  const request = new XMLHttpRequest();
  const buttons = [...form.querySelectorAll<HTMLButtonElement>(".composer-send button")];
  const end = () => {
    bar.remove();
    buttons.forEach((button) => (button.disabled = false));
  };
  const data = new FormData(form, submitter);
  buttons.forEach((button) => (button.disabled = true));
  bar.setAttribute("aria-label", "Sending");
  form.append(bar);
  request.upload.addEventListener("progress", ({ loaded, total }) => {
    bar.max = total;
    bar.value = loaded;
  });
  request.addEventListener("loadend", end);
  request.addEventListener("load", () => arrived(form, request));
  request.addEventListener("error", () => complain(form, brokenAlert()));
  request.open("POST", form.action);
  request.send(data);
}

export function startFiles(form: HTMLFormElement): void {
  const input = form.querySelector<HTMLInputElement>("input[type=file]");
  if (!input) return;
  const list = form.querySelector<HTMLElement>(".composer-files:not(.composer-kept)") ?? document.createElement("ul");
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
  form.addEventListener("submit", (event) => {
    if (event.defaultPrevented || files.reduce((sum, file) => sum + file.size, 0) < LARGE) return;
    event.preventDefault();
    sendWithProgress(form, event.submitter);
  });
}
