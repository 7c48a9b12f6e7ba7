// SPDX-License-Identifier: GPL-3.0-or-later
// An OpenID provider on loopback for tests: oidc-provider with forms that a test can fill. Settings come from the environment
// (see start). Users: alice and bob, password secret. What happens to providers is made to happen by GET /rig/...:
//   /rig/down?on=1  /rig/skew?s=10800 (its clock)  /rig/end-access (access tokens)  /rig/revoke (all that was given)
import http from 'node:http';
import fs from 'node:fs';
import crypto from 'node:crypto';
import { Provider } from 'oidc-provider';

const { ISSUER, PORT, RS_CLIENT_ID, RS_CLIENT_SECRET, LOG } = process.env;
const num = (name, value) => Number(process.env[name] ?? value);
const users = { alice: 'secret', bob: 'secret' };
const log = (o) => fs.appendFileSync(LOG, JSON.stringify({ t: Date.now(), ...o }) + '\n');
const { privateKey } = crypto.generateKeyPairSync('rsa', { modulusLength: 2048 });
const jwk = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256', kid: 'rig' };
const device = 'urn:ietf:params:oauth:grant-type:device_code';
const state = { down: false, skew: 0 };

// What it gave, by kind, so that it can be taken back.
const kinds = new Map();
class Store {
  constructor(kind) {
    if (!kinds.has(kind)) kinds.set(kind, new Map());
    this.all = kinds.get(kind);
  }

  async upsert(id, payload, expiresIn) { this.all.set(id, { payload, until: expiresIn ? Date.now() + expiresIn * 1000 : Infinity }); }

  async find(id) {
    const e = this.all.get(id);
    return e && e.until > Date.now() ? e.payload : undefined;
  }

  async first(fits) { return [...this.all.values()].find((e) => e.until > Date.now() && fits(e.payload))?.payload; }

  async findByUserCode(code) { return this.first((p) => p.userCode === code); }

  async findByUid(uid) { return this.first((p) => p.uid === uid); }

  async consume(id) { const e = this.all.get(id); if (e) e.payload.consumed = Math.floor(Date.now() / 1000); }

  async destroy(id) { this.all.delete(id); }

  async revokeByGrantId(grantId) { for (const [id, e] of this.all) if (e.payload.grantId === grantId) this.all.delete(id); }
}

const provider = new Provider(ISSUER, {
  adapter: Store,
  jwks: { keys: [jwk] },
  cookies: { keys: ['rig'] },
  clients: [
    { // the mail reader: public, loopback redirect with any port (RFC 8252)
      client_id: 'mailreader', token_endpoint_auth_method: 'none', application_type: 'native',
      grant_types: ['authorization_code', 'refresh_token', device], response_types: ['code'],
      redirect_uris: ['http://127.0.0.1/', 'http://localhost/'],
    },
    { // the mail server: may only introspect
      client_id: RS_CLIENT_ID, client_secret: RS_CLIENT_SECRET, token_endpoint_auth_method: 'client_secret_basic',
      introspection_endpoint_auth_method: 'client_secret_basic', grant_types: [], response_types: [], redirect_uris: [],
    },
  ],
  scopes: ['openid', 'offline_access', 'email', 'mail'],
  claims: { openid: ['sub'], email: ['email', 'email_verified'] },
  findAccount: (ctx, id) => ({ accountId: id, claims: () => ({ sub: id, email: `${id}@localhost`, email_verified: true }) }),
  clientBasedCORS: () => false,
  pkce: { methods: ['S256'], required: () => true },
  features: {
    devInteractions: { enabled: false },
    deviceFlow: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    revocation: { enabled: true },
  },
  interactions: { url: (ctx, interaction) => `/login/${interaction.uid}` },
  // refresh tokens without the consent prompt that OpenID asks for with offline_access
  issueRefreshToken: async (ctx, client) => client.grantTypeAllowed('refresh_token'),
  rotateRefreshToken: true,
  loadExistingGrant: async (ctx) => {
    const { client, session, params } = ctx.oidc;
    const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope(params.scope || 'openid');
    await grant.save();
    return grant;
  },
  ttl: {
    AccessToken: () => num('ACCESS_TTL', 3600),
    RefreshToken: () => num('REFRESH_TTL', 86400),
    DeviceCode: () => num('DEVICE_TTL', 600),
    AuthorizationCode: () => 60,
    Grant: () => 86400, Session: () => 86400, IdToken: () => 3600, Interaction: () => 600,
  },
});
for (const ev of ['grant.success', 'grant.error', 'authorization.error', 'server_error']) {
  provider.on(ev, (ctx, err) => log({ ev, grant: ctx?.oidc?.params?.grant_type, err: err?.error, detail: err?.error_description ?? err?.message }));
}

const page = (res, code, body) => { res.writeHead(code, { 'content-type': 'text/html; charset=utf-8' }); res.end(`<!doctype html><title>rig</title>${body}\n`); };
const form = (why) => `<p>${why}</p><form method="post"><input name="login"><input name="password" type="password"><button>Sign in</button></form>`
  + '<p>Or <form method="post"><input type="hidden" name="deny" value="1"><button>Refuse</button></form>';

async function login(req, res) {
  const { params, prompt } = await provider.interactionDetails(req, res);
  if (req.method === 'GET') {
    page(res, 200, form(`Sign in for ${params.client_id}, scope ${params.scope} (${prompt.name})`));
    return;
  }
  let body = '';
  for await (const chunk of req) body += chunk;
  const f = new URLSearchParams(body);
  if (f.get('deny')) {
    await provider.interactionFinished(req, res, { error: 'access_denied', error_description: 'End-User refused' }, { mergeWithLastSubmission: false });
  } else if (!Object.hasOwn(users, f.get('login')) || users[f.get('login')] !== f.get('password')) {
    page(res, 403, form('Wrong name or password'));
  } else {
    await provider.interactionFinished(req, res, { login: { accountId: f.get('login') }, consent: {} }, { mergeWithLastSubmission: false });
  }
}

function rig(url, res) {
  if (url.pathname === '/rig/down') state.down = url.searchParams.get('on') === '1';
  if (url.pathname === '/rig/skew') state.skew = Number(url.searchParams.get('s'));
  if (url.pathname === '/rig/end-access' || url.pathname === '/rig/revoke') kinds.get('AccessToken')?.clear();
  if (url.pathname === '/rig/revoke') kinds.get('RefreshToken')?.clear();
  page(res, 200, 'done');
}

const handler = provider.callback();
http.createServer(async (req, res) => {
  const url = new URL(req.url, ISSUER);
  try {
    if (url.pathname.startsWith('/rig/')) {
      rig(url, res);
      return;
    }
    log({ req: `${req.method} ${url.pathname}` });
    res.setHeader('Date', new Date(Date.now() + state.skew * 1000).toUTCString());
    if (state.down) page(res, 503, 'busy');
    else if (url.pathname.startsWith('/login/')) await login(req, res);
    else await handler(req, res);
  } catch (e) {
    log({ error: String(e) });
    if (!res.headersSent) page(res, 500, `<p>${String(e).replace(/</g, '&lt;')}</p>`);
  }
}).listen(Number(PORT), '127.0.0.1');
