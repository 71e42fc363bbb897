// The page of /docs: shows openapi.json, and lets requests be tried.
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS']);
const SIGN_IN = '/api/v1/auth/login';

window.SwaggerUIBundle({
  dom_id: '#description',
  url: 'openapi.json',
  deepLinking: true,
  displayRequestDuration: true,
  persistAuthorization: false,
  // It would be asked of a server elsewhere.
  validatorUrl: null,
  requestInterceptor: withCsrfToken,
});

// The cookie of a session goes along by itself; its token is asked for each time, and kept nowhere.
async function withCsrfToken(request) {
  const method = (request.method ?? 'GET').toUpperCase();
  const isSignIn = new URL(request.url, document.baseURI).pathname.endsWith(SIGN_IN);
  if (SAFE.has(method) || isSignIn || hasHeader(request, 'authorization') || hasHeader(request, 'x-csrf-token'))
    return request;
  const answer = await fetch('api/v1/auth/me', { credentials: 'same-origin' });
  const { csrfToken = null } = answer.ok ? await answer.json() : {};
  if (csrfToken !== null) request.headers = { ...request.headers, 'X-CSRF-Token': csrfToken };
  return request;
}

function hasHeader({ headers = {} }, name) {
  return Object.keys(headers).some((each) => each.toLowerCase() === name);
}
