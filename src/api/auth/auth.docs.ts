import { z } from 'zod';
import type { PackedAbility, PackedRule } from '../../core/packed-ability.js';
import { saying, userAnswer } from '../answers.js';
import type { DescribedPart } from '../route-docs.js';
import type { WhoIsSignedIn } from './auth.controller.js';

const signedInAnswer = saying<WhoIsSignedIn>()(
  z
    .strictObject({
      user: userAnswer,
      csrfToken: z
        .string()
        .nullable()
        .meta({ description: 'Goes into X-CSRF-Token of unsafe requests; null without a session.' }),
    })
    .meta({ id: 'SignedIn' }),
);

// Its form is CASL's own.
const packedRule = z
  .array(z.json())
  .min(2)
  .max(6)
  .meta({ id: 'PackedRule', description: 'A rule, as packed by CASL.' }) as unknown as z.ZodType<PackedRule>;

const abilityAnswer = z.strictObject({
  rules: z.array(packedRule),
  approximated: z.array(z.string()).meta({ description: 'The permissions of which less is allowed than is true.' }),
}) satisfies z.ZodType<PackedAbility>;

const alice = {
  id: 'alice',
  username: 'alice',
  email: 'alice@example.com',
  active: true,
  superuser: false,
  attributes: { department: 'press' },
};
const setsCookie = { 'Set-Cookie': 'The session: HttpOnly, SameSite=Lax, and Secure behind TLS.' };

/** The routes of the sign-in, as they are described. */
export const authDocs: DescribedPart = {
  tag: 'sign-in',
  description: 'Sessions, and what signed-in users may do about themselves.',
  routes: {
    'POST /api/v1/auth/login': {
      operationId: 'signIn',
      summary: 'Opens a session',
      description: 'The answer sets its cookie; the token goes into X-CSRF-Token of whatever is not GET or HEAD.',
      answers: { 200: signedInAnswer },
      refusals: ['invalid_credentials', 'too_many_attempts', 'overloaded'],
      headers: setsCookie,
      examples: {
        'a user': {
          body: { username: 'alice', password: 'correct horse battery' },
          answer: { user: alice, csrfToken: 'Rm9yLWFuLWV4YW1wbGUtb25seS1ub3QtYS1yZWFsLW9uZQ' },
        },
      },
    },
    'POST /api/v1/auth/logout': {
      operationId: 'signOut',
      summary: 'Ends the session of the request',
      answers: { 204: null },
      examples: { 'the session of its cookie': {} },
    },
    'GET /api/v1/auth/me': {
      operationId: 'getMe',
      summary: 'Answers who is signed in',
      answers: { 200: signedInAnswer },
      examples: { 'a user': { answer: { user: alice, csrfToken: null } } },
    },
    'PUT /api/v1/auth/me/password': {
      operationId: 'changePassword',
      summary: "Changes one's own password",
      description: 'Ends all of the sessions but the one that makes the change, which goes on under a new cookie.',
      answers: { 204: null },
      examples: {
        'another one': {
          body: { oldPassword: 'correct horse battery', newPassword: 'wind over the harbour' },
        },
      },
    },
    'GET /api/v1/auth/me/ability': {
      operationId: 'getAbility',
      summary: 'Answers what you may do by the rules that you hold everywhere, for CASL',
      description: 'For `unpackRules` of `@casl/ability/extra`, in a front end.',
      answers: { 200: abilityAnswer.meta({ id: 'PackedAbility' }) },
      examples: {
        'of one rule': {
          answer: {
            rules: [
              [
                'view',
                'post',
                { 'attributes.status': 'published', 'attributes.status.-1': { $exists: false, $ne: null } },
              ],
            ],
            approximated: [],
          },
        },
      },
    },
  },
};
