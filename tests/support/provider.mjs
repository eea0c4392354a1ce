// SPDX-License-Identifier: GPL-3.0-or-later
//
// A provider that signs people in, and grants access to mailboxes, by OAuth: node-oidc-provider, a certified server, which
// asks for PKCE and gives a new refresh token with each use. startProvider({ redirect }) answers with
// { url, authorize, token, check, visit(url), asked }: check is where Dovecot looks tokens up; visit is
// a person who signs in there and agrees, and returns the address that they are sent back to.
import http from 'node:http';
import Provider from 'oidc-provider';
import { Visitor } from './http.mjs';
import { freePort } from './wait.mjs';

// claims(login) is what it says of a person beside their number, which is the login; it may change.
export async function startProvider({ redirect, client = 'steward', secret = 'client secret', auth = 'client_secret_post', claims = () => ({}) }) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const provider = new Provider(url, {
    clients: [{
      client_id: client, client_secret: secret, redirect_uris: [redirect], response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: auth,
    }],
    cookies: { keys: ['a key for the cookies of a test'] },
    pkce: { required: () => true, methods: ['S256'] },
    rotateRefreshToken: () => true,
    findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, ...claims(id) }) }),
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'locale'] },
    ttl: { AccessToken: 3600, AuthorizationCode: 60, Grant: 86400, IdToken: 3600, Interaction: 3600, RefreshToken: 86400, Session: 86400 },
  });
  const asked = [];
  const handle = provider.callback();
  const server = http.createServer(async (req, res) => {
    const at = new URL(req.url, url);
    if (at.pathname === '/check') {
      const found = await provider.AccessToken.find(at.searchParams.get('token') ?? '');
      res.writeHead(found ? 200 : 401, { 'content-type': 'application/json' });
      res.end(JSON.stringify(found ? { username: found.accountId, active: true } : { error: 'invalid_token' }));
      return;
    }
    handle(req, res);
  });
  provider.on('grant.success', (ctx) => asked.push(ctx.oidc.params.grant_type));
  provider.on('grant.error', (ctx, error) => asked.push(`${ctx.oidc.params?.grant_type}: ${error.error} ${error.error_detail ?? ''}`));
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));

  // Signs in as that person and agrees to all; agree false: turns back.
  async function visit(address, login, agree = true) {
    const visitor = new Visitor(url);
    const follow = async (answer) => {
      let now = answer;
      while (now.location) {
        const to = new URL(now.location, url);
        if (to.origin !== url) return { ...now, left: to.href };
        now = await visitor.send(to);
      }
      return now;
    };
    try {
      let page = await follow(await visitor.send(address));
      for (let steps = 0; !page.left && steps < 4; steps++) {
        const abort = page.text.match(/href="([^"]*\/abort)"/);
        page = !agree && abort
          ? await follow(await visitor.send(abort[1]))
          : await follow(await visitor.submit(page, /\/interaction\//, page.text.includes('name="login"') ? { login, password: 'x' } : {}));
      }
      if (!page.left) throw new Error(`the provider does not send back: ${page.status} ${page.text.slice(0, 500)}`);
      return page.left;
    } finally {
      visitor.close();
    }
  }

  return {
    url, asked, visit, provider, authorize: `${url}/auth`, token: `${url}/token`, check: `${url}/check?token=`,
    stop: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}
