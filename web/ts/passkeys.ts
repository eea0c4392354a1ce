// SPDX-License-Identifier: GPL-3.0-or-later
//
// <form data-passkey="create|get"> asks the browser for a passkey when it is sent, and sends its
// answer. Without scripts, or in a browser without passkeys, the form stays hidden.
import { once, type Root } from "./page";

type Bytes = Uint8Array<ArrayBuffer>;

function decode(text: string): Bytes {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (c) => c.charCodeAt(0));
}

function encode(bytes: ArrayBuffer): string {
  return btoa(String.fromCharCode(...new Uint8Array(bytes))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

function known(form: HTMLFormElement): PublicKeyCredentialDescriptor[] {
  const ids = (form.dataset["credentials"] ?? "").split(" ").filter((id) => id !== "");
  return ids.map((id) => ({ type: "public-key", id: decode(id) }));
}

function fill(form: HTMLFormElement, values: Record<string, string>): void {
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements.namedItem(name);
    if (field instanceof HTMLInputElement) field.value = value;
  }
}

async function create(form: HTMLFormElement): Promise<void> {
  const data = form.dataset;
  const made = (await navigator.credentials.create({
    publicKey: {
      challenge: decode(data["challenge"] ?? ""),
      rp: { id: data["rp"] ?? "", name: data["rpName"] ?? "" },
      user: { id: decode(data["user"] ?? ""), name: data["userName"] ?? "", displayName: data["userName"] ?? "" },
      pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: "public-key", alg })),
      excludeCredentials: known(form),
      authenticatorSelection: { residentKey: "preferred", userVerification: "preferred" },
      attestation: "none",
    },
  })) as PublicKeyCredential;
  const answer = made.response as AuthenticatorAttestationResponse;
  const key = answer.getPublicKey();
  if (!key) throw new Error("no key");
  fill(form, { credential: encode(made.rawId), client: encode(answer.clientDataJSON), authenticator: encode(answer.getAuthenticatorData()), key: encode(key) });
}

async function get(form: HTMLFormElement): Promise<void> {
  const data = form.dataset;
  const alone = data["credentials"] === undefined;
  const found = (await navigator.credentials.get({
    publicKey: { challenge: decode(data["challenge"] ?? ""), rpId: data["rp"] ?? "", allowCredentials: known(form), userVerification: alone ? "required" : "preferred" },
  })) as PublicKeyCredential;
  const answer = found.response as AuthenticatorAssertionResponse;
  fill(form, { credential: encode(found.rawId), client: encode(answer.clientDataJSON), authenticator: encode(answer.authenticatorData), signature: encode(answer.signature) });
}

export function start(root: Root): void {
  if (!("PublicKeyCredential" in window)) return;
  once<HTMLFormElement>(root, "form[data-passkey]", "passkey", (form) => {
    const problem = form.querySelector<HTMLElement>(".field-error");
    form.hidden = false;
    form.parentElement?.querySelector("[data-passkey-plain]")?.remove();
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      if (problem) problem.hidden = true;
      (form.dataset["passkey"] === "create" ? create(form) : get(form))
        .then(() => form.submit())
        .catch(() => {
          if (problem) problem.hidden = false;
        });
    });
  });
}
