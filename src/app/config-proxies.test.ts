import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.js';

const proxies = (value: string): readonly string[] => readConfig({ CASTELLAN_TRUSTED_PROXIES: value }).trustedProxies;

describe('CASTELLAN_TRUSTED_PROXIES', () => {
  it.each([
    ['', []],
    ['10.0.0.5', ['10.0.0.5']],
    ['10.0.0.0/8, 2001:db8::/32,::1', ['10.0.0.0/8', '2001:db8::/32', '::1']],
    [' , 192.168.1.1/32 , ', ['192.168.1.1/32']],
  ])('takes %j', (value, entries) => {
    expect(proxies(value)).toEqual(entries);
  });

  it('names nobody by default', () => {
    expect(readConfig({}).trustedProxies).toEqual([]);
  });

  it.each([
    'true',
    '1',
    'proxy.example',
    '10.0.0.0/33',
    '2001:db8::/129',
    '10.0.0/8',
    'fe80::1%eth0',
    '10.0.0.0/8/8',
    '10.0.0.0/',
  ])('refuses %j', (value) => {
    expect(() => proxies(value)).toThrow(ConfigError);
    expect(() => proxies(`127.0.0.1,${value}`)).toThrow(`CASTELLAN_TRUSTED_PROXIES: ${JSON.stringify(value)} must be`);
  });

  it.each(['0.0.0.0/0', '::/0', '10.0.0.0/0', '10.0.0.0/00'])('refuses %j, which would be everybody', (value) => {
    expect(() => proxies(value)).toThrow('would trust everybody');
  });
});
