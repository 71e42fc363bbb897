import type { Assignment, Grant, JsonObject, Mode, Ref, Rule } from './world.js';

/** One write, as a test asks for it. What is absent from a change stays as it is. */
export type Operation =
  | {
      readonly do: 'add user';
      readonly id: string;
      readonly active: boolean;
      readonly superuser: boolean;
      readonly attributes: JsonObject;
    }
  | {
      readonly do: 'change user';
      readonly id: string;
      readonly active?: boolean;
      readonly superuser?: boolean;
      readonly attributes?: JsonObject;
    }
  | { readonly do: 'add group'; readonly id: string }
  | { readonly do: 'add member' | 'remove member'; readonly id: string; readonly member: Ref }
  | { readonly do: 'add role'; readonly id: string; readonly rules: Rule[]; readonly includes: string[] }
  | { readonly do: 'change role'; readonly id: string; readonly rules?: Rule[]; readonly includes?: string[] }
  | { readonly do: 'add type'; readonly id: string; readonly actions: string[]; readonly mode: Mode }
  | { readonly do: 'change type'; readonly id: string; readonly actions?: string[]; readonly mode?: Mode }
  | {
      readonly do: 'add object';
      readonly object: Ref;
      readonly parent: Ref | null;
      readonly attributes: JsonObject;
      readonly creator: Ref | null;
    }
  | { readonly do: 'change object'; readonly object: Ref; readonly attributes: JsonObject }
  | { readonly do: 'move'; readonly object: Ref; readonly parent: Ref | null }
  | { readonly do: 'delete'; readonly object: Ref; readonly cascade: boolean }
  | { readonly do: 'delete and add'; readonly object: Ref }
  | { readonly do: 'assign' | 'unassign'; readonly assignment: Assignment }
  | { readonly do: 'grant' | 'revoke'; readonly grants: Grant[] };

/** What the creator of an object gets on it. */
export const creatorActionsOf = (actions: readonly string[]): string[] => actions.slice(0, 2);
