// An identity provider on this machine: one key, which it shows, and a token that it has signed.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';

const AUDIENCE = 'bench';
const ALGORITHM = 'ES256';

/** Runs the work while the provider is there: its settings, as the service takes them, and a token for the user. */
export async function withIdentityProvider(user, work) {
  const { publicKey, privateKey } = await generateKeyPair(ALGORITHM);
  const key = { ...(await exportJWK(publicKey)), kid: 'bench', alg: ALGORITHM, use: 'sig' };
  const server = createServer((_request, response) => {
    response.setHeader('Content-Type', 'application/json');
    response.end(JSON.stringify({ keys: [key] }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const issuer = `http://127.0.0.1:${server.address().port}`;
  const token = await new SignJWT()
    .setProtectedHeader({ alg: ALGORITHM, kid: key.kid })
    .setIssuer(issuer)
    .setAudience(AUDIENCE)
    .setSubject(user)
    .setIssuedAt()
    .setExpirationTime('12h')
    .sign(privateKey);
  try {
    return await work({
      options: { issuer, audience: AUDIENCE, algorithms: [ALGORITHM], subjectClaim: 'sub' },
      jwksUrl: `${issuer}/keys`,
      token,
    });
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
