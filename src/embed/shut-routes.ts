import { Injectable } from '@nestjs/common';

/** The handlers that are not declared well, where the app starts with them all the same: nobody is let in by them. */
@Injectable()
export class ShutRoutes {
  readonly #faults = new Map<object, Map<object, string>>();

  /** Shuts the handler of this controller, whichever path leads to it. */
  shut(controller: object, handler: object, fault: string): void {
    const faults = this.#faults.get(controller) ?? new Map<object, string>();
    this.#faults.set(controller, faults.set(handler, fault));
  }

  /** What is wrong with how the handler is declared; undefined for one that is not shut. */
  faultOf(controller: object, handler: object): string | undefined {
    return this.#faults.get(controller)?.get(handler);
  }
}
