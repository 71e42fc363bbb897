import type { ServiceChange, ServiceRecord } from '../../core/ports/services.js';
import type { WriteUnit } from '../../core/ports/writes.js';
import { sameJson } from './apply-subjects.js';
import { atPath } from './at-path.js';
import { inBatches } from './in-batches.js';
import type { PolicyRun } from './policy-run.js';
import type { PolicyService } from './policy-schema.js';

/** Makes and changes services. They are marked as nothing: like users, no policy file ever removes them. */
export async function applyServices(
  unit: WriteUnit,
  services: readonly PolicyService[],
  run: PolicyRun,
): Promise<void> {
  const found = await unit.services.findMany(services.map(({ id }) => id));
  const standing = new Map(found.map((service) => [service.id, service]));
  const entries = services.map((wanted, index) => ({ index, wanted, standing: standing.get(wanted.id) }));
  const make = async (wanted: readonly PolicyService[]): Promise<void> => {
    for (const service of await unit.services.createMany(wanted.map(newService))) {
      run.add('services', 'created');
      run.noteMade('service', service.id, service);
    }
  };
  await inBatches(entries, {
    mayBatch: (entry) => !entry.standing,
    many: (batch) => make(batch.map(({ wanted }) => wanted)),
    one: ({ index, wanted, standing: there }) =>
      atPath(`services.${index}`, () => (there ? changeService(unit, wanted, there, run) : make([wanted]))),
  });
}

async function changeService(
  unit: WriteUnit,
  wanted: PolicyService,
  standing: ServiceRecord,
  run: PolicyRun,
): Promise<void> {
  const change = differenceOf(wanted, standing);
  const differs = Object.keys(change).length > 0;
  if (differs) run.noteUpdated('service', wanted.id, standing, await unit.services.update(wanted.id, change));
  run.add('services', differs ? 'updated' : 'unchanged');
}

function newService({ id, active = true, attributes = {} }: PolicyService): ServiceRecord {
  return { id, active, attributes };
}

function differenceOf({ active, attributes }: PolicyService, standing: ServiceRecord): ServiceChange {
  return {
    ...(active === undefined || active === standing.active ? {} : { active }),
    ...(attributes === undefined || sameJson(attributes, standing.attributes) ? {} : { attributes }),
  };
}
