import { Injectable } from '@nestjs/common';
import type { Caller } from '../../core/caller.js';
import { Decider } from '../../core/decider.js';
import type { ObjectRef, SubjectRef } from '../../core/model.js';
import { ActionLists, ObjectLists, SubjectLists, type Page } from '../../core/ports/lists.js';
import { askedAbout, mayAsk, requireMayAsk, suppliedOf, takesPermission } from './asking.js';
import { SearchPages, type SearchAnswer } from './search-pages.js';
import type { ActionSearch, ResourceSearch, SubjectSearch } from './search.schema.js';

/**
 * Answers which subjects, resources and actions a decision would allow, by the AuthZEN Authorization API. Whatever is
 * unknown leads to nothing found.
 */
@Injectable()
export class SearchService {
  constructor(
    private readonly decider: Decider,
    private readonly subjectLists: SubjectLists,
    private readonly objectLists: ObjectLists,
    private readonly actionLists: ActionLists,
    private readonly pages: SearchPages,
  ) {}

  /**
   * The known subjects of a type who may do the action on the resource.
   *
   * @throws CastellanError `forbidden` without `access:evaluate`: it is about others, whoever asks; `invalid_cursor`.
   */
  async subjects(caller: Caller, { page, ...asked }: SubjectSearch): Promise<SearchAnswer<SubjectRef>> {
    await this.#requireMayAsk(caller);
    const { subject, action, resource } = asked;
    const question = {
      subjectType: subject.type,
      permission: { type: resource.type, action: action.name },
      object: { type: resource.type, id: resource.id },
      supplied: suppliedOf(asked),
    };
    return this.pages.answer(
      { caller, search: ['subject', asked], page },
      {
        list: async (at) => pageOf(await this.subjectLists.list({ ...question, ...at }), refOf),
        count: () => this.subjectLists.count(question),
      },
    );
  }

  /**
   * The registered resources of a type that the subject may do the action on.
   *
   * @throws CastellanError `forbidden` when the caller asks about another, or with properties, without `access:evaluate`; `invalid_cursor`.
   */
  async resources(caller: Caller, { page, ...asked }: ResourceSearch): Promise<SearchAnswer<ObjectRef>> {
    if (takesPermission(caller, asked)) await this.#requireMayAsk(caller);
    const { subject, action, resource } = asked;
    const question = {
      subject: askedAbout(caller, subject),
      permission: { type: resource.type, action: action.name },
      supplied: suppliedOf(asked),
    };
    return this.pages.answer(
      { caller, search: ['resource', asked], page },
      {
        list: async (at) => pageOf(await this.objectLists.list({ ...question, ...at }), refOf),
        count: () => this.objectLists.count(question),
      },
    );
  }

  /**
   * The actions that the subject may do on the resource.
   *
   * @throws CastellanError `forbidden` when the caller asks about another, or with properties, without `access:evaluate`; `invalid_cursor`.
   */
  async actions(caller: Caller, { page, ...asked }: ActionSearch): Promise<SearchAnswer<{ name: string }>> {
    if (takesPermission(caller, asked)) await this.#requireMayAsk(caller);
    const { subject, resource, mode } = asked;
    const names = await this.actionLists.list({
      subject: askedAbout(caller, subject),
      object: refOf(resource),
      supplied: suppliedOf(asked),
      mode,
    });
    return this.pages.answer(
      { caller, search: ['action', asked], page },
      {
        list: (at) => Promise.resolve(pageOf(sliceOf(names, at), (name) => ({ name }))),
        count: () => Promise.resolve(names.length),
      },
    );
  }

  // Before anything is searched for: a refusal then takes as long whatever there is to be found.
  async #requireMayAsk(caller: Caller): Promise<void> {
    requireMayAsk(await this.decider.decide(mayAsk(caller)));
  }
}

function refOf({ type, id }: SubjectRef | ObjectRef): { type: string; id: string } {
  return { type, id };
}

function pageOf<Item, Result>({ items, next }: Page<Item>, result: (item: Item) => Result): Page<Result> {
  return { items: items.map(result), next };
}

function sliceOf<Item>(all: readonly Item[], at: { limit: number; after: string | undefined }): Page<Item> {
  const start = Number(at.after ?? 0);
  const end = start + at.limit;
  return { items: all.slice(start, end), next: end < all.length ? String(end) : null };
}
