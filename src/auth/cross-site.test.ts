import { describe, expect, it } from 'vitest';
import { requireSameSite } from './cross-site.js';

type Headers = Record<string, string | string[]>;

function verdict(headers: Headers, more: { method?: string; host?: string; publicUrl?: string } = {}): string {
  const { method = 'POST', host = 'castellan.example:3000', publicUrl } = more;
  try {
    requireSameSite({ method, host, headers }, publicUrl === undefined ? undefined : new URL(publicUrl));
    return 'passes';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

describe('an unsafe request', () => {
  it.each([
    ['says nothing of where it came from', {}],
    ['came from the same origin', { 'sec-fetch-site': 'same-origin', origin: 'http://castellan.example:3000' }],
    ['was typed in by the user', { 'sec-fetch-site': 'none' }],
    ['names its own origin', { origin: 'http://castellan.example:3000' }],
    ['names its own origin behind TLS', { origin: 'https://castellan.example:3000' }],
  ])('passes when it %s', (_, headers: Headers) => {
    expect(verdict(headers)).toBe('passes');
  });

  it.each([
    ['came from another site', { 'sec-fetch-site': 'cross-site' }],
    ['came from a neighbour of the same site', { 'sec-fetch-site': 'same-site' }],
    ['came from who knows where', { 'sec-fetch-site': 'elsewhere' }],
    ['says two things', { 'sec-fetch-site': ['same-origin', 'cross-site'] }],
    [
      'came from another site that names our origin',
      { 'sec-fetch-site': 'cross-site', origin: 'http://castellan.example:3000' },
    ],
    ['names another origin', { origin: 'https://evil.example' }],
    [
      'names another origin, whatever else it says',
      { origin: 'https://evil.example', 'sec-fetch-site': 'same-origin' },
    ],
    ['names another port', { origin: 'http://castellan.example:4000' }],
    ['names an origin that starts like ours', { origin: 'http://castellan.example:30000' }],
    ['names an origin that ends like ours', { origin: 'http://evil-castellan.example:3000' }],
    ['hides its origin', { origin: 'null' }],
    ['leaves its origin empty', { origin: '' }],
    ['names something that is no web page', { origin: 'chrome-extension://castellan.example:3000' }],
    ['names two origins', { origin: 'http://castellan.example:3000, https://evil.example' }],
  ])('is refused when it %s', (_, headers: Headers) => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'QUERY'])
      expect(verdict(headers, { method })).toBe('cross_site');
  });

  it('may leave out the port that its scheme implies', () => {
    expect(verdict({ origin: 'https://castellan.example' }, { host: 'castellan.example:443' })).toBe('passes');
    expect(verdict({ origin: 'https://castellan.example' }, { host: 'castellan.example' })).toBe('passes');
    expect(verdict({ origin: 'http://castellan.example' }, { host: 'castellan.example:443' })).toBe('cross_site');
  });

  it('is measured by the public URL where there is one, not by its Host', () => {
    const publicUrl = 'https://castellan.example/under/a/path';
    expect(verdict({ origin: 'https://castellan.example' }, { publicUrl, host: '10.0.0.7:3000' })).toBe('passes');
    expect(verdict({ origin: 'https://rebound.example' }, { publicUrl, host: 'rebound.example' })).toBe('cross_site');
    expect(verdict({ origin: 'http://castellan.example' }, { publicUrl, host: 'castellan.example' })).toBe(
      'cross_site',
    );
  });

  it('is refused when its Host can not be read', () => {
    expect(verdict({ origin: 'http://castellan.example' }, { host: '' })).toBe('cross_site');
    expect(verdict({ origin: 'http://castellan.example' }, { host: 'a b' })).toBe('cross_site');
  });
});

describe('a safe request', () => {
  it.each(['GET', 'HEAD', 'OPTIONS'])('passes by %s wherever it came from', (method) => {
    expect(verdict({ 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }, { method })).toBe('passes');
  });
});
