import type { Caller } from '../core/caller.js';
import { CastellanError } from '../core/errors.js';
import type { Mode, SubjectRef } from '../core/model.js';
import { requestIdOf, type AuthorizableRequest } from '../nest/authorized-request.js';
import type { IdForm } from '../core/id-forms.js';
import type { CurrentRequest } from '../nest/current-request.js';
import type { Authz } from './authz.js';
import { Checker } from './checker.js';
import { QuestionMemory } from './question-memory.js';

// It hangs on the request itself, and goes with it.
const STATE = Symbol('castellan: what a request has asked');

type WithState = AuthorizableRequest & { readonly raw?: object; [STATE]?: RequestState };

/** What is known on behalf of one request: who makes it, and what it has asked. */
export class RequestState implements CurrentRequest {
  readonly questions: QuestionMemory;
  /** How the ids of a type are written: as the route says, or else the module. */
  idFormOf: (type: string) => IdForm | undefined;
  #caller: Caller | undefined;

  constructor(
    private readonly request: AuthorizableRequest,
    private readonly authz: Authz,
  ) {
    this.questions = new QuestionMemory(authz.engine, authz.writes);
    this.idFormOf = authz.idFormOf;
  }

  /** Who makes the request. Nobody may still become somebody: a sign-in that comes late is seen. @throws as the app's function does. */
  caller(): Caller | Promise<Caller> {
    if (this.#caller) return this.#caller;
    const caller = this.authz.callerOf(this.request);
    return caller instanceof Promise ? caller.then((found) => this.#kept(found)) : this.#kept(caller);
  }

  /** Waits until it is known who makes it, so that what is written is written by them. What is wrong with that is told to whoever asks. */
  async settle(): Promise<void> {
    try {
      await this.caller();
    } catch {
      // A route that is open to all is open also to those who can't be read.
    }
  }

  /** Answers what its caller may do: in the mode of the route, or else of the module, where a question says none. */
  checkerIn(mode: Mode | undefined): Checker {
    return new Checker(this.questions, () => this.caller(), mode ?? this.authz.defaultMode, this.idFormOf);
  }

  get subject(): SubjectRef | null {
    return this.#caller?.subject ?? this.authz.subjectAtOnce(this.request);
  }

  get requestId(): string {
    return requestIdOf(this.request);
  }

  #kept(caller: Caller): Caller {
    if (caller.signedIn) this.#caller = caller;
    return caller;
  }
}

/** What is known of the request; from now on, where nothing was. */
export function enterRequest(request: AuthorizableRequest, authz: Authz): RequestState {
  // On Fastify middlewares see the raw request, and everything else the one around it: both are the same request.
  const kept = ((request as WithState).raw ?? request) as WithState;
  return (kept[STATE] ??= new RequestState(request, authz));
}

/** @throws CastellanError `internal` for a request that no guard of Castellan has seen. */
export function stateOf(request: AuthorizableRequest): RequestState {
  const kept = ((request as WithState).raw ?? request) as WithState;
  const state = kept[STATE];
  if (!state)
    throw new CastellanError(
      'internal',
      'No AuthzGuard stands before this route: AuthzModule has guard: false, and it has no @UseGuards(AuthzGuard).',
    );
  return state;
}
