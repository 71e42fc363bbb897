import { Access } from './access.js';
import { Assignments } from './assignments.js';
import { Auth } from './auth.js';
import { Authzen } from './authzen.js';
import { Changes } from './changes.js';
import { readOptions, type CastellanClientOptions } from './client-options.js';
import { Collection } from './collection.js';
import { Grants } from './grants.js';
import { Groups } from './groups.js';
import { Health } from './health.js';
import { Objects } from './objects.js';
import { Roles } from './roles.js';
import { Transport } from './transport.js';
import type { Types } from './types.js';
import { Users } from './users.js';
import { isType } from './record-shapes.js';

/**
 * The REST API of a Castellan service. It keeps no answers: each call asks the service.
 *
 * @throws TypeError for options that can't be used.
 * @example
 * const castellan = new CastellanClient({ url: 'https://auth.example.com', username: 'alice', password });
 * const { decision } = await castellan.authzen.evaluation({
 *   subject: { type: 'user', id: 'alice' },
 *   action: { name: 'view' },
 *   resource: { type: 'post', id: '123' },
 * });
 * @see docs/client.md
 */
export class CastellanClient {
  readonly health: Health;
  readonly auth: Auth;
  readonly users: Users;
  readonly groups: Groups;
  readonly roles: Roles;
  readonly types: Types;
  readonly assignments: Assignments;
  readonly grants: Grants;
  readonly access: Access;
  readonly changes: Changes;
  readonly authzen: Authzen;
  // Private to the language, and not only to the compiler: whoever logs the client must not log what it signs in with.
  readonly #transport: Transport;

  constructor(options: CastellanClientOptions) {
    const transport = new Transport(readOptions(options));
    this.#transport = transport;
    this.health = new Health(transport);
    this.auth = new Auth(transport);
    this.users = new Users(transport);
    this.groups = new Groups(transport);
    this.roles = new Roles(transport);
    this.types = new Collection(transport, '/api/v1/types', isType);
    this.assignments = new Assignments(transport);
    this.grants = new Grants(transport);
    this.access = new Access(transport);
    this.changes = new Changes(transport);
    this.authzen = new Authzen(transport);
  }

  /** The objects of a type. @throws UnaddressableIdError for what can't be the name of a type in a path. */
  objects(type: string): Objects {
    return new Objects(this.#transport, type);
  }
}
