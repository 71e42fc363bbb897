// Reflector and the rest of Nest's injection read what TypeScript's decorators leave behind.
import 'reflect-metadata';

export { AuthzModule } from './embed/authz.module.js';
export { AuthzGuard } from './embed/authz.guard.js';
export { AuthzException } from './embed/authz-exception.js';
export { Authz } from './embed/authz.js';
export type {
  Authenticate,
  AuthzBehaviour,
  AuthzDefaults,
  AuthzModuleAsyncOptions,
  AuthzModuleOptions,
  AuthzOptions,
  AuthzSource,
} from './embed/authz-options.js';
export type { RemoteOptions } from './embed/remote-options.js';
export type { SubjectArgument, SubjectOfRequest } from './embed/authz-subject.js';
export { Checker, type Addition, type CheckOptions } from './embed/checker.js';
export type { ObjectArgument } from './embed/object-argument.js';
export { Can } from './embed/can.decorator.js';

export {
  Action,
  DecidesItself,
  Mode,
  NoObject,
  ObjectFrom,
  Public,
  Resource,
  SignedIn,
  type ResourceSource,
} from './nest/route-policy.js';
export { ParentFrom, ProposedFrom, type ParentResolver, type ProposedResolver } from './nest/creation-sources.js';
export type { IdForm } from './core/id-forms.js';
export type { IdForms } from './nest/id-form.js';
export type { AppId, AppRequest, ObjectResolver, ResolvedObject, Resolution } from './nest/object-source.js';
export { Target, TargetType, type DecidedObject } from './nest/authorized-request.js';

export { Viewable } from './embed/viewable.decorator.js';
export type { ViewableOptions, ViewableRows } from './embed/viewable.js';
export { accessModel, type AccessModel, type AccessModelOptions, type RowObject } from './embed/access-model.js';
export type { ColumnDeclaration } from './core/rows/row-model.js';
export type { PrismaWhere } from './embed/row-filter-prisma.js';
export type { SqlFragment } from './embed/row-filter-sql.js';

export type {
  AppTransactionClient,
  AuthzTransaction,
  TransactionGrants,
  TransactionObjects,
} from './embed/transaction.js';
export type { AppGrant, AppObject, AppObjectChange, RefLike } from './embed/transaction-input.js';
export type { TransactionGroups, TransactionUsers } from './embed/transaction-users.js';
export type { AppUser, AppUserChange } from './embed/transaction-user-input.js';
export type { UserDeclaration } from './embed/prisma-extension-users.js';
export { castellan, type CastellanExtensionOptions } from './embed/prisma-extension.js';
export type { ModelDeclaration } from './embed/prisma-extension-declared.js';

export type { AbilityOptions } from './embed/abilities.js';
export type { AttributesAt, TypeAbility, TypeRule } from './core/casl-ability.js';
export type { PackedAbility, PackedRule } from './core/packed-ability.js';

export { AuthzEngine } from './core/ports/engine.js';
export { CastellanError, type ErrorCode } from './core/errors.js';
export type {
  Decision,
  Effect,
  FieldScope,
  Json,
  JsonObject,
  ObjectRef,
  Permission,
  Question,
  Reason,
  SubjectRef,
} from './core/model.js';
