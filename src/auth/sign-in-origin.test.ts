import { describe, expect, it } from 'vitest';
import { networkOf, originOf, plainAddress } from './sign-in-origin.js';

describe('the address of a client', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['0:0:0:0:0:ffff:192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:4711', '192.0.2.7'],
    ['[2001:db8::1]:4711', '2001:db8::1'],
    ['[2001:db8::1]', '2001:db8::1'],
    ['2001:0DB8:0:0::0001', '2001:db8::1'],
    ['fe80::1%eth0', 'fe80::1'],
    ['::1', '::1'],
    ['', 'unknown'],
    ['not an address', 'unknown'],
    ['192.0.2.7, 192.0.2.8', 'unknown'],
    ['1.2.3.4.5', 'unknown'],
  ])('%j is told as %s', (text, address) => {
    expect(plainAddress(text)).toBe(address);
  });

  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8:1:2:ffff:ffff:ffff:ffff', '2001:db8:1:2::/64'],
    ['2001:db8:1:3::1', '2001:db8:1:3::/64'],
    ['::1', '::/64'],
    ['gibberish', 'unknown'],
  ])('%j is counted under %s', (text, network) => {
    expect(networkOf(text)).toBe(network);
  });

  it('comes from the server, with the way and the id of the request', () => {
    const request = { method: 'POST', id: 'r-1', ip: '2001:db8::1', headers: { 'x-forwarded-for': '192.0.2.1' } };
    expect(originOf(request, 'session')).toEqual({
      address: '2001:db8::1',
      network: '2001:db8::/64',
      way: 'session',
      requestId: 'r-1',
    });
  });
});
