import { describe, expectTypeOf, it } from 'vitest';
import type { z } from 'zod';
import type { newAssignment, assignmentsQuery } from '../api/assignments/assignments.schema.js';
import type { passwordChangeSchema, signInSchema } from '../api/auth/auth.schema.js';
import type { abilityRequest } from '../api/access/ability.schema.js';
import type { AbilityAnswer } from '../api/access/ability.service.js';
import type { EvaluationAnswer } from '../api/access/access.service.js';
import type * as evaluations from '../api/access/evaluation.schema.js';
import type { explainRequest } from '../api/access/explain.schema.js';
import type { Metadata } from '../api/access/metadata.controller.js';
import type { SearchAnswer } from '../api/access/search-pages.js';
import type * as searches from '../api/access/search.schema.js';
import type { WhoIsSignedIn } from '../api/auth/auth.controller.js';
import type { grantBatch, grantsQuery, newGrant } from '../api/grants/grants.schema.js';
import type { groupPatch, newGroup } from '../api/groups/groups.schema.js';
import type {
  newObject,
  objectDeletion,
  objectPatch,
  ObjectsQuery as ParsedObjectsQuery,
} from '../api/objects/objects.schema.js';
import type { ListAnswer } from '../api/paging.js';
import type { newRole, rolePatch } from '../api/roles/roles.schema.js';
import type { memberParams, plainPageQuery, viewableQuery } from '../api/schemas.js';
import type { newType, typePatch } from '../api/types/types.schema.js';
import type { newToken } from '../api/users/tokens.schema.js';
import type { NewTokenAnswer } from '../api/users/tokens.service.js';
import type { newUser, userPatch } from '../api/users/users.schema.js';
import type { JsonObject, SubjectRef } from '../core/model.js';
import type * as client from './index.js';

/** The same, to be written to: what a type says must not be changed is still the same when it is sent. */
type Sent<Value> = Value extends JsonObject
  ? Value
  : Value extends readonly (infer Item)[]
    ? Sent<Item>[]
    : Value extends object
      ? { -readonly [Name in keyof Value]: Sent<Value[Name]> }
      : Value;

/** True where the service takes what the client lets be written, and the client lets each of its members be written. */
type Fits<Written, Schema extends z.ZodType> = [Sent<Written>] extends [z.input<Schema>]
  ? SameNames<Written, z.input<Schema>>
  : false;

type Names<Value> = Value extends unknown ? keyof Value : never;

type SameNames<One, Other> = [keyof One, keyof Other] extends [keyof Other, keyof One] ? true : false;

describe('what the client lets be written', () => {
  it('is what the service takes, with all its members', () => {
    expectTypeOf<Fits<client.NewUser, typeof newUser>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.UserPatch, typeof userPatch>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.NewToken, typeof newToken>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.NewGroup, typeof newGroup>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.GroupPatch, typeof groupPatch>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.NewRole, typeof newRole>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.RolePatch, typeof rolePatch>>().toEqualTypeOf<true>();
    expectTypeOf<
      SameNames<client.NewRule, NonNullable<z.input<typeof newRole>['rules']>[number]>
    >().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.NewType, typeof newType>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.TypePatch, typeof typePatch>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.NewObject, typeof newObject>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.ObjectPatch, typeof objectPatch>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.NewAssignment, typeof newAssignment>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.NewGrant, typeof newGrant>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<{ grants: readonly client.NewGrant[] }, typeof grantBatch>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.ExplainRequest, typeof explainRequest>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<{ subject: SubjectRef }, typeof abilityRequest>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.SignIn, typeof signInSchema>>().toEqualTypeOf<true>();
    expectTypeOf<Fits<client.PasswordChange, typeof passwordChangeSchema>>().toEqualTypeOf<true>();
  });

  it('can name whoever the service takes, and nobody else', () => {
    expectTypeOf<client.Member['type']>().toEqualTypeOf<z.input<typeof memberParams>['subjectType']>();
    expectTypeOf<Sent<client.Member>>().toEqualTypeOf<z.input<typeof newAssignment>['subject']>();
    expectTypeOf<Sent<client.Holder>>().toEqualTypeOf<z.input<typeof newGrant>['subject']>();
  });

  it('is what AuthZEN has members for', () => {
    type Request = evaluations.EvaluationRequest;
    expectTypeOf<client.EvaluationRequest | client.CreationRequest>().toExtend<Request>();
    expectTypeOf<Names<client.EvaluationRequest | client.CreationRequest>>().toEqualTypeOf<Names<Request>>();
    expectTypeOf<SameNames<client.Proposal, Request['resource']>>().toEqualTypeOf<true>();
    expectTypeOf<SameNames<client.Entity, Request['subject']>>().toEqualTypeOf<true>();
    expectTypeOf<SameNames<client.NamedAction, Request['action']>>().toEqualTypeOf<true>();
    type Semantic = NonNullable<NonNullable<client.EvaluationsRequest['options']>['evaluations_semantic']>;
    expectTypeOf<Semantic>().toEqualTypeOf<evaluations.Semantic>();
    expectTypeOf<client.SubjectSearch & { page: object }>().toExtend<searches.SubjectSearch>();
    expectTypeOf<client.ResourceSearch & { page: object }>().toExtend<searches.ResourceSearch>();
    expectTypeOf<client.ActionSearch & { page: object }>().toExtend<searches.ActionSearch>();
    expectTypeOf<SameNames<client.SubjectSearch, searches.SubjectSearch>>().toEqualTypeOf<true>();
    expectTypeOf<SameNames<client.ResourceSearch, searches.ResourceSearch>>().toEqualTypeOf<true>();
    expectTypeOf<SameNames<client.ActionSearch, searches.ActionSearch>>().toEqualTypeOf<true>();
    expectTypeOf<SameNames<client.SearchPage, searches.PageOfSearch>>().toEqualTypeOf<true>();
  });

  it('can ask lists by all that they are asked by', () => {
    expectTypeOf<SameNames<client.PageQuery, z.input<typeof plainPageQuery>>>().toEqualTypeOf<true>();
    expectTypeOf<SameNames<client.ViewableQuery, z.input<typeof viewableQuery>>>().toEqualTypeOf<true>();
    expectTypeOf<SameNames<client.GrantsQuery, z.input<typeof grantsQuery>>>().toEqualTypeOf<true>();
    expectTypeOf<SameNames<client.AssignmentsQuery, z.input<typeof assignmentsQuery>>>().toEqualTypeOf<true>();
    expectTypeOf<SameNames<client.ObjectsQuery, ParsedObjectsQuery>>().toEqualTypeOf<true>();
    expectTypeOf<SameNames<client.ObjectDeletion, z.input<typeof objectDeletion>>>().toEqualTypeOf<true>();
  });
});

describe('what the client says is answered', () => {
  it('is what the service answers', () => {
    expectTypeOf<ListAnswer<client.User>>().toExtend<client.Page<client.User>>();
    expectTypeOf<NewTokenAnswer>().toEqualTypeOf<client.CreatedToken>();
    expectTypeOf<WhoIsSignedIn>().toExtend<client.SignedIn>();
    expectTypeOf<AbilityAnswer>().toEqualTypeOf<client.HeldRules>();
    expectTypeOf<EvaluationAnswer>().toExtend<client.Evaluation>();
    expectTypeOf<SearchAnswer<SubjectRef>>().toExtend<client.SearchResults<SubjectRef>>();
    expectTypeOf<Metadata>().toEqualTypeOf<client.AuthzenConfiguration>();
  });
});
