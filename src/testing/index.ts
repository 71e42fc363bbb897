export { actAs, actingHeaders, type HeaderTaking } from './act-as.js';
export { AuthzTestingModule, worldOptions, type TestingBehaviour } from './authz-testing.module.js';
export type { RefLike, RuleLike, RuleParts, TimeLike, WindowLike } from './read-input.js';
export { worldFromPolicy, type WorldPolicy } from './world-policy.js';
export type { ObjectOptions, RoleOptions, ServiceOptions, TypeOptions, UserOptions } from './world-options.js';
export { World } from './world.js';
/** What Nest injects the options of AuthzModule by: to put others in their place. */
export { AUTHZ_BEHAVIOUR } from '../embed/authz-behaviour.js';
