import { LazyModuleLoader, ModuleRef, type ModulesContainer } from '@nestjs/core';
import type { InstanceWrapper } from '@nestjs/core/injector/instance-wrapper.js';
import type { Module } from '@nestjs/core/injector/module.js';
import type { AuthzBehaviour } from './authz-options.js';

/** Whether what runs in a request of an app knows which one that is. */
export class RequestFollowing {
  #isOn: boolean;

  constructor(private readonly said: boolean | undefined) {
    this.#isOn = said === true;
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  /** From now on, unless the app says that they are not followed. */
  begin(): void {
    this.#isOn = this.said !== false;
  }
}

const followings = new WeakMap<AuthzBehaviour, RequestFollowing>();

/** The one of an app: whatever is made from the same options shares it. */
export function followingOf(behaviour: AuthzBehaviour): RequestFollowing {
  let following = followings.get(behaviour);
  if (!following) followings.set(behaviour, (following = new RequestFollowing(behaviour.followRequests)));
  return following;
}

type Class = abstract new (...args: never[]) => unknown;

/**
 * Whether anything of the app could have the class: it has it injected, or one derived from it, or what finds anything (`ModuleRef`,
 * `LazyModuleLoader`).
 *
 * @param own modules and classes that count for nothing.
 */
export function mayHave(modules: ModulesContainer, wanted: Class, own: ReadonlySet<unknown>): boolean {
  for (const module of modules.values()) {
    // What Nest itself provides everywhere.
    if (own.has(module.metatype) || module.metatype.name === 'InternalCoreModule') continue;
    for (const wrapper of wrappersOf(module)) {
      const isOwn = own.has(wrapper.metatype) || wrapper.token === ModuleRef;
      if (!isOwn && (isOrExtends(wrapper.metatype, wanted) || injects(wrapper, wanted))) return true;
    }
  }
  return false;
}

function* wrappersOf({ providers, controllers, injectables, middlewares }: Module): Generator<InstanceWrapper> {
  for (const wrappers of [providers, controllers, injectables, middlewares]) yield* wrappers.values();
}

function injects(wrapper: InstanceWrapper, wanted: Class): boolean {
  const byConstructor: readonly (InstanceWrapper | undefined)[] = wrapper.getCtorMetadata() ?? [];
  const byProperty = (wrapper.getPropertiesMetadata() ?? []).map((property) => property.wrapper);
  return [...byConstructor, ...byProperty].some(
    (injected) =>
      injected?.token === ModuleRef ||
      injected?.token === LazyModuleLoader ||
      isOrExtends(injected?.token, wanted) ||
      isOrExtends(injected?.metatype, wanted),
  );
}

function isOrExtends(candidate: unknown, wanted: Class): boolean {
  return typeof candidate === 'function' && (candidate === wanted || candidate.prototype instanceof wanted);
}
