import { isRecord } from './answer.js';

/** What a member has to be for what holds it to be usable. */
type Kind = 'text' | 'list' | 'map' | 'flag';
type Shape = Readonly<Record<string, Kind>>;

const KINDS: Readonly<Record<Kind, (value: unknown) => boolean>> = {
  text: (value) => typeof value === 'string',
  list: Array.isArray,
  map: isRecord,
  flag: (value) => typeof value === 'boolean',
};

/** Whether a value is a record with such members; whatever else a newer service says of it is fine. */
export type IsRecord = (value: unknown) => boolean;

const shaped =
  (shape: Shape): IsRecord =>
  (value) =>
    isRecord(value) && Object.entries(shape).every(([name, kind]) => KINDS[kind](value[name]));

export const isRef = shaped({ type: 'text', id: 'text' });
export const isUser = shaped({ id: 'text', username: 'text' });
export const isToken = shaped({ id: 'text', name: 'text' });
export const isCreatedToken = shaped({ id: 'text', name: 'text', token: 'text' });
export const isSession = shaped({ id: 'text' });
export const isGroup = shaped({ id: 'text' });
export const isRole = shaped({ id: 'text', rules: 'list', includes: 'list' });
export const isType = shaped({ id: 'text', actions: 'list', creatorActions: 'list' });
export const isObject = shaped({ type: 'text', id: 'text', attributes: 'map' });
export const isAssignment = shaped({ id: 'text', subject: 'map', role: 'text' });
export const isGrant = shaped({ id: 'text', subject: 'map', permission: 'text' });
export const isChange = shaped({ id: 'text', action: 'text', actor: 'map', target: 'map' });
export const isAction = shaped({ name: 'text' });

const isExplained = shaped({ decision: 'map', counted: 'list', missed: 'list', unknown: 'list' });
const isVerdict = shaped({ allowed: 'flag' });
export const isExplanation = (value: Record<string, unknown>): boolean =>
  isExplained(value) && isVerdict(value['decision']);
