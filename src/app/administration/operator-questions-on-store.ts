import { permissionName } from '../../core/model.js';
import type { Store } from '../../store/store.js';
import { followChanges, lastChanges } from '../operator-changes.js';
import { explain } from '../operator-explain.js';
import { check, list, notesOnList, notesOnObject, notesOnSubject, whoCan } from '../operator-questions.js';
import { placesToAdd } from './places-to-add.js';
import type { Questions } from './questions.js';

/** Questions as the operator asks them: of everybody, and told in full. */
export function questionsOn(store: Store): Questions {
  return {
    check: (question) => check(store, question),
    explain: (question) => explain(store, question),
    list: (question, most) => list(store, question, most),
    whoCan: (question) => whoCan(store, question),
    actions: (subject, object) => store.actionLists.list({ subject, object }),
    rulesOf: async (subject) => {
      const { rules, subjectAttributes } = await store.typeRules.of(subject);
      const written = rules.map(({ permission, effect, condition, fields }) => ({
        permission: permissionName(permission),
        effect,
        condition,
        fields,
      }));
      return { rules: written, subjectAttributes };
    },
    placesToAdd: (subject, type) => placesToAdd((question) => explain(store, question), subject, type),
    count: (question) => store.lists.count(question),
    notes: async ({ subject, permission, object }) => {
      if (permission && object) return notesOnObject(store, permission, object);
      if (permission && subject) return notesOnList(store, { subject, permission });
      return subject ? notesOnSubject(store, subject) : [];
    },
    lastChanges: (filter, limit) => lastChanges(store.changes, filter, limit),
    followChanges: (filter, limit) => followChanges(store.changes, filter, limit),
  };
}
