import { describe, expect, it } from 'vitest';
import { ConfigError, readConfig } from './config.js';

const ISSUER = 'https://login.example.com/realms/acme';
const RIGHT = { CASTELLAN_OIDC_ISSUER: ISSUER, CASTELLAN_OIDC_AUDIENCE: 'castellan' };

const faultOf = (environment: Record<string, string>): string => {
  try {
    readConfig(environment);
    return 'none';
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
    return (error as Error).message;
  }
};

describe('the settings of an identity provider', () => {
  it('are none unless there is an issuer', () => {
    expect(readConfig({}).identityProvider).toBeUndefined();
    expect(readConfig({ CASTELLAN_OIDC_ISSUER: '' }).identityProvider).toBeUndefined();
  });

  it('take the issuer to the letter, and name algorithms and the claim where they are not told', () => {
    for (const issuer of [ISSUER, `${ISSUER}/`, 'http://localhost:8080/auth', 'http://127.0.0.1:9000']) {
      expect(readConfig({ ...RIGHT, CASTELLAN_OIDC_ISSUER: issuer }).identityProvider).toEqual({
        issuer,
        audience: 'castellan',
        jwksUrl: undefined,
        algorithms: ['RS256', 'ES256', 'EdDSA'],
        subjectClaim: 'sub',
        groups: undefined,
      });
    }
  });

  it('are taken as they are told', () => {
    const provider = readConfig({
      ...RIGHT,
      CASTELLAN_OIDC_JWKS_URL: 'https://keys.example.com/jwks',
      CASTELLAN_OIDC_ALGORITHMS: 'PS256, ES384',
      CASTELLAN_OIDC_SUBJECT_CLAIM: 'uid',
      CASTELLAN_OIDC_GROUPS_CLAIM: 'roles',
      CASTELLAN_OIDC_GROUPS: 'staff, editors',
    }).identityProvider;
    expect(provider).toMatchObject({
      algorithms: ['PS256', 'ES384'],
      subjectClaim: 'uid',
      groups: { claim: 'roles', open: ['staff', 'editors'] },
    });
    expect(provider?.jwksUrl?.href).toBe('https://keys.example.com/jwks');
  });

  it.each([
    ['CASTELLAN_OIDC_ISSUER', 'http://login.example.com'],
    ['CASTELLAN_OIDC_ISSUER', 'http://127.0.0.1.example.com'],
    ['CASTELLAN_OIDC_ISSUER', 'http://localhost@example.com'],
    ['CASTELLAN_OIDC_ISSUER', 'https://somebody:secret@example.com'],
    ['CASTELLAN_OIDC_ISSUER', 'login.example.com'],
    ['CASTELLAN_OIDC_ISSUER', 'file:///etc/passwd'],
    ['CASTELLAN_OIDC_ISSUER', `${ISSUER}?realm=acme`],
    ['CASTELLAN_OIDC_ISSUER', `${ISSUER}#here`],
    ['CASTELLAN_OIDC_JWKS_URL', 'http://keys.example.com/jwks'],
    ['CASTELLAN_OIDC_JWKS_URL', 'keys'],
    ['CASTELLAN_OIDC_ALGORITHMS', 'none'],
    ['CASTELLAN_OIDC_ALGORITHMS', 'HS256'],
    ['CASTELLAN_OIDC_ALGORITHMS', 'RS256,HS256'],
    ['CASTELLAN_OIDC_ALGORITHMS', 'RS256,none'],
    ['CASTELLAN_OIDC_ALGORITHMS', 'RS256,'],
    ['CASTELLAN_OIDC_ALGORITHMS', 'rs256'],
    ['CASTELLAN_OIDC_GROUPS', 'staff,authenticated'],
    ['CASTELLAN_OIDC_GROUPS', 'anyone'],
    ['CASTELLAN_OIDC_GROUPS', 'staff,,editors'],
  ])('refuse %s=%s, naming it', (name, value) => {
    const more = name === 'CASTELLAN_OIDC_GROUPS' ? { CASTELLAN_OIDC_GROUPS_CLAIM: 'groups' } : {};
    expect(faultOf({ ...RIGHT, ...more, [name]: value })).toContain(`  ${name}`);
  });

  it.each([
    [{ CASTELLAN_OIDC_ISSUER: ISSUER }, 'CASTELLAN_OIDC_AUDIENCE: is needed with CASTELLAN_OIDC_ISSUER'],
    [{ CASTELLAN_OIDC_AUDIENCE: 'castellan' }, 'CASTELLAN_OIDC_ISSUER: is needed with CASTELLAN_OIDC_AUDIENCE'],
    [{ CASTELLAN_OIDC_JWKS_URL: 'https://example.com/k' }, 'CASTELLAN_OIDC_ISSUER: is needed with'],
    [{ ...RIGHT, CASTELLAN_OIDC_GROUPS_CLAIM: 'groups' }, 'CASTELLAN_OIDC_GROUPS: is needed with'],
    [{ ...RIGHT, CASTELLAN_OIDC_GROUPS: 'staff' }, 'CASTELLAN_OIDC_GROUPS_CLAIM: is needed with'],
  ])('refuse %j, of which a part is missing', (environment, fault) => {
    expect(faultOf(environment)).toContain(fault);
  });
});
