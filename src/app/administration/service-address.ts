import { readFile } from 'node:fs/promises';
import { isIPv4 } from 'node:net';
import { CastellanClient } from '../../client/castellan-client.js';
import { CastellanError } from '../../core/errors.js';
import type { Config } from '../config.js';
import type { ServiceConnection } from './service-administration.js';

/** Where a service is, and what signs in to it: options of a command, over the settings. */
export interface ServiceOptions {
  readonly url?: string | undefined;
  /** A file that holds the token and nothing else. */
  readonly tokenFile?: string | undefined;
  /** Sends the token over a connection that others can read. */
  readonly insecure?: boolean | undefined;
  readonly waitMs: number;
}

/** The service that the command is to work on; undefined for the database. */
export function serviceUrl(config: Config, { url }: ServiceOptions): string | undefined {
  return url ?? config.serviceUrl;
}

/**
 * Connects to the service, as whoever the token signs in.
 *
 * @throws CastellanError `invalid_request` where there is no token, or where it would be sent for others to read.
 */
export async function connect(url: string, config: Config, options: ServiceOptions): Promise<ServiceConnection> {
  if (!URL.canParse(url)) throw wrong('--url must be an absolute URL, such as https://auth.example.com.');
  requirePrivate(new URL(url), options.insecure === true);
  const token = options.tokenFile === undefined ? config.serviceToken : await tokenIn(options.tokenFile);
  if (token === undefined)
    throw wrong(
      `A service asks who comes: set CASTELLAN_TOKEN, or name a file that holds the token with --token-file.`,
    );
  let lastStatus = 0;
  const fetch = async (address: string, init: RequestInit): Promise<Response> => {
    const response = await globalThis.fetch(address, init);
    lastStatus = response.status;
    return response;
  };
  try {
    const client = new CastellanClient({ url, token, timeout: options.waitMs, fetch });
    return { client, lastStatus: () => lastStatus };
  } catch (error) {
    // Its message holds no credential.
    if (error instanceof TypeError) throw wrong(`--url, or the token, can not be used: ${error.message}.`);
    throw error;
  }
}

function requirePrivate({ protocol, hostname }: URL, insecure: boolean): void {
  if (protocol === 'https:' || insecure || isLoopback(hostname)) return;
  throw wrong(
    'A token that is sent over http can be read on the way, and used by others: use https, or --insecure where you know the network.',
  );
}

// Names are looked up by somebody: of those only the one that never leaves the machine.
function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || (isIPv4(hostname) && hostname.startsWith('127.'));
}

async function tokenIn(file: string): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw wrong(`--token-file: ${file} can not be read: ${error.code ?? 'it failed'}.`);
  });
  const token = text.trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw wrong(`--token-file: ${file} must hold a token and nothing else.`);
  return token;
}

function wrong(message: string): CastellanError {
  return new CastellanError('invalid_request', message);
}
