// What `bench/run.mjs` asks of the service, each beside the route that answers a constant.
import { document } from './fill.mjs';
import { request } from './load.mjs';

/** Of every user who signs in. */
export const PASSWORD = 'bench-password';

/** The header of a user of the benchmark. */
export const basic = (username) => ({
  Authorization: `Basic ${Buffer.from(`${username}:${PASSWORD}`).toString('base64')}`,
});

/** What the service is asked, and at how many connections; over a database of so many documents. */
export function scenarios({ session, token, jwt }, { documents, many }) {
  const evaluationOf = (user, id, headers = basic(user)) =>
    request({
      method: 'POST',
      path: '/access/v1/evaluation',
      headers,
      body: { subject: { type: 'user', id: user }, action: { name: 'view' }, resource: { type: 'document', id } },
    });
  const evaluation = (headers) => (n) => evaluationOf('u1', document(n * 7919, documents), headers);
  const body = {
    subject: { type: 'user', id: 'u1' },
    action: { name: 'view' },
    resource: { type: 'document', id: 'd1' },
  };
  const deep = evaluationOf('deep', 'deep');
  const constant = request({ method: 'POST', path: '/bench/constant', headers: basic('u1'), body });
  const page = (username, type = 'document') => {
    const bytes = request({ path: `/api/v1/objects/${type}?limit=50`, headers: basic(username) });
    return () => bytes;
  };
  // Never the same grant twice, also not after the warm-up: a repeat would write nothing.
  let granted = 0;
  const nextGrant = () => {
    const n = granted++;
    return request({
      method: 'POST',
      path: '/api/v1/grants',
      headers: basic('admin'),
      body: {
        subject: { type: 'user', id: `u${2 + (n % 8999)}` },
        permission: 'document:publish',
        object: { type: 'document', id: document(n, documents) },
      },
    });
  };
  return [
    { name: 'a constant (no sign-in, no database)', connections: many, next: () => constant },
    { name: 'evaluation, Basic', connections: many, next: evaluation(basic('u1')) },
    {
      name: 'evaluation, session',
      connections: many,
      next: evaluation({ Cookie: session.cookie, 'X-CSRF-Token': session.csrfToken }),
    },
    { name: 'evaluation, token', connections: many, next: evaluation({ Authorization: `Bearer ${token}` }) },
    { name: 'evaluation, JWT', connections: many, next: evaluation({ Authorization: `Bearer ${jwt}` }) },
    { name: 'evaluation through 5 groups, 5 roles and 10 ancestors', connections: many, next: () => deep },
    { name: 'a constant, one connection', connections: 1, next: () => constant },
    { name: 'evaluation, Basic, one connection', connections: 1, next: evaluation(basic('u1')) },
    { name: 'evaluation through 5 groups, 5 roles and 10 ancestors', connections: 1, next: () => deep },
    { name: 'page of 50 out of 200 granted', connections: 1, next: page('colleague') },
    { name: 'page of 50, everything by one rule', connections: 1, next: page('reader') },
    { name: 'page of 50, everything from one folder', connections: 1, next: page('heir', 'file') },
    { name: 'page of 3, all there is', connections: 1, next: page('guest') },
    { name: 'page of what a condition picks (one in fifty thousand)', connections: 1, next: page('collector') },
    { name: 'page of 50 out of 200 granted', connections: many, next: page('colleague') },
    { name: 'grant written', connections: 1, next: nextGrant, status: 201 },
    { name: 'grant written', connections: 16, next: nextGrant, status: 201 },
  ];
}
