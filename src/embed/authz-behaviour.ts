/** What Nest injects the module's options by. */
export const AUTHZ_BEHAVIOUR = Symbol('castellan: the options of AuthzModule');
