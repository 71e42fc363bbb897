import { newObject, objectPatch } from '../../api/objects/objects.schema.js';
import { ObjectsService, requireOwnType } from '../../api/objects/objects.service.js';
import type { NewObject, ObjectPatch } from '../../client/objects.js';
import type { ObjectRecord } from '../../core/ports/objects.js';
import type { Objects } from './administration.js';
import { allPages } from './all-pages.js';
import { fitting, type OperatorParts } from './operator-parts.js';
import { found, naming } from './operator-things.js';

/** The objects of one type, as the operator looks after them: one that it registers has no creator. */
export class OperatorObjects implements Objects {
  readonly #service: ObjectsService;

  constructor(
    private readonly parts: OperatorParts,
    private readonly type: string,
  ) {
    this.#service = new ObjectsService(parts.writes);
  }

  async *list(): AsyncGenerator<ObjectRecord> {
    requireOwnType(this.type);
    await found('type', this.type, this.parts.store.types);
    yield* allPages((page) => this.parts.everything.objects(this.type, page));
  }

  get(id: string): Promise<ObjectRecord> {
    const { objects } = this.parts.store;
    return found(this.type, id, { find: () => objects.find({ type: this.type, id }) });
  }

  async create(body: NewObject): Promise<ObjectRecord> {
    requireOwnType(this.type);
    const { id, attributes, parent = null } = fitting(newObject, body);
    const object = { type: this.type, id, attributes, parent };
    return this.parts.writes.write(this.parts.author(), { places: parent ? [object, parent] : [object] }, (unit) =>
      unit.objects.create(object, null),
    );
  }

  async update(id: string, patch: ObjectPatch): Promise<ObjectRecord> {
    const target = { type: this.type, id };
    return naming(this.type, id, this.#service.update(this.parts.author(), target, fitting(objectPatch, patch)));
  }

  delete(id: string, { cascade }: { readonly cascade: boolean }): Promise<void> {
    const target = { type: this.type, id };
    return naming(this.type, id, this.#service.delete(this.parts.author(), target, cascade));
  }
}
