import { isProtected } from './provider-options.js';

const MOST_BYTES = 256 * 1024;
const DISCOVERY_PATH = '/.well-known/openid-configuration';

/** The identity provider did not answer, or not as it must; what it sent is not told. */
export class ProviderAnswerError extends Error {
  override readonly name = 'ProviderAnswerError';
}

/**
 * Gets a JSON object. No redirect is followed: keys come from where the settings say, or from nowhere.
 *
 * @throws ProviderAnswerError for any other answer, and once the signal says so.
 */
export async function getJsonObject(url: URL, signal: AbortSignal): Promise<Record<string, unknown>> {
  try {
    const answer = await fetch(url, { redirect: 'error', signal, headers: { accept: 'application/json' } });
    const { ok, status, body } = answer;
    if (!ok || !body) {
      await body?.cancel();
      throw new ProviderAnswerError(`${url.href} answered ${status}.`);
    }
    const value: unknown = JSON.parse(await textOf(body, url));
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
    throw new ProviderAnswerError(`${url.href} answered no JSON object.`);
  } catch (error) {
    if (error instanceof ProviderAnswerError) throw error;
    throw new ProviderAnswerError(`${url.href} could not be read.`, { cause: error });
  }
}

async function textOf(body: ReadableStream<Uint8Array>, url: URL): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of body) {
    bytes += part.byteLength;
    if (bytes > MOST_BYTES) throw new ProviderAnswerError(`${url.href} answered more than ${MOST_BYTES} bytes.`);
    parts.push(part);
  }
  return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts));
}

/**
 * Where the issuer says that its keys are.
 *
 * @throws ProviderAnswerError as `getJsonObject`, and where the document is another issuer's.
 * @see https://openid.net/specs/openid-connect-discovery-1_0.html#ProviderConfig
 */
export async function discoverJwksUrl(issuer: string, signal: AbortSignal): Promise<URL> {
  const document = await getJsonObject(new URL(`${issuer.replace(/\/$/, '')}${DISCOVERY_PATH}`), signal);
  if (document['issuer'] !== issuer)
    throw new ProviderAnswerError(`The discovery document of ${issuer} names another issuer.`);
  const { jwks_uri: text } = document;
  const url = typeof text === 'string' && URL.canParse(text) ? new URL(text) : null;
  if (url && isProtected(url)) return url;
  throw new ProviderAnswerError(`The discovery document of ${issuer} names no jwks_uri that could be used.`);
}
