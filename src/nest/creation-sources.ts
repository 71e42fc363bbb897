import { SetMetadata } from '@nestjs/common';
import type { ModuleRef } from '@nestjs/core';
import type { IdForm } from '../core/id-forms.js';
import { requireIdForm } from './id-form.js';
import type { AppRequest, Resolution } from './object-source.js';

/** Finds the parent of what is to be made: `{ type, id }`, `'folder:7'`, or null for none. */
export type ParentResolver<Request = AppRequest> = (
  request: Request,
  moduleRef: ModuleRef,
) => Resolution | Promise<Resolution>;

/** Where the parent of what is to be made is named. */
export type ParentSource =
  | { readonly param: string; readonly type: string; readonly id?: IdForm | undefined }
  /** A path of names into the body: `folder.id`. Without a type, the value there is `{ type, id }` or `'folder:7'`. */
  | { readonly body: string; readonly type?: string; readonly id?: IdForm }
  | ParentResolver<never>;

/** Finds what a new object is proposed to be. */
export type ProposedResolver<Request = AppRequest> = (
  request: Request,
  moduleRef: ModuleRef,
) => ProposedObject | Promise<ProposedObject>;

/** What is proposed of an object that is yet to be made. */
export interface ProposedObject {
  readonly id?: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

export type ProposedSource = { readonly body: string } | ProposedResolver<never>;

export const PARENT = 'castellan:parent';
export const PROPOSED = 'castellan:proposed';

/**
 * Says of a route that makes objects below which parent it does: adding is then decided on that parent. A parameter of the path has its type
 * named beside it, and the form of its ids if it is not the module's default; one in the body may be missing, for an object that is to have no
 * parent.
 *
 * @example
 * \@ParentFrom('folderId', 'folder')
 * \@ParentFrom({ body: 'folder', type: 'folder' })
 * \@ParentFrom((request) => `folder:${request.params['folderId']}`)
 */
export function ParentFrom(param: string, type: string, id?: IdForm): MethodDecorator;
export function ParentFrom<Request = AppRequest>(
  source: Exclude<ParentSource, ParentResolver<never>> | ParentResolver<Request>,
): MethodDecorator;
export function ParentFrom(source: string | ParentSource, type?: string, id?: IdForm): MethodDecorator {
  const parent = typeof source === 'string' ? { param: source, type, id } : source;
  if (typeof parent === 'object') requireIdForm(parent.id);
  return SetMetadata(PARENT, parent);
}

/**
 * Says what a route proposes of the object that it makes, so that conditions of rules for `add` can see it: the body as a whole, what stands
 * at a path of names in it, or what a function makes of the request. The handler should make nothing else of it.
 *
 * @example
 * \@ProposedFrom()
 * \@ProposedFrom('post')
 * \@ProposedFrom((request) => ({ attributes: { status: 'draft', owner: idOf(request) } }))
 */
export function ProposedFrom<Request = AppRequest>(source: string | ProposedResolver<Request> = ''): MethodDecorator {
  return SetMetadata(PROPOSED, typeof source === 'string' ? { body: source } : source);
}
