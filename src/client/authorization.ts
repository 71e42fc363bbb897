/** What a client shows for who it is. */
export interface Authorization {
  /** The value of the header. */
  readonly header: string;
  /** The text with everything that is secret taken out. */
  redact(text: string): string;
}

interface Credentials {
  readonly token?: string | undefined;
  readonly username?: string | undefined;
  readonly password?: string | undefined;
}

const TOKEN = /^[\u0021-\u007e]+$/;
// oxlint-disable-next-line no-control-regex -- finding control characters is the point
const CONTROL = /[\u0000-\u001f\u007f]/;

/**
 * The header of these credentials; null for none.
 *
 * @throws TypeError for some that no header can carry. What could not be sent is not told: the platform's own error would repeat it.
 */
export function authorizationOf({ token, username, password }: Credentials): Authorization | null {
  if (token !== undefined) {
    if (username !== undefined || password !== undefined)
      throw new TypeError('Give a token, or username and password: not both');
    if (typeof token !== 'string' || !TOKEN.test(token))
      throw new TypeError('token must be a text of visible ASCII characters');
    return { header: `Bearer ${token}`, redact: redacting([token]) };
  }
  if (username === undefined && password === undefined) return null;
  if (typeof username !== 'string' || typeof password !== 'string')
    throw new TypeError('username and password must both be texts');
  if (username === '' || username.includes(':') || CONTROL.test(username))
    throw new TypeError('username must not be empty, and must not hold ":" or control characters');
  if (CONTROL.test(password)) throw new TypeError('password must not hold control characters');
  const basic = base64(`${username}:${password}`);
  return { header: `Basic ${basic}`, redact: redacting([basic, password]) };
}

function redacting(secrets: readonly string[]): (text: string) => string {
  const telling = secrets.filter((secret) => secret !== '');
  return (text) => telling.reduce((rest, secret) => rest.replaceAll(secret, '[secret]'), text);
}

// btoa takes bytes, each as a character.
function base64(text: string): string {
  return btoa(Array.from(new TextEncoder().encode(text), (byte) => String.fromCodePoint(byte)).join(''));
}
