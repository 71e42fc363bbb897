import type { RouteDocs } from '../../api/route-docs.js';
import { ERRORS, type ErrorCode } from '../../core/errors.js';
import type { DeclaredRoute } from '../../nest/undeclared-routes.js';
import { SAFE_VERBS } from '../../nest/verb-actions.js';
import type { RouteSchemas } from './route-schemas.js';

const OF_ALL: readonly ErrorCode[] = ['malformed_request', 'internal', 'overloaded', 'database_unavailable'];
const OF_SIGN_IN: readonly ErrorCode[] = [
  'not_authenticated',
  'invalid_credentials',
  'invalid_token',
  'too_many_attempts',
  'identity_provider_unavailable',
];
const OF_BODIES: readonly ErrorCode[] = ['too_large', 'unsupported_media_type'];

/** The codes that a route can be refused by: those that follow from what it declares, and those that its description adds. */
export function refusalsOf(
  { verb = '', policy }: DeclaredRoute,
  { refusals = [] }: RouteDocs,
  { body, query, params }: RouteSchemas,
  queryNames: readonly string[],
): ErrorCode[] {
  const isUnsafe = !SAFE_VERBS.has(verb);
  const isPublic = policy.access === 'public';
  const isDecided = policy.access === 'resource' || policy.access === 'decides-itself';
  const codes = [
    ...OF_ALL,
    ...(isPublic ? [] : OF_SIGN_IN),
    ...(isUnsafe ? [...OF_BODIES, 'cross_site' as const] : []),
    ...(isUnsafe && !isPublic ? ['csrf_token' as const] : []),
    // A token may be narrowed to less than a route takes.
    ...(isPublic ? [] : ['forbidden' as const]),
    ...(isDecided && params.size > 0 ? ['not_found' as const] : []),
    ...(body || query || params.size > 0 ? ['invalid_request' as const] : []),
    ...(queryNames.includes('cursor') ? ['invalid_cursor' as const] : []),
    ...refusals,
  ];
  const order = Object.keys(ERRORS);
  return [...new Set(codes)].toSorted((one, other) => order.indexOf(one) - order.indexOf(other));
}
