import { CastellanError } from '../core/errors.js';
import { SAFE_VERBS } from '../nest/verb-actions.js';

/** The part of a request that says where it came from. */
export interface OriginatingRequest {
  readonly method: string;
  /** The host that the client addressed, with its port. */
  readonly host: string;
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
}

/**
 * Refuses an unsafe request that a browser sent for another site. Browsers add cookies and Basic credentials by themselves,
 * so it holds for both, and for the sign-in too; clients that are no browsers send neither of the headers.
 *
 * @throws CastellanError `cross_site`.
 * @see https://www.w3.org/TR/fetch-metadata/
 */
export function requireSameSite(request: OriginatingRequest, publicUrl: URL | undefined): void {
  if (SAFE_VERBS.has(request.method)) return;
  const site = request.headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') throw crossSite();
  const origin = request.headers['origin'];
  if (origin !== undefined && !isOwn(origin, request.host, publicUrl)) throw crossSite();
}

function isOwn(origin: string | readonly string[], host: string, publicUrl: URL | undefined): boolean {
  if (typeof origin !== 'string' || !URL.canParse(origin)) return false;
  const url = new URL(origin);
  if (publicUrl) return url.origin === publicUrl.origin;
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return false;
  // Whatever ends TLS in front of the service hides the scheme; the scheme says which port a bare host means.
  const own = `${url.protocol}//${host}`;
  return URL.canParse(own) && new URL(own).host === url.host;
}

function crossSite(): CastellanError {
  return new CastellanError(
    'cross_site',
    'Changes are only taken from pages of this service, or from clients that are no browsers.',
  );
}
