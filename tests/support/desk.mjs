// SPDX-License-Identifier: GPL-3.0-or-later
//
// What people do on the pages, as steps: signing in, answering a ticket.
import { forms } from './http.mjs';

// person: { email, password }. Fails unless the desk lets them in.
export async function signIn(visitor, person) {
  const page = await visitor.get('/sign-in');
  const form = forms(page.text).find((one) => 'password' in one.fields);
  if (!form) throw new Error(`there is no sign-in form: ${page.status} ${page.text.slice(0, 500)}`);
  const name = Object.keys(form.fields).find((field) => /mail|user|name/.test(field));
  const answer = await visitor.submit(page, form.action, {
    [name]: person.email,
    password: person.password,
  });
  if (answer.status !== 303) throw new Error(`signing in was answered with ${answer.status}`);
  return answer;
}

// An agent's public answer by the composer of the ticket's page. Returns the server's own answer.
export async function answerForm(visitor, ticket, text, fields = {}) {
  const page = await visitor.get(`/tickets/${ticket}`);
  const composer = forms(page.text).find((one) => one.method === 'POST' && 'body' in one.fields);
  if (!composer) throw new Error(`there is no composer on the page: ${page.status}`);
  return visitor.submit(page, composer.action, { body: text, ...fields });
}
