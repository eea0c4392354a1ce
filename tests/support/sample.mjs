// SPDX-License-Identifier: GPL-3.0-or-later
//
// The sample desk as a server under test, and signing in to it with a real browser.
import { startServer } from './server.mjs';

// Returns { server, places }: places.ticket is a ticket with an internal note and several comments,
// places.requester the requester's mail address, places.request the same ticket on the portal.
export async function sampleDesk(options = {}) {
  const server = await startServer({ before: (one) => one.run('sample'), ...options });
  const api = await server.api();
  const tickets = await api.all('/api/v2/tickets.json?per_page=100', 'tickets');
  let best = { score: -1 };
  for (const ticket of tickets.filter((one) => one.status === 'open' || one.status === 'pending')) {
    const comments = await api.all(`/api/v2/tickets/${ticket.id}/comments.json`, 'comments');
    const notes = comments.filter((one) => !one.public).length;
    const score = (notes > 0 ? 10 : 0) + Math.min(comments.length, 4);
    if (score > best.score) best = { score, ticket };
  }
  const [first] = await api.all(`/api/v2/tickets/${best.ticket.id}/comments.json`, 'comments');
  const { user } = (await api.get(`/api/v2/users/${best.ticket.requester_id}.json`)).json;
  api.close();
  return {
    server,
    places: {
      ticket: `/tickets/${best.ticket.id}`,
      request: `/requests/${best.ticket.id}`,
      comment: first.id,
      requester: user.email,
      person: `/people/${user.id}`,
    },
  };
}

export async function signInAs(page, { email, password }) {
  await page.goto('/sign-in');
  await page.getByLabel('Mail address').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'));
}

// By the link that a mail brings: sink is a mail server of support/smtp-sink.mjs, or anything with
// wait(match) that gives parsed mails.
export async function signInByLink(page, email, waitForMail) {
  await page.goto('/sign-in?next=/requests');
  await page.getByLabel('Mail address').fill(email);
  await page.getByRole('button', { name: /Mail me a link/ }).click();
  const mail = await waitForMail((one) => /\/sign-in\/link\?token=/.test(one.text ?? ''));
  await page.goto(mail.text.match(/\/sign-in\/link\?token=[\w-]+/)[0]);
  await page.getByRole('button', { name: 'Sign in', exact: true }).click();
  await page.waitForURL(/\/requests/);
}
