import { isIPv4, isIPv6 } from 'node:net';
import type { SignInOrigin, SignInWay } from '../core/ports/sign-in-attempts.js';
import { requestIdOf, type AuthorizableRequest } from '../nest/authorized-request.js';

// All that can't be told apart is counted as one, so that nobody gains by being unreadable.
const UNKNOWN = 'unknown';
const GROUPS = 8;
// Whoever has one address of IPv6 has the whole /64.
const NETWORK_GROUPS = 4;

/** The part of a request that says where it came from. */
export interface SignInRequest extends AuthorizableRequest {
  /** The address of the client: of whoever is connected, or of whom a trusted proxy names. */
  readonly ip?: string | undefined;
}

/** Whence the request tries a password. */
export function originOf(request: SignInRequest, way: SignInWay): SignInOrigin {
  const address = plainAddress(request.ip ?? '');
  return { address, network: networkOf(address), way, requestId: requestIdOf(request) };
}

/** The address in one spelling: IPv4 that is mapped into IPv6 as IPv4, without a port or a zone. */
export function plainAddress(text: string): string {
  const [, bracketed, , withPort] = /^\[([^\]]*)\](:\d+)?$|^([\d.]+):\d+$/.exec(text) ?? [];
  const address = (bracketed ?? withPort ?? text).replace(/%.*$/s, '');
  if (isIPv4(address)) return address;
  if (!isIPv6(address)) return UNKNOWN;
  const groups = groupsOf(address);
  const mapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff;
  if (!mapped) return spelled(groups);
  const [high = 0, low = 0] = groups.slice(6);
  return [high >> 8, high & 0xff, low >> 8, low & 0xff].join('.');
}

/** What tries from the address are counted under: an address of IPv4 by itself, those of IPv6 by their /64. */
export function networkOf(address: string): string {
  const plain = plainAddress(address);
  if (!isIPv6(plain)) return plain;
  return `${spelled([...groupsOf(plain).slice(0, NETWORK_GROUPS), 0, 0, 0, 0])}/64`;
}

// A URL spells an address of IPv6 in the one way of RFC 5952.
function spelled(groups: readonly number[]): string {
  const text = groups.map((group) => group.toString(16)).join(':');
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

function groupsOf(address: string): number[] {
  const [head = '', tail] = new URL(`http://[${address}]`).hostname.slice(1, -1).split('::');
  const read = (part: string): number[] =>
    part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16));
  const [first, last] = [read(head), read(tail ?? '')];
  return [...first, ...Array.from({ length: GROUPS - first.length - last.length }, () => 0), ...last];
}
