/** The action that an HTTP verb stands for, unless the type or the route names another. */
export const VERB_ACTIONS: Readonly<Record<string, string>> = {
  GET: 'view',
  HEAD: 'view',
  OPTIONS: 'view',
  POST: 'add',
  PUT: 'change',
  PATCH: 'change',
  DELETE: 'delete',
};

/** Verbs that change nothing. */
export const SAFE_VERBS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);
