export type { Access } from './access.js';
export type { ExplainRequest, Explanation, HeldRule, HeldRules } from './access.js';
export * from './api-errors.js';
export type { Assignments } from './assignments.js';
export type { Assignment, AssignmentsQuery, NewAssignment, ValidityWindow } from './assignments.js';
export type { Auth } from './auth.js';
export type { PackedAbility, PasswordChange, SignedIn, SignIn } from './auth.js';
export type { Authzen } from './authzen.js';
export type {
  ActionSearch,
  AuthzenConfiguration,
  CreationRequest,
  Entity,
  Evaluation,
  EvaluationRequest,
  EvaluationsRequest,
  Kind,
  NamedAction,
  Proposal,
  ResourceSearch,
  SearchPage,
  SearchResults,
  SubjectSearch,
} from './authzen-types.js';
export { CastellanClient } from './castellan-client.js';
export type { Change, Changes, ChangesQuery } from './changes.js';
export {
  CastellanClientError,
  NetworkError,
  TimeoutError,
  UnaddressableIdError,
  UnexpectedAnswerError,
} from './client-errors.js';
export type { CallOptions, CastellanClientOptions, ClientCredentials, Fetch } from './client-options.js';
export type { Collection } from './collection.js';
export type { Grants } from './grants.js';
export type { Grant, GrantsQuery, Holder, NewGrant } from './grants.js';
export type { Groups, Members } from './groups.js';
export type { Group, GroupPatch, Member, NewGroup } from './groups.js';
export type { Health } from './health.js';
export type { Objects } from './objects.js';
export type { NewObject, ObjectDeletion, ObjectPatch, ObjectRecord, ObjectsQuery } from './objects.js';
export type { OwnSessions, Session } from './own-sessions.js';
export type { AllPages, Page, PageQuery, ViewableQuery } from './pages.js';
export type { NewRole, NewRule, Role, RolePatch, RoleRule, Roles, RuleParts } from './roles.js';
export type { NewType, ResourceType, TypePatch, Types } from './types.js';
export type { NewUser, User, UserPatch, Users } from './users.js';
export type { CreatedToken, NewToken, Token, UserTokens } from './user-tokens.js';
export type { ErrorCode, FieldFault } from '../core/errors.js';
export type { Effect, Json, JsonObject, Mode, ObjectRef, SubjectRef, Supplied } from '../core/model.js';
