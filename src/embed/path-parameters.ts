import type { RoutePolicy } from '../nest/route-policy.js';

type AdditionPolicy = Pick<RoutePolicy, 'parent' | 'proposed' | 'object' | 'objectParam' | 'resource'>;

/** Whether the route says what is added, or below what. */
export function isAddition({ parent, proposed }: Pick<RoutePolicy, 'parent' | 'proposed'>): boolean {
  return parent !== undefined || proposed !== undefined;
}

/** The parameters of a path that say neither a route's type nor the parent of what it adds. */
export function parametersOfObjects(
  { parent, resource }: Pick<RoutePolicy, 'parent' | 'resource'>,
  params: readonly string[],
): string[] {
  const typeParam = resource && 'typeParam' in resource ? resource.typeParam : undefined;
  const parentParam = parent && 'param' in parent ? parent.param : undefined;
  return params.filter((param) => param !== typeParam && param !== parentParam);
}

/**
 * What is wrong with a route that says what is added: an object that its path names beside it would be left out of the decision. Undefined
 * where there is none, or where `@NoObject` says so.
 */
export function faultOfAddition(
  policy: AdditionPolicy,
  action: string | undefined,
  params: readonly string[],
): string | undefined {
  const { object, objectParam } = policy;
  if (object === null) return undefined;
  if (typeof object === 'function')
    return 'is it about an object, or about one that is added? Say either @ObjectFrom, or @ParentFrom and @ProposedFrom with @NoObject';
  const named = parametersOfObjects(policy, params);
  const found = named.includes(objectParam) ? objectParam : action === 'add' ? undefined : named[0];
  if (found === undefined) return undefined;
  return `is it about the object :${found}, or about one that is added? Leave @ParentFrom and @ProposedFrom out, or say @NoObject`;
}
