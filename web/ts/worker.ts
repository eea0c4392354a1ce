// SPDX-License-Identifier: GPL-3.0-or-later
//
// The service worker: shows news that come by push, and opens the ticket when one is pressed. It
// keeps no pages; the desk is not used without its server.
interface News {
  title?: string;
  body?: string;
  url?: string;
}

interface Waiting extends Event {
  waitUntil(work: Promise<unknown>): void;
}

interface Client {
  url: string;
  focus(): Promise<Client>;
  navigate(url: string): Promise<Client | null>;
}

interface Worker {
  addEventListener(type: string, listener: (event: never) => void): void;
  skipWaiting(): Promise<void>;
  clients: { claim(): Promise<void>; matchAll(options: object): Promise<Client[]>; openWindow(url: string): Promise<Client | null> };
  registration: { showNotification(title: string, options: object): Promise<void> };
  location: { origin: string };
}

const worker = self as unknown as Worker;

worker.addEventListener("install", (event: Waiting) => event.waitUntil(worker.skipWaiting()));
worker.addEventListener("activate", (event: Waiting) => event.waitUntil(worker.clients.claim()));

worker.addEventListener("push", (event: Waiting & { data: { json(): News } | null }) => {
  const news = event.data?.json() ?? {};
  const url = news.url ?? "/desk";
  event.waitUntil(worker.registration.showNotification(news.title ?? "", { body: news.body ?? "", tag: url, data: url }));
});

async function show(path: string): Promise<void> {
  const address = new URL(path, worker.location.origin);
  if (address.origin !== worker.location.origin) return;
  const pages = await worker.clients.matchAll({ type: "window" });
  const open = pages.find((page) => new URL(page.url).pathname === address.pathname);
  if (open) await open.focus();
  else await worker.clients.openWindow(address.href);
}

worker.addEventListener("notificationclick", (event: Waiting & { notification: { close(): void; data: string } }) => {
  event.notification.close();
  event.waitUntil(show(event.notification.data));
});

export {};
