import { accessDocs } from '../../api/access/access.docs.js';
import { authzenDocs } from '../../api/access/authzen.docs.js';
import { assignmentsDocs } from '../../api/assignments/assignments.docs.js';
import { authDocs } from '../../api/auth/auth.docs.js';
import { sessionsDocs } from '../../api/auth/sessions.docs.js';
import { changesDocs } from '../../api/changes/changes.docs.js';
import { grantsDocs } from '../../api/grants/grants.docs.js';
import { groupsDocs } from '../../api/groups/groups.docs.js';
import { healthDocs } from '../../api/health/health.docs.js';
import { metricsDocs } from '../../api/metrics/metrics.docs.js';
import { objectsDocs } from '../../api/objects/objects.docs.js';
import { rolesDocs } from '../../api/roles/roles.docs.js';
import type { DescribedPart, RouteDocs } from '../../api/route-docs.js';
import { typesDocs } from '../../api/types/types.docs.js';
import { tokensDocs } from '../../api/users/tokens.docs.js';
import { usersDocs } from '../../api/users/users.docs.js';
import { openApiDocs } from './openapi.docs.js';

/** All that is described of the service, in the order in which it is shown. A new route is described in the `docs.ts` beside it. */
export const DESCRIBED_PARTS: readonly DescribedPart[] = [
  authDocs,
  sessionsDocs,
  usersDocs,
  tokensDocs,
  groupsDocs,
  rolesDocs,
  assignmentsDocs,
  typesDocs,
  objectsDocs,
  grantsDocs,
  accessDocs,
  authzenDocs,
  changesDocs,
  healthDocs,
  metricsDocs,
  openApiDocs,
];

/** The description of each route, as `GET /api/v1/users/:id`. */
export const DESCRIBED_ROUTES: ReadonlyMap<string, RouteDocs & { readonly tag: string }> = new Map(
  DESCRIBED_PARTS.flatMap(({ tag, routes }) =>
    Object.entries(routes).map(([route, docs]) => [route, { ...docs, tag }] as const),
  ),
);
