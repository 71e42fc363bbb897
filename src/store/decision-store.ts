import { Decider } from '../core/decider.js';
import type { ActionLists, ObjectLists } from '../core/ports/lists.js';
import type { RowRuleSource } from '../core/ports/row-rules.js';
import { PostgresActionLists } from './action-lists.js';
import { BorrowedConnections, type BorrowingOptions } from './borrowed-connections.js';
import { OwnConnections, type Connections, type DatabaseOptions } from './connections.js';
import type { SqlExecutor } from './executor.js';
import { SharedFacts } from './facts-store.js';
import { PostgresObjectLists } from './object-lists.js';
import { PostgresRowRules } from './row-rules.js';
import type { QuestionLoad } from './store-load.js';
import { TypeRules } from './type-rules.js';

/** What answers questions from one database: all of a store that needs no Prisma. */
export interface DecisionStore {
  /** Runs statements of the hot path. */
  readonly hot: SqlExecutor;
  readonly decider: Decider;
  readonly lists: ObjectLists;
  readonly actionLists: ActionLists;
  readonly typeRules: TypeRules;
  readonly rowRules: RowRuleSource;
  /** How much waits to be decided, as of now. */
  decisionLoad(): QuestionLoad;
  close(): Promise<void>;
}

/** Opens what answers questions, over connections of our own or an app's pool. Connections are made as they are needed. */
export function openDecisions(options: DatabaseOptions | BorrowingOptions): DecisionStore {
  const connections = 'pool' in options ? new BorrowedConnections(options) : new OwnConnections(options);
  return { ...decisionsOver(connections), close: () => connections.close() };
}

/** The questions' part of a store. */
export function decisionsOver({ hot, snapshots }: Connections): Omit<DecisionStore, 'close'> {
  const facts = new SharedFacts(hot);
  return {
    hot,
    decider: new Decider(facts),
    lists: new PostgresObjectLists(hot, snapshots),
    actionLists: new PostgresActionLists(snapshots),
    typeRules: new TypeRules(hot),
    rowRules: new PostgresRowRules(hot),
    decisionLoad: () => facts.load,
  };
}
