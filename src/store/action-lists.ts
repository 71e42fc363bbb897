import { Decider } from '../core/decider.js';
import type { Question } from '../core/model.js';
import { ActionLists, type ActionQuestion } from '../core/ports/lists.js';
import type { Statement } from './executor.js';
import { FactsStore } from './facts-store.js';
import { inSnapshot, type SnapshotSource } from './snapshot.js';

const ACTIONS: Statement = {
  name: 'castellan_actions_of_type',
  text: `SELECT p.action FROM castellan.permissions p JOIN castellan.types t ON t.id = p.type_id WHERE t.name = $1 ORDER BY p.id`,
};

/** Decides every action of the object's type. */
export class PostgresActionLists extends ActionLists {
  constructor(private readonly snapshots: SnapshotSource) {
    super();
  }

  async list({ subject, object, supplied, mode }: ActionQuestion): Promise<string[]> {
    return inSnapshot(this.snapshots, async (sql) => {
      const actions = await sql.query<{ action: string }>(ACTIONS, [object.type]);
      const questions = actions.map(({ action }): Question => ({
        subject,
        permission: { type: object.type, action },
        object,
        supplied,
        mode,
      }));
      const decisions = await new Decider(new FactsStore(sql)).decideAll(questions);
      return actions.filter((_, index) => decisions[index]?.allowed === true).map(({ action }) => action);
    });
  }
}
