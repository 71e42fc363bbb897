import { z } from 'zod';
import {
  isProtected,
  SIGNATURE_ALGORITHMS,
  type IdentityProviderOptions,
} from '../auth/identity-provider/provider-options.js';
import { isBuiltInGroup } from '../core/built-ins.js';
import { faultOfId } from '../core/identifiers.js';

const listOf = <Item>(item: z.ZodType<Item, string>) =>
  z
    .string()
    .transform((text) => text.split(',').map((part) => part.trim()))
    .pipe(z.array(item).min(1));

const protectedUrl = z
  .string()
  .refine(
    (text) => URL.canParse(text) && isProtected(new URL(text)),
    'must be an https URL; http only on localhost or 127.0.0.1',
  );

const claim = z.string().max(256);

/** Who issues the tokens: to the letter as they name it. */
export const issuer = protectedUrl.refine((text) => !/[?#\s]/.test(text), 'must have no query and no fragment');
export const audience = z.string().max(1024);
export const jwksUrl = protectedUrl;

/** Signatures that are made with a private key: one that a public key could make is no proof. */
export const algorithms = listOf(
  z.enum(SIGNATURE_ALGORITHMS, `must be some of ${SIGNATURE_ALGORITHMS.join(', ')}, with commas between them`),
);
export const subjectClaim = claim;
export const groupsClaim = claim;
export const openGroups = listOf(
  z
    .string()
    .refine((id) => faultOfId(id) === undefined, 'must be ids of groups, with commas between them')
    .refine((id) => !isBuiltInGroup({ type: 'group', id }), 'must name no group that is built in'),
);

/** The settings of an identity provider, as they were read. */
export interface IdentityProviderValues {
  readonly CASTELLAN_OIDC_ISSUER?: string | undefined;
  readonly CASTELLAN_OIDC_AUDIENCE?: string | undefined;
  readonly CASTELLAN_OIDC_JWKS_URL?: string | undefined;
  readonly CASTELLAN_OIDC_ALGORITHMS: IdentityProviderOptions['algorithms'];
  readonly CASTELLAN_OIDC_SUBJECT_CLAIM: string;
  readonly CASTELLAN_OIDC_GROUPS_CLAIM?: string | undefined;
  readonly CASTELLAN_OIDC_GROUPS?: readonly string[] | undefined;
}

/** Refuses settings of which one is nothing without another: half a provider would be taken for none, or for more than was meant. */
export function refuseHalfAProvider(values: IdentityProviderValues, context: z.core.$RefinementCtx): void {
  const needs = (name: keyof IdentityProviderValues, other: keyof IdentityProviderValues): void => {
    if (values[name] === undefined || values[other] !== undefined) return;
    context.addIssue({ code: 'custom', path: [other], message: `is needed with ${name}` });
  };
  needs('CASTELLAN_OIDC_ISSUER', 'CASTELLAN_OIDC_AUDIENCE');
  needs('CASTELLAN_OIDC_AUDIENCE', 'CASTELLAN_OIDC_ISSUER');
  needs('CASTELLAN_OIDC_JWKS_URL', 'CASTELLAN_OIDC_ISSUER');
  needs('CASTELLAN_OIDC_GROUPS_CLAIM', 'CASTELLAN_OIDC_ISSUER');
  needs('CASTELLAN_OIDC_GROUPS_CLAIM', 'CASTELLAN_OIDC_GROUPS');
  needs('CASTELLAN_OIDC_GROUPS', 'CASTELLAN_OIDC_GROUPS_CLAIM');
}

/** The identity provider of the settings, if there is one. */
export function identityProviderOf(values: IdentityProviderValues): IdentityProviderOptions | undefined {
  const { CASTELLAN_OIDC_ISSUER: iss, CASTELLAN_OIDC_AUDIENCE: aud, CASTELLAN_OIDC_JWKS_URL: keys } = values;
  if (iss === undefined || aud === undefined) return undefined;
  const { CASTELLAN_OIDC_GROUPS_CLAIM: names, CASTELLAN_OIDC_GROUPS: open } = values;
  return {
    issuer: iss,
    audience: aud,
    jwksUrl: keys === undefined ? undefined : new URL(keys),
    algorithms: values.CASTELLAN_OIDC_ALGORITHMS,
    subjectClaim: values.CASTELLAN_OIDC_SUBJECT_CLAIM,
    groups: names === undefined || open === undefined ? undefined : { claim: names, open },
  };
}
